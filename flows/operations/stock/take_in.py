"""Keeps what a system says of its stock; what is newer wins, whichever way it came."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import msgspec
from django.db import connection as db

from connectors.models import Connection
from connectors.standard.inventory_level import InventoryLevel
from connectors.standard.location import Location
from flows.models import StockLevel, StockLocation
from flows.operations.rows import insert_all, select_all
from flows.operations.stock.offers import key_of

ECHO = timedelta(minutes=5)  # so long after it was written, a value may still be told as news
QUANTITIES = ("on_hand", "available", "committed", "safety", "damaged", "quarantined")


@dataclass(frozen=True, slots=True)
class Told:
    """A level as a system told it; `as_of` is when it was true, by our clock."""

    level: InventoryLevel
    as_of: datetime


@dataclass(frozen=True, slots=True)
class Change:
    """What was known of a level before, and what is now; `before` is None for a new one."""

    before: dict[str, int | None] | None
    now: StockLevel


def take_in(connection: Connection, told: Iterable[Told]) -> list[Change]:
    """The levels that are not what they were. Rows are locked, in the order of their ids."""
    newest = _newest(told)
    if not newest:
        return []
    _take_in_places(connection, [one.level for one in newest.values()])
    known = {row.external_id: row for row in _known(connection, newest)}
    own = _own_writes(connection, [row for id_, row in known.items() if _is_late(row, newest[id_])])
    fresh, changed = [], []
    for external_id, one in newest.items():
        row = known.get(external_id)
        if row is None:
            if one.level.sku:
                fresh.append(Change(None, _row(connection, one)))
        elif not is_older(row, one) and (_key(row), one.level.available) not in own:
            changed.append(Change(quantities_of(row), _update(row, one)))
    insert_all([change.now for change in fresh], ignore_conflicts=True)
    _save([change.now for change in changed])
    return fresh + [one for one in changed if one.before != quantities_of(one.now)]


def _is_late(row: StockLevel, one: Told) -> bool:
    """It was true before what is known now was, by our clock; the system's own may say otherwise,
    as it does not tell us when it took in what we wrote."""
    return one.as_of < row.as_of


_OWN = """
    SELECT external_id, (standard ->> 'available')::numeric FROM flows_delivery
    WHERE flow_id = ANY(SELECT id FROM flows_flow WHERE target_id = %s) AND external_id = ANY(%s)
      AND state = 'succeeded' AND finished_at > %s
"""


def _own_writes(connection: Connection, late: Sequence[StockLevel]) -> set[tuple[str, Any]]:
    """What we wrote to these levels of late, as it may come back after we have written again."""
    if not late:
        return set()
    since = min(row.as_of for row in late) - ECHO
    with db.cursor() as cursor:
        cursor.execute(_OWN, [connection.pk, [_key(row) for row in late], since])
        return set(cursor.fetchall())


def _key(row: StockLevel) -> str:
    return key_of(row.sku, row.location)


def is_older(row: StockLevel, one: Told) -> bool:
    """Than what is known: by the system's own clock where it tells, else by ours."""
    changed_at = one.level.updated_at
    if changed_at and row.changed_at and changed_at != row.changed_at:
        return changed_at < row.changed_at
    return one.as_of < row.as_of


def quantities_of(row: StockLevel) -> dict[str, int | None]:
    """What is offered by them; a level that is gone holds nothing."""
    return {name: None if row.is_gone else getattr(row, name) for name in QUANTITIES}


def told_quantities(level: InventoryLevel) -> dict[str, int]:
    """Those that the system told."""
    values = ((name, getattr(level, name)) for name in QUANTITIES)
    return {name: int(value) for name, value in values if isinstance(value, Decimal)}


def _newest(told: Iterable[Told]) -> dict[str, Told]:
    """Of several about one level the last one, in the order of the ids."""
    found: dict[str, Told] = {}
    for one in told:
        before = found.get(one.level.id)
        if before is None or _time(one) >= _time(before):
            found[one.level.id] = one
    return dict(sorted(found.items()))


def _time(one: Told) -> tuple[datetime, datetime]:
    return one.level.updated_at or one.as_of, one.as_of


def _known(connection: Connection, ids: Iterable[str]) -> list[StockLevel]:
    clause = "WHERE connection_id = %s AND external_id = ANY(%s) ORDER BY external_id FOR UPDATE"
    return select_all(StockLevel, clause, [connection.pk, list(ids)])


def _row(connection: Connection, one: Told) -> StockLevel:
    level = one.level
    return StockLevel(
        tenant_id=connection.tenant_id,
        connection=connection,
        external_id=level.id,
        item_id=level.item_id,
        sku=level.sku,
        location=level.location,
        changed_at=level.updated_at,
        as_of=one.as_of,
        **told_quantities(level),
    )


def _update(row: StockLevel, one: Told) -> StockLevel:
    level = one.level
    row.sku, row.item_id = level.sku or row.sku, level.item_id or row.item_id
    row.changed_at, row.as_of = level.updated_at or row.changed_at, one.as_of
    row.is_gone = False
    for name, value in told_quantities(level).items():
        setattr(row, name, value)
    return row


_SAVE = """
    UPDATE flows_stocklevel l SET
        sku = r.sku, item_id = r.item_id, changed_at = r.changed_at, as_of = r.as_of,
        is_gone = r.is_gone, on_hand = r.on_hand, available = r.available,
        committed = r.committed, safety = r.safety, damaged = r.damaged,
        quarantined = r.quarantined
    FROM jsonb_to_recordset(%s::jsonb) AS r(
        id uuid, sku text, item_id text, changed_at timestamptz, as_of timestamptz,
        is_gone boolean, on_hand bigint, available bigint, committed bigint, safety bigint,
        damaged bigint, quarantined bigint)
    WHERE l.id = r.id
"""
_SAVED = ("id", "sku", "item_id", "changed_at", "as_of", "is_gone", *QUANTITIES)


def _save(rows: Sequence[StockLevel]) -> None:
    if rows:
        values: list[dict[str, Any]] = [{n: getattr(row, n) for n in _SAVED} for row in rows]
        with db.cursor() as cursor:
            cursor.execute(_SAVE, [msgspec.json.encode(values).decode()])


def _take_in_places(connection: Connection, levels: Iterable[InventoryLevel]) -> None:
    """A place that a level names is known from then on."""
    named = {level.location: level.location_label or "" for level in levels}
    there = StockLocation.objects.filter(connection=connection, external_id__in=named)
    for known in there.values_list("external_id", flat=True):
        named.pop(known)
    rows = [
        StockLocation(
            tenant_id=connection.tenant_id, connection=connection, external_id=id_, label=label
        )
        for id_, label in sorted(named.items())
    ]
    insert_all(rows, ignore_conflicts=True)


def take_in_locations(connection: Connection, locations: Iterable[Location]) -> None:
    """What the system says of its places themselves."""
    for location in sorted(locations, key=lambda one: one.id):
        StockLocation.objects.update_or_create(
            tenant_id=connection.tenant_id,
            connection=connection,
            external_id=location.id,
            defaults={"label": location.label or "", "is_active": location.is_active},
        )
