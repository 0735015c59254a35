"""Orders that a person holds, so that nothing of them is sent."""

from collections import Counter, defaultdict
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db.models import Count

from flows.models import Delivery, OrderHold, Record
from flows.states import State

MOST = 50  # of the newest that a page shows


@dataclass(frozen=True)
class HoldRow:
    """`released_at` is None while it holds."""

    id: str
    order_id: str
    order: str
    reason: str
    by: str
    at: datetime
    released_by: str
    released_at: datetime | None


def get_order(public_id: str) -> Record:
    """Raises Record.DoesNotExist for what is no order."""
    found = Record.get_public(public_id)
    if found.resource != "order" or found.parent_id is not None:
        raise Record.DoesNotExist(public_id)
    return found


def list_holds_of(order: Record) -> list[HoldRow]:
    """The newest first; at most one of them still holds."""
    return [_row(one, order) for one in OrderHold.objects.filter(record=order).order_by("-held_at")]


def list_held_orders() -> list[HoldRow]:
    """What is held now, the longest first."""
    found = OrderHold.objects.filter(released_at=None).select_related("record")
    return [_row(one, one.record) for one in found.order_by("held_at")[:MOST]]


def held_among(keys: Collection[UUID]) -> set[UUID]:
    """Which of these orders a person holds now."""
    found = OrderHold.objects.filter(record__in=keys, released_at=None)
    return set(found.values_list("record_id", flat=True))


def _row(one: OrderHold, order: Record) -> HoldRow:
    return HoldRow(
        id=one.public_id,
        order_id=order.public_id,
        order=order.label or order.reference,
        reason=one.reason,
        by=one.held_by,
        at=one.held_at,
        released_by=one.released_by,
        released_at=one.released_at,
    )


@dataclass(frozen=True)
class HoldPreview:
    """What of an order a hold would keep back, or a release let go: systems with how many."""

    id: str
    label: str
    hold: HoldRow | None
    waiting: list[tuple[str, int]]
    sending: list[tuple[str, int]]
    done: list[tuple[str, int]]


def preview_hold(order: Record) -> HoldPreview:
    """Two queries."""
    holds = list_holds_of(order)
    counts: dict[str, Counter[str]] = defaultdict(Counter)
    rows = Delivery.objects.filter(root=order, target__isnull=False)
    for row in rows.values("state", "target__label").annotate(count=Count("pk")):
        kind = _KINDS.get(row["state"])
        if kind:
            counts[kind][row["target__label"]] += row["count"]
    return HoldPreview(
        id=order.public_id,
        label=order.label or order.reference,
        hold=next((one for one in holds if one.released_at is None), None),
        waiting=sorted(counts["waiting"].items()),
        sending=sorted(counts["sending"].items()),
        done=sorted(counts["done"].items()),
    )


_KINDS: dict[str, str] = {
    **dict.fromkeys((State.PENDING, State.RETRYING, State.IN_DOUBT, State.PARKED), "waiting"),
    State.SENDING: "sending",
    State.SUCCEEDED: "done",
}
