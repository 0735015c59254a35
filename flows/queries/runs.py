"""Executions of flows and polls, the newest first."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db.models import Count, Max, Q, QuerySet
from django.utils.translation import gettext

from ekyam import ids
from flows.models import Delivery, Event, Flow, Run
from flows.queries.dead_letters import label_of
from flows.queries.pages import SIZE, Page, cut
from flows.states import OPEN

DONE = "done"


@dataclass(frozen=True)
class RunRow:
    id: str
    origin: str
    what: str  # the flow's label, or what was asked for
    connection: str
    started_at: datetime
    seconds: float | None
    records: int
    deliveries: int | None  # None where another run makes them
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
class Found:
    """A record that a poll found, and what came of it."""

    event_id: str
    key: str
    state: str
    deliveries: list[DeliveryRow]


@dataclass(frozen=True)
class RunDetail:
    """`states` is how many deliveries are in which state; `found` is what a poll stored."""

    row: RunRow
    connection_id: str
    flow_id: str
    target: str
    states: list[tuple[str, int]]
    done_at: datetime | None  # when the last of them was finished, once all are
    found: list[Found]
    deliveries: Page[DeliveryRow]


@dataclass(frozen=True)
class Wanted:
    """What is looked for; what is empty filters nothing."""

    flow: str = ""  # its public id
    origin: str = ""
    outcome: str = ""  # failed or done
    since: datetime | None = None


def list_runs(wanted: Wanted = Wanted(), *, after: str = "", size: int = SIZE) -> Page[RunRow]:
    """Raises Flow.DoesNotExist, Run.DoesNotExist."""
    found = Run.objects.select_related("connection", "flow").defer("connection__sealed")
    if wanted.flow:
        found = found.filter(flow=Flow.get_public(wanted.flow))
    if wanted.origin:
        found = found.filter(origin=wanted.origin)
    if wanted.outcome:
        found = found.filter(failure="") if wanted.outcome == DONE else found.exclude(failure="")
    if wanted.since:
        found = found.filter(started_at__gte=wanted.since)
    if after:
        last = Run.get_public(after)
        # The first condition bounds the index, the second breaks the tie.
        tie = Q(started_at__lt=last.started_at) | Q(pk__lt=last.pk)
        found = found.filter(tie, started_at__lte=last.started_at)
    rows = list(found.order_by("-started_at", "-pk")[: size + 1])
    return cut([_row(o) for o in rows], ids=[o.public_id for o in rows], after=after, size=size)


def list_flow_names() -> list[tuple[str, str]]:
    """Public id and label of all flows, by label."""
    rows = Flow.objects.order_by("label", "pk").values_list("pk", "label")
    return [(ids.public(Flow.prefix, pk), label) for pk, label in rows]


def get_run(public_id: str, *, state: str = "", after: str = "") -> RunDetail:
    """Raises Run.DoesNotExist."""
    run = (
        Run.objects.select_related("connection", "flow__target")
        .defer("connection__sealed", "flow__target__sealed")
        .get(pk=Run.get_public(public_id).pk)
    )
    made = Delivery.objects.filter(run=run)
    counts = made.values("state").annotate(count=Count("pk"), last=Max("finished_at"))
    states = {row["state"]: row for row in counts.order_by("state")}
    found = _with_labels(made.filter(state=state) if state else made)
    if after:
        found = found.filter(sequence__lt=Delivery.get_public(after).sequence)
    rows = list(found[: SIZE + 1])
    public_ids = [one.public_id for one in rows]
    is_open = any(name in OPEN for name in states)
    ends = [row["last"] for row in states.values() if row["last"]]
    return RunDetail(
        row=_row(run),
        connection_id=run.connection.public_id,
        flow_id=run.flow.public_id if run.flow else "",
        target=run.flow.target.label if run.flow else "",
        states=[(name, row["count"]) for name, row in states.items()],
        done_at=max(ends) if ends and not is_open else None,
        found=_found(run),
        deliveries=cut([_delivery(o) for o in rows], ids=public_ids, after=after),
    )


def _with_labels(found: QuerySet[Delivery]) -> QuerySet[Delivery]:
    joined = found.select_related("target", "record").defer("standard", "target__sealed")
    return joined.order_by("-sequence")


def _found(run: Run) -> list[Found]:
    """What a poll stored between its beginning and its end; another run makes deliveries of it."""
    if run.flow_id is not None or not run.records or run.finished_at is None:
        return []
    events = Event.objects.filter(
        connection=run.connection_id,
        feed=run.feed,
        origin=run.origin,
        received_at__gte=run.started_at,
        received_at__lte=run.finished_at,
    )
    stored = list(events.defer("body", "headers").order_by("-received_at", "-pk")[:SIZE])
    made: dict[UUID, list[DeliveryRow]] = {one.pk: [] for one in stored}
    for delivery in _with_labels(Delivery.objects.filter(event__in=made))[: SIZE * 4]:
        made[delivery.event_id].append(_delivery(delivery))
    return [Found(o.public_id, _key(o), o.state, made[o.pk]) for o in stored]


def _key(event: Event) -> str:
    """The record's own id: the delivery key is made of the feed, the id, the version, a digest."""
    parts = event.delivery_key.split(":")
    return parts[1] if len(parts) > 2 else event.delivery_key


def _row(run: Run) -> RunRow:
    ended = run.finished_at
    return RunRow(
        id=run.public_id,
        origin=run.origin,
        what=run.flow.label
        if run.flow
        else gettext("Asked for {feed}").format(feed=run.feed.replace("_", " ")),
        connection=run.connection.label,
        started_at=run.started_at,
        # What is read out of our own rows begins and ends in one moment of the database's clock.
        seconds=((ended - run.started_at).total_seconds() or None) if ended else None,
        records=run.records,
        deliveries=run.deliveries if run.flow_id else None,
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
