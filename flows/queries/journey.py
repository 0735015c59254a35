"""One order on one page: its whole way through every system, in a constant number of queries."""

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.utils.translation import gettext

from flows.models import Attempt, Delivery, Event, Link, Record
from flows.queries.answers import answer_for_order
from flows.queries.holds import HoldRow, list_holds_of
from flows.queries.hops import Hop, delivery_hop, event_hop
from flows.queries.money import Money, show_money
from flows.queries.orders import worst
from flows.queries.rhythm import usual_ms_of
from flows.queries.shown import find_idle, show_state
from flows.queries.side_by_side import SideBySide, compare_systems
from flows.queries.story import Chapter, tell_story
from flows.queries.words import sentence
from flows.states import OPEN, State

MOST_HOPS = 300  # deliveries of one order; beyond that only the newest are shown


@dataclass(frozen=True)
class SystemState:
    """An order as one system knows it."""

    label: str
    name: str  # what people call it there
    id: str
    parts: list[str]  # ids of its shipments and the like
    state: str


@dataclass(frozen=True)
class Journey:
    """`seen` changes whenever the timeline does. `hold` is that of now, `holds` those of before."""

    id: str
    label: str
    reference: str
    answer: str
    systems: list[SystemState]
    chapters: list[Chapter]
    is_open: bool
    is_cut: bool
    money: Money | None
    across: SideBySide | None
    hold: HoldRow | None
    holds: list[HoldRow]
    seen: str


def get_journey(public_id: str, *, now: datetime) -> Journey:
    """Raises Record.DoesNotExist for what is no order of this tenant. Eight queries."""
    records = _records(public_id)
    order, links, deliveries = records[0], _links(records), _deliveries(records)
    holds = list_holds_of(order)
    hold = next((one for one in holds if one.released_at is None), None)
    around = _Around(
        parts={one.pk: one.resource for one in records},
        attempts=_attempts(deliveries),
        usual=_usual(deliveries),
        is_on_hold=hold is not None,
        now=now,
    )
    hops = _hops(deliveries, around)
    label = order.label or order.reference
    return Journey(
        id=order.public_id,
        label=label,
        reference=order.reference,
        answer=_of_hold(label, hold)
        or answer_for_order(label, deliveries, links, now=now, usual=around.usual),
        systems=_system_states(order, links, deliveries, is_on_hold=around.is_on_hold),
        chapters=tell_story(hops),
        is_open=any(hop.is_open for hop in hops),
        is_cut=len(deliveries) == MOST_HOPS,
        money=show_money(_newest_order(deliveries)),
        across=compare_systems(deliveries),
        hold=hold,
        holds=[one for one in holds if one.released_at is not None],
        seen=_digest(deliveries, links, holds),
    )


def _usual(deliveries: Sequence[Delivery]) -> dict[UUID, float]:
    """In seconds, of the flows that something waits for."""
    flows = {one.flow_id for one in deliveries if one.flow_id and one.state in OPEN}
    return {key: ms / 1000 for key, ms in usual_ms_of(flows).items()} if flows else {}


def _of_hold(label: str, hold: HoldRow | None) -> str:
    return (
        gettext("Order {label} is held by {by}: {sentence}").format(
            label=label, by=hold.by, sentence=sentence(hold.reason)
        )
        if hold
        else ""
    )


def _records(public_id: str) -> list[Record]:
    """The order first, then its parts."""
    order = Record.get_public(public_id)
    if order.resource != "order":
        raise Record.DoesNotExist(public_id)
    return [order, *Record.objects.filter(parent=order).order_by("pk")]


def _links(records: Iterable[Record]) -> list[Link]:
    found = Link.objects.filter(record__in=[one.pk for one in records])
    return list(
        found.select_related("connection", "record").defer("connection__sealed").order_by("pk")
    )


def _deliveries(records: Sequence[Record]) -> list[Delivery]:
    """The oldest first; of each event only its head, for bodies are large."""
    found = (
        Delivery.objects.filter(record__in=[one.pk for one in records])
        .select_related("flow__source", "target", "event__connection", "record", "version")
        .defer(
            "version__logic",
            "event__body",
            "event__headers",
            "flow__source__sealed",
            "target__sealed",
            "event__connection__sealed",
        )
    )
    return list(found.order_by("-sequence")[:MOST_HOPS])[::-1]


def _attempts(deliveries: Iterable[Delivery]) -> dict[UUID, list[Attempt]]:
    found = defaultdict(list)
    rows = Attempt.objects.filter(delivery__in=[one.pk for one in deliveries])
    for attempt in rows.defer("exchanges").order_by("started_at"):
        found[attempt.delivery_id].append(attempt)
    return found


@dataclass(frozen=True)
class _Around:
    """What hops need to know besides their deliveries."""

    parts: dict[UUID, str]  # the resource of each record
    attempts: dict[UUID, list[Attempt]]
    usual: dict[UUID, float]  # by flow
    is_on_hold: bool
    now: datetime


def _hops(deliveries: Sequence[Delivery], around: _Around) -> list[Hop]:
    """Events and deliveries in the order in which they began."""
    events: dict[UUID, tuple[Event, str]] = {}
    hops = []
    idle = find_idle(deliveries)
    for one in deliveries:
        part = around.parts.get(one.record_id, "") if one.record_id else ""
        events.setdefault(one.event_id, (one.event, part))
        hops.append(
            delivery_hop(
                one,
                part=part,
                attempts=around.attempts.get(one.pk, ()),
                is_idle=one.pk in idle,
                is_on_hold=around.is_on_hold,
                usual=around.usual.get(one.flow_id) if one.flow_id else None,
                now=around.now,
            )
        )
    last_at: datetime | None = None
    for event, part in sorted(events.values(), key=lambda found: found[0].received_at):
        hops.append(event_hop(event, last_at=last_at, part=part))
        last_at = event.received_at
    return sorted(hops, key=lambda hop: (hop.began_at, hop.kind != "event"))


def _system_states(
    order: Record, links: Sequence[Link], deliveries: Sequence[Delivery], *, is_on_hold: bool
) -> list[SystemState]:
    """Every system that has an id of it, or was to get it; the source of all first."""
    labels = {link.connection_id: link.connection.label for link in links}
    latest: dict[UUID, dict[Any, str]] = defaultdict(dict)
    idle = find_idle(deliveries)
    for one in deliveries:
        if one.target is not None:
            labels.setdefault(one.target.pk, one.target.label)
            state = show_state(one, is_idle=one.pk in idle, is_on_hold=is_on_hold)
            key, known = (one.flow_id, one.record_id), latest[one.target.pk]
            if not (state == State.UNCHANGED and known.get(key) == State.SUCCEEDED):
                known[key] = state  # what a later reading did not change is delivered
    return [
        _system(label, [link for link in links if link.connection_id == pk], order, latest[pk])
        for pk, label in labels.items()
    ]


def _system(
    label: str, links: Sequence[Link], order: Record, states: dict[Any, str]
) -> SystemState:
    own = next((link for link in links if link.record_id == order.pk and link.is_primary), None)
    names = [link.label or link.external_id for link in links if link is not own]
    known = {own.label, own.external_id} if own else set()
    parts = [name for name in dict.fromkeys(names) if name not in known]
    return SystemState(
        label=label,
        name=(own.label or own.external_id) if own else "",
        id=own.external_id if own and own.label else "",
        parts=parts,
        state=worst(states.values()) if states else "source",
    )


def _newest_order(deliveries: Sequence[Delivery]) -> dict[str, Any] | None:
    for one in reversed(deliveries):
        standard = one.standard
        if standard and "total" in standard and "number" in standard:
            found: dict[str, Any] = standard
            return found
    return None


def _digest(deliveries: Iterable[Delivery], links: Sequence[Link], holds: Sequence[HoldRow]) -> str:
    state = [(str(one.pk), one.state, one.attempts_made, one.reason) for one in deliveries]
    held = [(one.at, one.released_at) for one in holds]
    return hashlib.sha256(f"{state}{len(links)}{held}".encode()).hexdigest()[:16]
