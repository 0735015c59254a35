"""Events -> deliveries: what each flow that is On makes of what was received."""

import time
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import connection as db
from django.utils import timezone

from connectors.channel import settings_of
from connectors.errors import MissingRow
from connectors.models import Connection
from connectors.spec import Context
from connectors.standard.order import Order
from ekyam.tenants.scope import tenant_scope
from flows.models import Delivery, Event, Fact, Flow, Record, Run
from flows.models.event import EventState
from flows.operations import turns
from flows.operations.born import delivery_of, named, record_of
from flows.operations.deliver import deliver_soon
from flows.operations.heal import wake_if_there
from flows.operations.hints import take_hints
from flows.operations.history import (
    history_of,
    history_of_fed,
    mark_stale,
    supersede_older,
    without_known,
)
from flows.operations.identify import Key, identify_records
from flows.operations.notices import act_on_notices
from flows.operations.nudge import clear
from flows.operations.patience import PAUSE_SECONDS, Patience
from flows.operations.pieces import pieces_of, whole_of
from flows.operations.publish import (
    ORDER_CANCELLED,
    ORDER_RECEIVED,
    dead_fact,
    fact,
)
from flows.operations.read import NobodyListens, Reading, Unreadable, read_event
from flows.operations.rows import insert_all, select_all
from flows.operations.search_keys import keep_search_keys
from flows.operations.stock.reserve import reserve
from flows.operations.stock.route_levels import offer_elsewhere, route_levels
from flows.operations.stock.streams import is_stock
from flows.operations.tables import Tables
from flows.operations.tell_people import notices_of
from flows.retry import blame_of, code_of
from flows.states import State

BATCH = 50
GATHER_SECONDS = 0.010  # what comes in the meantime is one batch, and the sending has begun


def route_events(*, tenant_id: UUID, connection_id: UUID) -> set[UUID]:
    """Route all that waits, a batch a transaction; what crashes is routed again.

    Returns the targets that have something to be sent now.
    """
    targets: set[UUID] = set()
    while found := _route_batch(tenant_id, connection_id, Patience()):
        targets |= found.targets
    return targets


def route_and_deliver(*, tenant_id: UUID, connection_id: UUID) -> None:
    """Route what waits and what comes meanwhile, and have it sent beside.

    The nudge's mark is cleared only when nothing is left, and then there is one more look: while
    events keep coming no message is needed, and whoever finds the mark is seen by that look.
    """
    turn = turns.begin("route", connection_id)
    if turn is None:
        return
    try:
        is_cleared, patience = False, Patience()
        while True:
            turn.listen()
            found = _route_batch(tenant_id, connection_id, patience)
            if found:
                is_cleared = False
                for target_id in found.targets:
                    deliver_soon(tenant_id=tenant_id, target_id=target_id)
                time.sleep(GATHER_SECONDS)
            elif patience.since:
                time.sleep(PAUSE_SECONDS)
            elif not is_cleared:
                clear("route", connection_id)
                is_cleared = True
            elif turn.may_end():
                return
    finally:
        turn.end()


@dataclass(frozen=True)
class Batch:
    """How many events were routed, and which targets have something to be sent now."""

    events: int
    targets: set[UUID]

    def __bool__(self) -> bool:
        return self.events > 0


def _route_batch(tenant_id: UUID, connection_id: UUID, patience: Patience) -> Batch:
    with tenant_scope(tenant_id):
        events = select_all(Event, _JUST_RECEIVED, [connection_id, BATCH])
        # One at a time of what a full sync found: it is many records.
        events = events or patience.allow(select_all(Event, _FOUND_BY_SYNC, [connection_id]))
        return Batch(len(events), _route(connection_id, events) if events else set())


_JUST_RECEIVED = """
    WHERE connection_id = %s AND state = 'received' AND sync_id IS NULL
    ORDER BY received_at, id LIMIT %s FOR NO KEY UPDATE SKIP LOCKED
"""
_FOUND_BY_SYNC = """
    WHERE connection_id = %s AND state = 'received' AND sync_id IS NOT NULL
    ORDER BY received_at, id LIMIT 1 FOR NO KEY UPDATE SKIP LOCKED
"""
_ROUTED = "UPDATE flows_event SET state = %s, note = %s WHERE id = ANY(%s)"


def _route(connection_id: UUID, events: Sequence[Event]) -> set[UUID]:
    now = timezone.now()
    listening = _listening(connection_id)
    connection, of_stock = listening.connection, listening.of_stock
    settings = settings_of(connection)
    tables = Tables(connection.tenant_id)
    context = Context(
        settings=settings,
        now=now,
        find_row=tables.find_row,
        find_rate=tables.find_rate,
        find_available=tables.find_available,
    )
    readings, born_dead = _read_all(connection, events, listening.reading, context)
    records, targets = _write(listening, readings, born_dead, now)
    if of_stock:
        targets |= _keep_sold(connection, of_stock, readings, records, now)
        targets |= route_levels(connection, events, of_stock, context, now)
    _note_hints(take_hints(connection, events), events)
    act_on_notices(connection, events, now)
    routed = defaultdict(list)
    for event in events:
        routed[event.state, event.note].append(event.pk)
    with db.cursor() as cursor:
        for (state, note), ids in routed.items():
            cursor.execute(_ROUTED, [state, note, ids])
    return targets


@dataclass(frozen=True)
class Listening:
    """Who listens to a connection: flows that are On and read it, those that carry stock out of it
    or into it, and those that get something by the rules of the first."""

    connection: Connection
    reading: list[Flow]
    of_stock: list[Flow]
    fed: list[Flow]


def _listening(connection_id: UUID) -> Listening:
    flows = select_all(Flow, _ITS_FLOWS, [connection_id, connection_id])
    own = [one for one in flows if one.source_id == connection_id and one.feeder_id is None]
    feeders = [one.pk for one in own if one.version_id is not None]
    fed = select_all(Flow, "WHERE feeder_id = ANY(%s)", [feeders]) if feeders else []
    flows += fed
    ids = [connection_id, *(end for flow in flows for end in (flow.source_id, flow.target_id))]
    ends = {row.pk: row for row in select_all(Connection, "WHERE id = ANY(%s)", [ids])}
    for flow in flows:
        flow.source, flow.target = ends[flow.source_id], ends[flow.target_id]
    reading = [flow for flow in own if not is_stock(flow)]
    return Listening(ends[connection_id], reading, [one for one in flows if is_stock(one)], fed)


_ITS_FLOWS = "WHERE (source_id = %s OR target_id = %s) AND is_on"


def _keep_sold(
    connection: Connection,
    of_stock: Sequence[Flow],
    readings: Iterable[Reading],
    records: Mapping[Key, Record],
    now: datetime,
) -> set[UUID]:
    """What orders have sold is offered no more, first of all where it was not sold."""
    orders: dict[UUID, tuple[Event, Order]] = {}
    for reading in readings:
        record = record_of(reading, records)
        if record is not None and isinstance(reading.standard, Order):
            orders[record.pk] = reading.event, reading.standard
    skus = reserve(connection, {id_: order for id_, (_, order) in orders.items()})
    if not skus:
        return set()
    event = next(iter(orders.values()))[0]
    return offer_elsewhere(connection, of_stock, skus, event, now)


def _note_hints(hints: Collection[UUID], events: Iterable[Event]) -> None:
    for event in events:
        if event.pk in hints:
            event.state, event.note = EventState.ROUTED, "What it names is read anew."


def _read_all(
    connection: Connection, events: Sequence[Event], flows: Sequence[Flow], context: Context
) -> tuple[list[Reading], list[Delivery]]:
    readings: list[Reading] = []
    unreadable: list[Delivery] = []
    for event in events:
        event.state = EventState.ROUTED
        try:
            readings += read_event(event, connector=connection.spec, flows=flows, context=context)
        except NobodyListens as reason:
            event.state, event.note = EventState.IGNORED, str(reason)
        except Unreadable as failure:
            event.state, event.note = EventState.FAILED, str(failure)
            unreadable.append(_dead_event(event, failure, context.now or event.received_at))
    return readings, unreadable


def _dead_event(event: Event, failure: Exception, now: datetime) -> Delivery:
    return Delivery(
        tenant_id=event.tenant_id,
        event=event,
        external_id=event.delivery_key,
        source_version=event.public_id,
        state=State.DEAD,
        failure=code_of(failure),
        reason=str(failure),
        blame=blame_of(failure),
        due_at=now,
        received_at=event.received_at,
        created_at=now,
        finished_at=now,
    )


def _write(
    listening: Listening, readings: list[Reading], born_dead: list[Delivery], now: datetime
) -> tuple[dict[Key, Record], set[UUID]]:
    connection, fed = listening.connection, listening.fed
    pieces = pieces_of(readings, fed)
    records = identify_records(connection, [named(r) for r in pieces if r.external_id])
    history = history_of(readings)
    if fed:
        history = [*history, *history_of_fed(readings, records, fed)]
    fresh = without_known(readings, history)
    kept = {id(one) for one in fresh}
    pieces = fresh if pieces is readings else [one for one in pieces if id(whole_of(one)) in kept]
    runs = _runs(connection, pieces, now)
    made = [(one, delivery_of(one, records, runs[one.flow.pk], now)) for one in pieces]
    mark_stale(made, history)
    deliveries = [delivery for _, delivery in made]
    facts = _facts(fresh, deliveries, records, born_dead, now)
    told = notices_of(made, now)
    insert_all(list(runs.values()), [*born_dead, *deliveries], [*facts, *told])
    keep_search_keys(
        (record, one.standard)
        for one in fresh
        if one.standard is not None and (record := record_of(one, records)) is not None
    )
    supersede_older(made, history, now)
    missed = [one.failure for one in pieces if isinstance(one.failure, MissingRow)]
    wake_if_there(missed, now=now)
    return records, {piece.flow.target_id for piece in pieces}


def _runs(connection: Connection, readings: list[Reading], now: datetime) -> dict[UUID, Run]:
    counts = Counter(reading.flow.pk for reading in readings)
    flows = {reading.flow.pk: reading for reading in readings}
    return {
        pk: Run(
            tenant_id=connection.tenant_id,
            connection=connection,
            flow=reading.flow,
            origin=reading.event.origin,
            started_at=now,
            finished_at=now,
            records=counts[pk],
            deliveries=counts[pk],
        )
        for pk, reading in flows.items()
    }


def _facts(
    readings: list[Reading],
    deliveries: list[Delivery],
    records: dict[Key, Record],
    born_dead: list[Delivery],
    now: datetime,
) -> list[Fact]:
    dead = [one for one in (*born_dead, *deliveries) if one.state == State.DEAD]
    died = [dead_fact(delivery, now) for delivery in dead]
    return died + _order_facts(readings, records, now)


def _order_facts(readings: list[Reading], records: dict[Key, Record], now: datetime) -> list[Fact]:
    """That an order was received, or cancelled, is told once, whoever tells it again."""
    found: dict[Any, Fact] = {}
    for reading in readings:
        record, standard = record_of(reading, records), reading.standard
        if record is not None and standard is not None and standard.resource == "order":
            is_cancelled = getattr(standard, "status", "") == "cancelled"
            kind = ORDER_CANCELLED if is_cancelled else ORDER_RECEIVED
            found[record.pk, kind] = fact(
                record.tenant_id, kind, subject=record.reference, at=now, record_id=record.pk
            )
    with db.cursor() as cursor:
        cursor.execute(_TOLD, [[key[0] for key in found], [ORDER_RECEIVED, ORDER_CANCELLED]])
        for key in cursor.fetchall():
            found.pop(key, None)
    return list(found.values())


_TOLD = "SELECT record_id, kind FROM flows_fact WHERE record_id = ANY(%s) AND kind = ANY(%s)"
