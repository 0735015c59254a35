"""What left a warehouse: which lines, in which parcels, tracked how."""

from datetime import datetime
from decimal import Decimal
from typing import ClassVar, Literal

from connectors.standard.record import Parent, Part, Record, require


class ShipmentLine(Part, frozen=True, kw_only=True):
    reference: str  # the order line's name in every system
    sku: str | None = None
    quantity: Decimal


class Parcel(Part, frozen=True, kw_only=True):
    """Weight in grams; `lines` lists references of order lines where the source tells them."""

    id: str | None = None
    tracking_number: str | None = None
    tracking_url: str | None = None
    carrier: str | None = None
    weight: Decimal | None = None
    lines: tuple[str, ...] = ()


class Shipment(Record, frozen=True, kw_only=True):
    """`order_id` is the order's id in the source system, `order_reference` our name of it."""

    resource: ClassVar[str] = "shipment"

    order_id: str
    order_reference: str | None = None
    status: Literal["shipped", "cancelled"] = "shipped"
    shipped_at: datetime | None = None
    carrier: str | None = None
    service: str | None = None
    warehouse: str | None = None
    lines: tuple[ShipmentLine, ...]
    parcels: tuple[Parcel, ...] = ()

    def parent(self) -> Parent:
        return Parent(resource="order", id=self.order_id, reference=self.order_reference)

    def check(self) -> None:
        require(bool(self.lines), "The shipment has no lines.", line="lines")
        for line in self.lines:
            require(line.quantity > 0, "Nothing was shipped.", line="lines[].quantity")


RECORD = Shipment
