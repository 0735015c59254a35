"""Goods on their way back."""

from datetime import datetime
from decimal import Decimal
from typing import ClassVar, Literal

from connectors.standard.record import Parent, Part, Record


class ReturnLine(Part, frozen=True, kw_only=True):
    id: str
    order_line_reference: str
    sku: str | None = None
    quantity: Decimal
    reason: str | None = None
    condition: Literal["unknown", "good", "damaged"] = "unknown"
    is_restocked: bool = False


class Return(Record, frozen=True, kw_only=True):
    resource: ClassVar[str] = "return"

    order_id: str
    kind: Literal["return", "exchange", "rto"] = "return"
    status: Literal[
        "requested", "approved", "declined", "in_transit", "received", "closed", "cancelled"
    ]
    requested_at: datetime | None = None
    received_at: datetime | None = None
    lines: tuple[ReturnLine, ...] = ()
    tracking_number: str | None = None
    carrier: str | None = None
    note: str | None = None

    def parent(self) -> Parent:
        return Parent(resource="order", id=self.order_id)


RECORD = Return
