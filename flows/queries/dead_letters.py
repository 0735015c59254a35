"""Dead letters by their cause, and the deliveries of one cause."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import CharField, Count, F, Func, Max, Min, QuerySet, Value
from django.db.models.functions import Concat

from flows.models import Delivery
from flows.queries.pages import SIZE, Page, cut
from flows.states import State

MOST_GROUPS = 100


@dataclass(frozen=True)
class DeadGroup:
    """`key` is the digest of failure and reason."""

    key: str
    failure: str
    reason: str
    blame: str
    count: int
    first_at: datetime
    last_at: datetime
    example_id: str
    example_label: str


@dataclass(frozen=True)
class DeadRow:
    id: str
    label: str
    flow: str
    source: str
    target: str
    order_id: str  # of its journey, if it belongs to an order
    why: str
    at: datetime


def _by_cause() -> QuerySet[Any]:
    cause = Concat(F("failure"), Value("\x1f"), F("reason"), output_field=CharField())
    return Delivery.objects.filter(state=State.DEAD).annotate(
        cause=Func(cause, function="md5", output_field=CharField())
    )


def list_dead_groups(*, key: str = "") -> list[DeadGroup]:
    """The newest cause first, or the one of that key alone; two queries."""
    found = _by_cause().filter(cause=key) if key else _by_cause()
    groups = list(
        found.values("cause", "failure", "reason", "blame")
        .annotate(
            count=Count("pk"),
            first_at=Min("finished_at"),
            last_at=Max("finished_at"),
            newest=Max("sequence"),
        )
        .order_by("-newest")[:MOST_GROUPS]
    )
    examples = {
        row.sequence: row
        for row in Delivery.objects.filter(sequence__in=[one["newest"] for one in groups])
        .select_related("record")
        .only("sequence", "external_id", "record")
    }
    return [_group(one, examples[one["newest"]]) for one in groups]


def _group(found: dict[str, Any], example: Delivery) -> DeadGroup:
    return DeadGroup(
        key=found["cause"],
        failure=found["failure"],
        reason=found["reason"],
        blame=found["blame"],
        count=found["count"],
        first_at=found["first_at"],
        last_at=found["last_at"],
        example_id=example.public_id,
        example_label=label_of(example),
    )


def find_dead_group(key: str) -> DeadGroup:
    """Raises Delivery.DoesNotExist when nothing has died of this cause, or all is mended."""
    groups = list_dead_groups(key=key)
    if not groups:
        raise Delivery.DoesNotExist(key)
    return groups[0]


def list_dead(key: str, *, after: str = "") -> Page[DeadRow]:
    found = (
        _by_cause()
        .filter(cause=key)
        .select_related("flow__source", "target", "record__parent")
        .defer("standard", "flow__source__sealed", "target__sealed")
        .order_by("-sequence")
    )
    if after:
        found = found.filter(sequence__lt=Delivery.get_public(after).sequence)
    rows = list(found[: SIZE + 1])
    return cut([_row(one) for one in rows], ids=[one.public_id for one in rows], after=after)


def list_dead_ids(key: str, *, limit: int) -> list[UUID]:
    """The oldest first, for a replay of the group."""
    found = _by_cause().filter(cause=key).order_by("sequence")
    return list(found.values_list("pk", flat=True)[:limit])


def _row(one: Delivery) -> DeadRow:
    record = one.record
    root = record and (record.parent or record)
    return DeadRow(
        id=one.public_id,
        label=label_of(one),
        flow=one.flow.label if one.flow else "",
        source=one.flow.source.label if one.flow else "",
        target=one.target.label if one.target else "",
        order_id=root.public_id if root and root.resource == "order" else "",
        why=one.why,
        at=one.finished_at or one.created_at,
    )


def label_of(one: Delivery) -> str:
    """What people call the record, else its id in the source."""
    record = one.record
    return (record.label if record and record.label else one.external_id) or one.public_id
