"""What a write of stock taught: what the target holds now."""

from collections.abc import Iterable
from typing import Any

import msgspec
from django.db import connection as db

from connectors.errors import Stale
from connectors.models import Connection
from connectors.standard.inventory_level import InventoryLevel
from flows.operations.send import Try
from flows.operations.stock.take_in import Told, take_in


def settle_levels(target: Connection, tries: Iterable[Try]) -> None:
    """Keep it, and write into each delivery which quantity was sent in the end."""
    told, sent = [], []
    for one in tries:
        level, outcome = one.letter.standard, one.outcome
        if not isinstance(level, InventoryLevel):
            continue
        as_of = outcome.ended_at
        if outcome.written is not None:
            told.append(Told(_held(level, outcome.written.external_id, level.available), as_of))
            sent.append({"id": one.delivery.pk, "standard": level})
        elif isinstance(outcome.failure, Stale):
            found = outcome.failure
            told.append(Told(_held(level, found.record_id, found.holds), as_of))
    take_in(target, told)
    _save(sent)


def _held(level: InventoryLevel, record_id: str, quantity: Any) -> InventoryLevel:
    return InventoryLevel(
        id=record_id,
        sku=level.sku,
        item_id=level.item_id,
        location=level.location,
        available=quantity,
    )


_SENT = """
    UPDATE flows_delivery d SET standard = r.standard
    FROM jsonb_to_recordset(%s::jsonb) AS r(id uuid, standard jsonb) WHERE d.id = r.id
"""


def _save(sent: list[dict[str, Any]]) -> None:
    if sent:
        with db.cursor() as cursor:
            cursor.execute(_SENT, [msgspec.json.encode(sent).decode()])
