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

NO_DELAY = timedelta(0)


@dataclass(frozen=True)
class Cause:
    """Why a SKU is looked at: the event that told of it, and in words what changed."""

    event: Event
    words: str

    @property
    def is_sync(self) -> bool:
        return self.event.origin == Origin.SYNC


def publish(
    flow: Flow, causes: Mapping[str, Cause], *, now: datetime, delay: timedelta = NO_DELAY
) -> bool:
    """Whether something is to be sent now, of these SKUs and the kits that they are part of.

    The number that is sent is found when it is sent. With `delay`, whoever changed the target, such
    as an order, has time to tell us.
    """
    offered = {one.key: one for one in find_offers(flow, causes.keys())}
    differing = {key for key, one in offered.items() if one.differs}
    due_at = now + delay
    waiting = _bring_forward(flow, differing, due_at)
    states = _states(flow, offered)
    # What is being sent now has its number already: it is followed by another one if that is true.
    under_way = {
        key: found[State.SENDING] for key, found in states.items() if State.SENDING in found
    }
    followed = {key for key, sent in under_way.items() if sent != str(offered[key].offer.quantity)}
    wanted = [
        (one, cause)
        for key in sorted((differing - waiting - under_way.keys()) | followed)
        if not _is_left((one := offered[key]), (cause := _cause(one, causes)), states.get(key, {}))
    ]
    rest_dead(flow, [one.key for one, _ in wanted], now)
    insert_all(*_rows(flow, wanted, now, due_at))
    return bool(wanted or waiting) and not delay


def _cause(one: Offered, causes: Mapping[str, Cause]) -> Cause:
    """What is offered besides the SKUs themselves is the kits that hold one of them."""
    found = causes.get(one.offer.sku)
    return found or Cause(next(iter(causes.values())).event, "A part of it changed.")


def _is_left(one: Offered, cause: Cause, states: Mapping[str, str | None]) -> bool:
    """It has a dead letter for this very quantity: a full sync leaves it for a person to decide."""
    return cause.is_sync and states.get(State.DEAD) == str(one.offer.quantity)


_BRING_FORWARD = """
    UPDATE flows_delivery SET due_at = LEAST(due_at, %s)
    WHERE flow_id = %s AND external_id = ANY(%s) AND state IN ('pending', 'retrying')
    RETURNING external_id
"""


def _bring_forward(flow: Flow, keys: Collection[str], due_at: datetime) -> set[str]:
    """What waits to be sent already takes the newest number with it. Waits for one who claims it
    just now, whose number is older than this."""
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
    flow: Flow, wanted: Sequence[tuple[Offered, Cause]], now: datetime, due_at: datetime
) -> tuple[list[Run], list[Delivery]]:
    if not wanted:
        return [], []
    records = _records(flow, [one for one, _ in wanted])
    run = Run(
        tenant_id=flow.tenant_id,
        connection=flow.source,
        flow=flow,
        origin=wanted[0][1].event.origin,
        started_at=now,
        finished_at=now,
        records=len(wanted),
        deliveries=len(wanted),
    )
    return [run], [_delivery(one, cause, records[one.key], run, due_at) for one, cause in wanted]


def _records(flow: Flow, wanted: Sequence[Offered]) -> dict[str, Any]:
    """The business record of each level of the target, by key."""
    references = {f"{flow.target.account}:{one.key}"[:255]: one for one in wanted}
    names = {(LEVELS, reference): one.offer.sku[:120] for reference, one in references.items()}
    make_records(flow.tenant_id, names)
    rows = Record.objects.filter(resource=LEVELS, reference__in=references)
    found = dict(rows.values_list("reference", "pk"))
    return {one.key: found[reference] for reference, one in references.items()}


def _delivery(one: Offered, cause: Cause, record_id: Any, run: Run, due_at: datetime) -> Delivery:
    flow, now = run.flow, run.started_at
    assert flow is not None
    return Delivery(
        tenant_id=flow.tenant_id,
        flow=flow,
        run=run,
        event=cause.event,
        record_id=record_id,
        root_id=record_id,
        target_id=flow.target_id,
        action=flow.action,
        lane=LAST_LANE if cause.is_sync else flow.action_spec.lane,
        external_id=one.key,
        source_version=f"{now.isoformat()}~{uuid4().hex[:12]}",
        standard=msgspec.Raw(msgspec.json.encode(standard_of(one, now))),
        state=State.PENDING,
        due_at=due_at,
        why=_why(one, cause),
        received_at=cause.event.received_at,
        created_at=now,
    )


def _why(one: Offered, cause: Cause) -> str:
    held = "nothing that we know of" if one.known is None else str(one.known.quantity)
    return f"{cause.words} The target held {held}, and {one.offer.quantity} is offered."


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
