"""Differences between what a flow offers and what its target holds become deliveries."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import uuid4

import msgspec
from django.db import connection as db

from connectors.standard.inventory_level import InventoryLevel
from flows.models import Delivery, Event, Flow, Record, Run
from flows.models.event import Origin
from flows.operations.claim import LAST_LANE
from flows.operations.identify import make_records
from flows.operations.rows import insert_all
from flows.operations.stock.offers import Offered, find_offers
from flows.operations.stock.streams import LEVELS
from flows.states import State


@dataclass(frozen=True)
class Occasion:
    """Why a flow is looked at: the event, and in words what changed, by SKU. With `delay` whoever
    changed the target, such as an order, has time to tell us."""

    event: Event
    now: datetime
    why: Mapping[str, str]
    delay: timedelta = timedelta(0)

    @property
    def is_sync(self) -> bool:
        return self.event.origin == Origin.SYNC


def publish(flow: Flow, skus: Collection[str], occasion: Occasion) -> bool:
    """Whether something is to be sent now. The number that is sent is found when it is sent."""
    offered = {one.key: one for one in find_offers(flow, skus)}
    differing = {key for key, one in offered.items() if one.differs}
    waiting = _bring_forward(flow, differing, occasion)
    states = _states(flow, offered)
    # What is being sent now has its number already: it is followed by whatever is true after it.
    being_sent = {key for key, found in states.items() if State.SENDING in found}
    wanted = [offered[key] for key in sorted((differing - waiting) | being_sent)]
    if occasion.is_sync:
        wanted = [one for one in wanted if not _died_of(one, states.get(one.key, {}))]
    rest_dead(flow, [one.key for one in wanted], occasion.now)
    insert_all(*_rows(flow, wanted, occasion))
    return bool(wanted or waiting) and not occasion.delay


_BRING_FORWARD = """
    UPDATE flows_delivery SET due_at = LEAST(due_at, %s)
    WHERE flow_id = %s AND external_id = ANY(%s) AND state IN ('pending', 'retrying')
    RETURNING external_id
"""


def _bring_forward(flow: Flow, keys: Collection[str], occasion: Occasion) -> set[str]:
    """What waits to be sent already takes the newest number with it. Waits for one who claims it
    just now, whose number is older than this."""
    due_at = occasion.now + occasion.delay
    with db.cursor() as cursor:
        cursor.execute(_BRING_FORWARD, [due_at, flow.pk, sorted(keys)])
        return {row[0] for row in cursor.fetchall()}


_STATES = """
    SELECT external_id, state, standard ->> 'available'
    FROM flows_delivery
    WHERE flow_id = %s AND external_id = ANY(%s) AND state IN ('sending', 'dead')
"""


def _states(flow: Flow, keys: Collection[str]) -> dict[str, dict[str, str | None]]:
    """Of each key: which states it has deliveries in, with the quantity of one of them."""
    found: dict[str, dict[str, str | None]] = {}
    with db.cursor() as cursor:
        cursor.execute(_STATES, [flow.pk, list(keys)])
        for key, state, quantity in cursor.fetchall():
            found.setdefault(key, {})[state] = quantity
    return found


def _died_of(one: Offered, states: Mapping[str, str | None]) -> bool:
    """It has a dead letter for this very quantity: trying again is a person's to decide."""
    return states.get(State.DEAD) == str(one.offer.quantity)


_REST = """
    UPDATE flows_delivery SET state = 'superseded', note = 'A newer quantity took its place.',
        finished_at = %s
    WHERE flow_id = %s AND external_id = ANY(%s) AND state = 'dead' AND NOT wrote
"""


def rest_dead(flow: Flow, keys: Sequence[str], now: datetime) -> None:
    """What died of these is over: something newer is known."""
    if keys:
        with db.cursor() as cursor:
            cursor.execute(_REST, [now, flow.pk, list(keys)])


def _rows(
    flow: Flow, wanted: Sequence[Offered], occasion: Occasion
) -> tuple[list[Run], list[Delivery]]:
    if not wanted:
        return [], []
    records = _records(flow, wanted)
    run = Run(
        tenant_id=flow.tenant_id,
        connection=flow.source,
        flow=flow,
        origin=occasion.event.origin,
        started_at=occasion.now,
        finished_at=occasion.now,
        records=len(wanted),
        deliveries=len(wanted),
    )
    return [run], [_delivery(flow, one, records[one.key], run, occasion) for one in wanted]


def _records(flow: Flow, wanted: Sequence[Offered]) -> dict[str, Any]:
    """The business record of each level of the target, by key."""
    references = {f"{flow.target.account}:{one.key}"[:255]: one for one in wanted}
    names = {(LEVELS, reference): one.offer.sku[:120] for reference, one in references.items()}
    make_records(flow.tenant_id, names)
    rows = Record.objects.filter(resource=LEVELS, reference__in=references)
    found = dict(rows.values_list("reference", "pk"))
    return {one.key: found[reference] for reference, one in references.items()}


def _delivery(flow: Flow, one: Offered, record_id: Any, run: Run, occasion: Occasion) -> Delivery:
    event, now = occasion.event, occasion.now
    return Delivery(
        tenant_id=flow.tenant_id,
        flow=flow,
        run=run,
        event=event,
        record_id=record_id,
        root_id=record_id,
        target_id=flow.target_id,
        action=flow.action,
        lane=LAST_LANE if occasion.is_sync else flow.action_spec.lane,
        external_id=one.key,
        source_version=f"{now.isoformat()}~{uuid4().hex[:12]}",
        standard=msgspec.Raw(msgspec.json.encode(standard_of(one, now))),
        state=State.PENDING,
        due_at=now + occasion.delay,
        why=_why(one, occasion),
        received_at=event.received_at,
        created_at=now,
    )


def _why(one: Offered, occasion: Occasion) -> str:
    held = "nothing that we know of" if one.known is None else str(one.known.quantity)
    cause = occasion.why.get(one.offer.sku, "The sum is another now.")
    return f"{cause} The target held {held}, and {one.offer.quantity} is offered."


def standard_of(one: Offered, at: datetime) -> InventoryLevel:
    """What is to be written, as a record of the standard, at the target's own place."""
    return InventoryLevel(
        id=one.key,
        updated_at=at,
        sku=one.offer.sku,
        item_id=one.known.item_id if one.known else "",
        location=one.offer.place,
        available=Decimal(one.offer.quantity),
    )
