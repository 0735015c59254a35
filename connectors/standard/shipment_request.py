"""An approved order on its way to the warehouse: what to pick, pack and send where."""

from datetime import datetime
from decimal import Decimal
from typing import ClassVar, Literal

from connectors.standard.address import Address
from connectors.standard.record import Part, Record, require


class RequestLine(Part, frozen=True, kw_only=True):
    id: str
    reference: str  # the order line's name in every system
    sku: str | None = None
    title: str | None = None
    quantity: Decimal  # still to be shipped; 0 when it has left already
    ordered_quantity: Decimal | None = None
    unit_price: Decimal | None = None


class ShipmentRequest(Record, frozen=True, kw_only=True):
    """`id` is the sales order's id in the source; `number` is what the packing slip shows."""

    resource: ClassVar[str] = "shipment_request"
    identity: ClassVar[str] = "order"

    number: str
    order_id: str
    status: Literal["approved", "cancelled"] = "approved"
    placed_at: datetime | None = None
    currency: str | None = None
    email: str | None = None
    shipping_address: Address | None = None
    billing_address: Address | None = None
    shipping_method: str | None = None
    warehouse: str | None = None
    lines: tuple[RequestLine, ...]
    payment_terms: Literal["prepaid", "cod", "pending"] = "prepaid"
    cod_amount: Decimal | None = None
    note: str | None = None

    def check(self) -> None:
        """A warehouse needs an address and SKUs, though a shop demands neither."""
        if self.status == "cancelled":
            return
        address = self.shipping_address
        missing = [
            name
            for name in ("line1", "city", "country")
            if address is None or not getattr(address, name)
        ]
        require(
            not missing,
            f"Order {self.number} has no complete shipping address: {', '.join(missing)} missing.",
            line="shipping_address",
            value=missing,
        )
        for line in self.lines:
            require(
                line.quantity >= 0,
                f"Line {line.id} of order {self.number} ({line.title}) is for {line.quantity}: "
                "nobody can ship less than nothing.",
                line="lines[].quantity",
            )
            require(
                bool(line.sku) or not line.quantity,
                f"Line {line.id} of order {self.number} ({line.title}) has no SKU.",
                line="lines[].sku",
            )


RECORD = ShipmentRequest
