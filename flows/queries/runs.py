"""Executions of flows and polls, the newest first."""

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Q

from flows.models import Delivery, Run
from flows.queries.dead_letters import label_of
from flows.queries.pages import SIZE, Page, cut


@dataclass(frozen=True)
class RunRow:
    id: str
    origin: str
    what: str  # the flow's label, or the feed that was polled
    connection: str
    started_at: datetime
    seconds: float | None
    records: int
    deliveries: int
    failure: str
    state: str  # done, open or failed


@dataclass(frozen=True)
class DeliveryRow:
    id: str
    label: str
    target: str
    state: str
    reason: str
    note: str
    at: datetime


@dataclass(frozen=True)
class RunDetail:
    row: RunRow
    deliveries: Page[DeliveryRow]


def list_runs(*, after: str = "") -> Page[RunRow]:
    found = Run.objects.select_related("connection", "flow").defer("connection__sealed")
    if after:
        last = Run.get_public(after)
        older = Q(started_at__lt=last.started_at)
        found = found.filter(older | Q(started_at=last.started_at, pk__lt=last.pk))
    rows = list(found.order_by("-started_at", "-pk")[: SIZE + 1])
    return cut([_row(one) for one in rows], ids=[one.public_id for one in rows], after=after)


def get_run(public_id: str, *, after: str = "") -> RunDetail:
    """Raises Run.DoesNotExist."""
    run = Run.get_public(public_id)
    found = (
        Delivery.objects.filter(run=run)
        .select_related("target", "record")
        .defer("standard", "target__sealed")
        .order_by("-sequence")
    )
    if after:
        found = found.filter(sequence__lt=Delivery.get_public(after).sequence)
    rows = list(found[: SIZE + 1])
    ids = [one.public_id for one in rows]
    return RunDetail(
        row=_row(run), deliveries=cut([_delivery(o) for o in rows], ids=ids, after=after)
    )


def _row(run: Run) -> RunRow:
    ended = run.finished_at
    return RunRow(
        id=run.public_id,
        origin=run.origin,
        what=run.flow.label if run.flow else run.feed,
        connection=run.connection.label,
        started_at=run.started_at,
        seconds=(ended - run.started_at).total_seconds() if ended else None,
        records=run.records,
        deliveries=run.deliveries,
        failure=run.failure,
        state="not_ok" if run.failure else "done" if ended else "open",
    )


def _delivery(one: Delivery) -> DeliveryRow:
    return DeliveryRow(
        id=one.public_id,
        label=label_of(one),
        target=one.target.label if one.target else "",
        state=one.state,
        reason=one.reason,
        note=one.note,
        at=one.finished_at or one.created_at,
    )
