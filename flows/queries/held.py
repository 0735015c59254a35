"""What rules hold until a person has looked at it."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db.models import Count, F, Min, QuerySet

from ekyam import ids
from flows.models import Delivery, Flow
from flows.queries.dead_letters import label_of
from flows.queries.pages import SIZE, Page, cut
from flows.states import State
from flows.waits import RELEASE, for_release, rule_of


@dataclass(frozen=True)
class HeldGroup:
    """What one rule of one flow holds."""

    rule: str
    flow_id: str
    flow: str
    reason: str
    count: int
    since: datetime


@dataclass(frozen=True)
class HeldRow:
    id: str
    label: str
    rule: str
    reason: str
    flow_id: str
    flow: str
    source: str
    target: str
    order_id: str  # of its journey, if it belongs to an order
    since: datetime
    why: str


def _held(
    rule: str = "", flow: UUID | None = None, until: datetime | None = None
) -> QuerySet[Delivery]:
    found = Delivery.objects.filter(state=State.PARKED, flow__isnull=False)
    found = (
        found.filter(waits_for=for_release(rule))
        if rule
        else found.filter(waits_for__startswith=RELEASE)
    )
    if until is not None:
        found = found.filter(parked_at__lte=until)
    return found.filter(flow_id=flow) if flow else found


def count_held(*, rule: str = "", flow: UUID | None = None) -> int:
    return _held(rule, flow).count()


def list_held_groups() -> list[HeldGroup]:
    """What has waited longest first; one query."""
    rows = (
        _held()
        .values("waits_for", "reason", "flow_id", label=F("flow__label"))
        .annotate(count=Count("pk"), since=Min("parked_at"))
        .order_by("since")
    )
    return [
        HeldGroup(
            rule=rule_of(one["waits_for"]),
            flow_id=ids.public(Flow.prefix, one["flow_id"]),
            flow=one["label"],
            reason=one["reason"],
            count=one["count"],
            since=one["since"],
        )
        for one in rows
    ]


def list_held(
    *, rule: str = "", flow: UUID | None = None, after: str = "", size: int = SIZE
) -> Page[HeldRow]:
    """What has waited longest first. Raises Delivery.DoesNotExist for an `after` that is none."""
    found = (
        _held(rule, flow)
        .select_related("flow__source", "target", "record__parent")
        .defer("standard", "flow__source__sealed", "target__sealed")
        .order_by("sequence")
    )
    if after:
        found = found.filter(sequence__gt=Delivery.get_public(after).sequence)
    rows = list(found[: size + 1])
    ids = [one.public_id for one in rows]
    return cut([_row(one) for one in rows], ids=ids, after=after, size=size)


def list_held_ids(
    *, rule: str = "", flow: UUID | None = None, until: datetime | None = None, limit: int
) -> list[UUID]:
    """`until`: what is held since then at the latest."""
    found = _held(rule, flow, until).order_by("sequence")
    return list(found.values_list("pk", flat=True)[:limit])


def _row(one: Delivery) -> HeldRow:
    record, flow = one.record, one.flow
    assert flow is not None
    root = record and (record.parent or record)
    return HeldRow(
        id=one.public_id,
        label=label_of(one),
        rule=rule_of(one.waits_for),
        reason=one.reason,
        flow_id=flow.public_id,
        flow=flow.label,
        source=flow.source.label,
        target=one.target.label if one.target else "",
        order_id=root.public_id if root and root.resource == "order" else "",
        since=one.parked_at or one.created_at,
        why=one.why.replace(f"{rule_of(one.waits_for)}: Held: {one.reason}.", "").strip(),
    )
