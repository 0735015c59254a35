"""What events say of stock: taken in, and offered anew wherever it is offered."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID, uuid4

import msgspec
from django.conf import settings

from connectors.models import Connection
from connectors.spec import Context, Stream
from connectors.standard.inventory_level import InventoryLevel
from connectors.standard.location import Location
from flows.models import Delivery, Event, Flow, Reservation, StockLocation
from flows.models.event import EventState, Origin
from flows.operations.publish import dead_fact, write_facts
from flows.operations.read import Failed, NobodyListens, Unreadable, read_plainly
from flows.operations.rows import insert_all
from flows.operations.stock.lock import lock_skus, skus_of
from flows.operations.stock.publish import NO_DELAY, Cause, publish, rest_dead
from flows.operations.stock.streams import LOCATIONS, stock_flows, streams_by_feed
from flows.operations.stock.take_in import Change, Told, take_in, take_in_locations
from flows.retry import blame_of, code_of, line_of, reason_of
from flows.states import State

AGAIN = "again"  # the topic of a full sync's own events: SKUs to be looked at once more


@dataclass
class _Found:
    """What one batch of events says of stock."""

    told: dict[str, tuple[Told, Event]] = field(default_factory=dict)
    locations: list[Location] = field(default_factory=list)
    failed: dict[str, tuple[Event, Failed]] = field(default_factory=dict)
    again: list[tuple[Event, list[str]]] = field(default_factory=list)


def listening_streams(connection: Connection, flows: Iterable[Flow]) -> dict[str, Stream]:
    """By feed: of a flow's source the stream that it reads, of its target all that tell of it."""
    found: dict[str, Stream] = {}
    for flow in flows:
        known = streams_by_feed(connection.spec.slug)
        if flow.target_id == connection.pk:
            found |= known
        else:
            found |= dict.fromkeys(flow.stream_spec.sources, flow.stream_spec)
            found |= {n: stream for n, stream in known.items() if stream.resource == LOCATIONS}
    return found


def route_levels(
    connection: Connection,
    events: Sequence[Event],
    flows: Sequence[Flow],
    context: Context,
    now: datetime,
) -> set[UUID]:
    """Set each event's state; returns the targets that have something to be sent now."""
    found = _read(connection, events, listening_streams(connection, flows), context)
    if not (found.told or found.locations or found.failed or found.again):
        return set()
    lock_skus(connection.tenant_id, _skus(connection, found))
    take_in_locations(connection, found.locations)
    changes = take_in(connection, [told for told, _ in found.told.values()])
    _bury(connection, flows, found, now)
    causes = _causes(connection, found, changes)
    targets = set()
    for flow in flows if causes else ():
        # What changed the target behind our back, such as an order, is told to us soon.
        delay = _grace() if flow.target_id == connection.pk else NO_DELAY
        if publish(flow, causes, now=now, delay=delay):
            targets.add(flow.target_id)
    return targets


def _skus(connection: Connection, found: _Found) -> set[str]:
    told = {told.level.sku for told, _ in found.told.values()}
    again = {sku for _, skus in found.again for sku in skus}
    return (told | again | skus_of(connection, found.told.keys())) - {""}


def _grace() -> timedelta:
    return timedelta(seconds=settings.EKYAM_STOCK_GRACE_SECONDS)


def offer_elsewhere(
    connection: Connection, flows: Iterable[Flow], skus: Iterable[str], event: Event, now: datetime
) -> set[UUID]:
    """What was sold at this connection is offered no more at others that sell the same stock.

    The connection itself took it off when it sold it.
    """
    sources = {flow.source_id for flow in flows if flow.target_id == connection.pk}
    others = Flow.objects.filter(is_on=True, source__in=sources).exclude(target=connection)
    others = others.select_related("source", "target")
    causes = dict.fromkeys(skus, Cause(event, f"Sold at {connection.label}."))
    lock_skus(connection.tenant_id, causes)
    return {flow.target_id for flow in stock_flows(others) if publish(flow, causes, now=now)}


def _bury(connection: Connection, flows: Sequence[Flow], found: _Found, now: datetime) -> None:
    """What cannot be read is dead, with the reason, until it can be read again."""
    reading = [flow for flow in flows if flow.source_id == connection.pk]
    for flow in reading:
        rest_dead(flow, [*found.told, *found.failed], now)
    dead = [
        _dead(event, flow, one, now) for event, one in found.failed.values() for flow in reading
    ]
    insert_all(dead)
    write_facts([dead_fact(one, now) for one in dead])


def _dead(event: Event, flow: Flow, one: Failed, now: datetime) -> Delivery:
    return Delivery(
        tenant_id=event.tenant_id,
        flow=flow,
        event=event,
        target_id=flow.target_id,
        action=flow.action,
        lane=flow.action_spec.lane,
        external_id=one.external_id,
        source_version=f"{event.public_id}~{uuid4().hex[:12]}",
        state=State.DEAD,
        failure=code_of(one.failure),
        reason=reason_of(one.failure),
        blame=blame_of(one.failure),
        line=line_of(one.failure),
        due_at=now,
        received_at=event.received_at,
        created_at=now,
        finished_at=now,
    )


def _read(
    connection: Connection,
    events: Iterable[Event],
    streams: Mapping[str, Stream],
    context: Context,
) -> _Found:
    found = _Found()
    for event in events:
        if event.origin == Origin.SYNC and event.topic == AGAIN:
            found.again.append((event, msgspec.json.decode(event.body)))
            event.state, event.note = EventState.ROUTED, ""
            continue
        try:
            records = read_plainly(
                event, connector=connection.spec, streams=streams, context=context
            )
        except (NobodyListens, Unreadable):
            continue  # so routing has said already
        event.state, event.note = EventState.ROUTED, ""
        for one in records:
            if isinstance(one, Failed):
                found.failed[one.external_id] = event, one
            elif isinstance(one, InventoryLevel):
                as_of = event.sent_at or event.received_at
                _keep_newest(found, Told(one, as_of), event)
            elif isinstance(one, Location):
                found.locations.append(one)
    return found


def _keep_newest(found: _Found, told: Told, event: Event) -> None:
    before = found.told.get(told.level.id)
    if before is None or (told.level.updated_at or told.as_of) >= (
        before[0].level.updated_at or before[0].as_of
    ):
        found.told[told.level.id] = (told, event)


def _causes(connection: Connection, found: _Found, changes: Sequence[Change]) -> dict[str, Cause]:
    """Why which SKUs are looked at.

    What a full sync found is looked at whether it changed here or not: it differed in the target.
    What was sold may be known there by now, and that counts from the next reading on.
    """
    causes: dict[str, Cause] = {}
    for event, skus in found.again:
        causes |= dict.fromkeys(skus, Cause(event, _UNTOLD))
    sold = _sold({told.level.sku for told, _ in found.told.values()})
    for told, event in found.told.values():
        sku = told.level.sku
        if sku and event.origin == Origin.SYNC:
            causes[sku] = Cause(event, _UNTOLD)
        elif sku in sold:
            causes[sku] = Cause(event, "Orders that had sold it are known there now.")
    if changes:
        labels = _labels(connection)
        for change in changes:
            _, event = found.told[change.now.external_id]
            causes[change.now.sku] = Cause(event, _words(connection, change, labels))
    return causes


_UNTOLD = "It differed, and no event had told of it."


def _sold(skus: Collection[str]) -> set[str]:
    return set(Reservation.objects.filter(sku__in=skus).values_list("sku", flat=True))


def _labels(connection: Connection) -> dict[str, str]:
    places = StockLocation.objects.filter(connection=connection).exclude(label="")
    return dict(places.values_list("external_id", "label"))


def _words(connection: Connection, change: Change, labels: Mapping[str, str]) -> str:
    """«Whiplash, at Ann Arbor: available 12 → 9.»"""
    now, before = change.now, change.before
    where = f"{connection.label}, at {labels.get(now.location, now.location)}:"
    if before is None:
        return f"{where} seen for the first time."
    moved = [
        f"{name.replace('_', ' ')} {_text(value)} → {_text(getattr(now, name))}"
        for name, value in before.items()
        if value != getattr(now, name)
    ]
    return f"{where} {', '.join(moved)}."


def _text(value: int | None) -> str:
    return "?" if value is None else str(value)
