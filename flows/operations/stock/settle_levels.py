"""What a write of stock taught: what the target holds now."""

from collections.abc import Iterable
from typing import Any

from connectors.errors import Stale
from connectors.models import Connection
from connectors.standard.inventory_level import InventoryLevel
from flows.operations.send import Try
from flows.operations.stock.take_in import Told, take_in


def settle_levels(target: Connection, tries: Iterable[Try]) -> None:
    """Needs the scope of its tenant."""
    told = []
    for one in tries:
        level, outcome = one.letter.standard, one.outcome
        if not isinstance(level, InventoryLevel):
            continue
        as_of = outcome.ended_at
        if outcome.written is not None:
            told.append(Told(_held(level, outcome.written.external_id, level.available), as_of))
        elif isinstance(outcome.failure, Stale):
            found = outcome.failure
            told.append(Told(_held(level, found.record_id, found.holds), as_of))
    take_in(target, told)


def _held(level: InventoryLevel, record_id: str, quantity: Any) -> InventoryLevel:
    return InventoryLevel(
        id=record_id,
        sku=level.sku,
        item_id=level.item_id,
        location=level.location,
        available=quantity,
    )
