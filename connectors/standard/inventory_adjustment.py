"""A change of stock that a warehouse made, and why."""

from datetime import datetime
from decimal import Decimal
from typing import ClassVar, Literal

from connectors.standard.record import Part, Record, require


class AdjustmentLine(Part, frozen=True, kw_only=True):
    sku: str
    quantity: Decimal  # added; negative is taken away
    note: str | None = None


class InventoryAdjustment(Record, frozen=True, kw_only=True):
    resource: ClassVar[str] = "inventory_adjustment"

    location: str
    reason: Literal["cycle_count", "damaged", "return", "received", "shrinkage", "other"]
    adjusted_at: datetime
    lines: tuple[AdjustmentLine, ...]
    note: str | None = None

    def check(self) -> None:
        for line in self.lines:
            require(line.quantity != 0, "Nothing is adjusted.", line="lines[].quantity")


RECORD = InventoryAdjustment
