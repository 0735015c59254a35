"""How much of one SKU is at one location."""

from datetime import datetime
from decimal import Decimal
from typing import ClassVar

from connectors.standard.record import Record


class InventoryLevel(Record, frozen=True, kw_only=True):
    """Quantities are None where the source does not tell them."""

    resource: ClassVar[str] = "inventory_level"

    sku: str
    location: str
    location_label: str | None = None
    on_hand: Decimal | None = None
    available: Decimal | None = None
    committed: Decimal | None = None
    safety: Decimal | None = None
    damaged: Decimal | None = None
    quarantined: Decimal | None = None
    on_order: Decimal | None = None
    counted_at: datetime | None = None


RECORD = InventoryLevel
