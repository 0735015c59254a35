"""What a person sees first: whether all is well, what needs them, and what the day brought."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Count, Min, Q

from connectors.models import OPEN_STATES, Connection
from ekyam import ids
from flows.models import Delivery, Event
from flows.queries.dead_letters import DeadGroup, list_dead_groups
from flows.queries.held import HeldGroup, list_held_groups
from flows.queries.lights import FlowRow, list_flows
from flows.queries.lookups import Missing, list_missing
from flows.queries.requests import Asking, list_asking
from flows.queries.stock.tasks import PlaceTask, SyncTask, list_place_tasks, list_sync_tasks
from flows.states import DONE, OPEN, State
from flows.waits import RELEASE, ROW

PATIENCE = timedelta(minutes=10)


@dataclass(frozen=True)
class Waiting:
    """Parked deliveries with one reason."""

    reason: str
    count: int
    since: datetime


@dataclass(frozen=True)
class DayRow:
    """What one flow did since yesterday at this time."""

    flow: str
    source: str
    target: str
    done: int
    unchanged: int
    waiting: int
    dead: int


@dataclass(frozen=True)
class Home:
    answer: str
    flows: list[FlowRow]
    dead: list[DeadGroup]
    waiting: list[Waiting]
    held: list[HeldGroup]
    missing: list[Missing]
    asking: list[Asking]
    places: list[PlaceTask]
    syncs: list[SyncTask]
    day: list[DayRow]
    events: int
    delivered: int


def get_home(*, now: datetime) -> Home:
    """A constant number of queries."""
    flows, dead, waiting = list_flows(), list_dead_groups(), _waiting(now)
    held, missing, day = list_held_groups(), list_missing(), _day(flows, now)
    received = Event.objects.filter(pk__gte=ids.floor(now - timedelta(days=1)))
    return Home(
        answer=answer(flows, dead, waiting, held, missing),
        flows=flows,
        dead=dead,
        waiting=waiting,
        held=held,
        missing=missing,
        asking=list_asking(),
        places=list_place_tasks(),
        syncs=list_sync_tasks(),
        day=day,
        events=received.count(),
        delivered=sum(row.done for row in day),
    )


def count_held() -> dict[str, int]:
    """By the public id of a connection that is not open: how many deliveries wait for it."""
    open_ones = Delivery.objects.filter(state__in=OPEN, target__isnull=False)
    rows = open_ones.exclude(target__state__in=OPEN_STATES).values("target_id")
    counts = rows.annotate(count=Count("pk")).values_list("target_id", "count")
    return {ids.public(Connection.prefix, pk): count for pk, count in counts}


def _waiting(now: datetime) -> list[Waiting]:
    """Not those that a connection or a rule holds up, or that lack a row, told beside it, nor what
    may as well never come."""
    parked = Delivery.objects.filter(
        state=State.PARKED, parked_at__lt=now - PATIENCE, target__state__in=OPEN_STATES, note=""
    )
    told = Q(waits_for__startswith=RELEASE) | Q(waits_for__startswith=ROW)
    rows = parked.exclude(told).values("reason").annotate(count=Count("pk"), since=Min("parked_at"))
    return [Waiting(**row) for row in rows.order_by("-count")[:20]]


def _day(flows: list[FlowRow], now: datetime) -> list[DayRow]:
    recent = Delivery.objects.filter(pk__gte=ids.floor(now - timedelta(days=1)))
    rows = {
        one["flow_id"]: dict(one)
        for one in recent.values("flow_id").annotate(
            done=Count("pk", filter=Q(state__in=DONE)),
            unchanged=Count("pk", filter=Q(state=State.UNCHANGED)),
            waiting=Count("pk", filter=Q(state__in=OPEN)),
            dead=Count("pk", filter=Q(state=State.DEAD)),
        )
    }
    found = []
    for flow in flows:
        counts: dict[str, Any] = rows.get(ids.parse("flw", flow.id), {})
        figures = [counts.get(name, 0) for name in ("done", "unchanged", "waiting", "dead")]
        found.append(DayRow(flow.label, flow.source.label, flow.target.label, *figures))
    return found


def answer(
    flows: list[FlowRow],
    dead: Sequence[DeadGroup] = (),
    waiting: Sequence[Waiting] = (),
    held: Sequence[HeldGroup] = (),
    missing: Sequence[Missing] = (),
) -> str:
    """The state of things in a few sentences."""
    parts = (_of_flows(flows), _of_dead(dead), _of_held(held), _of_missing(missing))
    return " ".join(filter(None, (*parts, _of_waiting(waiting))))


def _of_flows(flows: list[FlowRow]) -> str:
    lights = Counter(flow.light for flow in flows)
    on = len(flows) - lights["off"]
    if not flows:
        return "There are no flows yet."
    if on == 0:
        return "All flows are off."
    said = f"All {on} flows are on" if on == len(flows) else f"{on} of {len(flows)} flows are on"
    troubled = lights["broken"] + lights["held"]
    return f"{said}, {troubled} with trouble." if troubled else f"{said}."


def _of_held(held: Sequence[HeldGroup]) -> str:
    count = sum(group.count for group in held)
    return f"{count} {plural('record', count)} held for review." if count else ""


def _of_missing(missing: Sequence[Missing]) -> str:
    if not missing:
        return ""
    count = len(missing)
    return f"{count} {plural('value', count)} {'has' if count == 1 else 'have'} no row yet."


def _of_dead(dead: Sequence[DeadGroup]) -> str:
    count = sum(group.count for group in dead)
    if not count:
        return ""
    largest = max(dead, key=lambda group: group.count)
    said = f"{count} dead {plural('letter', count)} {'needs' if count == 1 else 'need'} a person"
    return f"{said}: {sentence(largest.reason)}"


def _of_waiting(waiting: Sequence[Waiting]) -> str:
    count = sum(one.count for one in waiting)
    if not count:
        return ""
    said = f"{count} {plural('record', count)} {'waits' if count == 1 else 'wait'}"
    return f"{said}: {sentence(waiting[0].reason)}"


def plural(word: str, count: int) -> str:
    return word if count == 1 else f"{word}s"


def sentence(text: str) -> str:
    """End with a full stop, whatever the vendor's words end with."""
    text = text.strip() or "no reason was given"
    return text if text.endswith((".", "!", "?")) else f"{text}."
