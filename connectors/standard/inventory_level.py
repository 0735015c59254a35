"""How much of one SKU is at one location."""

from datetime import datetime
from decimal import Decimal
from typing import ClassVar

from connectors.standard.record import Record, require

MOST = Decimal(1_000_000_000)  # what Shopify takes; no shelf holds more
COUNTED = ("on_hand", "committed", "safety", "damaged", "quarantined", "on_order")


class InventoryLevel(Record, frozen=True, kw_only=True):
    """Quantities, in whole units, are None where the source does not tell them.

    `available` may be negative where more was promised than there is; nothing else may. `sku` is
    empty where a system names only its own ids, which are known by then. `item_id` is the system's
    own id of the item, the same at every location.
    """

    resource: ClassVar[str] = "inventory_level"

    sku: str = ""
    item_id: str = ""
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

    def check(self) -> None:
        for name in (*COUNTED, "available"):
            value: Decimal | None = getattr(self, name)
            if value is not None:
                _check(name, value, f"{self.sku or self.id} at {self.location}")


def _check(name: str, value: Decimal, where: str) -> None:
    words = f"The quantity «{name}» of {where} is {value}:"
    is_number = value.is_finite()
    require(is_number, f"{words} that is no number.", line=name, value=value)
    is_whole = value == value.to_integral_value()
    require(is_whole, f"{words} only whole units can be sold.", line=name, value=value)
    require(abs(value) <= MOST, f"{words} no shelf holds that much.", line=name, value=value)
    is_possible = value >= 0 or name == "available"
    require(is_possible, f"{words} it cannot be less than nothing.", line=name, value=value)


RECORD = InventoryLevel
