"""Money given back."""

from datetime import datetime
from decimal import Decimal
from typing import ClassVar

from connectors.standard.money import add, check_total
from connectors.standard.order import Payment
from connectors.standard.record import ZERO, Parent, Part, Record


class RefundLine(Part, frozen=True, kw_only=True):
    order_line_reference: str
    sku: str | None = None
    quantity: Decimal
    amount: Decimal  # without tax
    tax: Decimal = ZERO
    is_restocked: bool = False
    location: str | None = None


class Refund(Record, frozen=True, kw_only=True):
    resource: ClassVar[str] = "refund"

    order_id: str
    currency: str
    refunded_at: datetime | None = None
    lines: tuple[RefundLine, ...] = ()
    shipping: Decimal = ZERO
    shipping_tax: Decimal = ZERO
    adjustment: Decimal = ZERO  # restocking fee (negative), goodwill (positive)
    total: Decimal
    payments: tuple[Payment, ...] = ()
    note: str | None = None

    def parent(self) -> Parent:
        return Parent(resource="order", id=self.order_id)

    def check(self) -> None:
        computed = add(line.amount + line.tax for line in self.lines)
        computed += self.shipping + self.shipping_tax + self.adjustment
        check_total(
            stated=self.total,
            computed=computed,
            currency=self.currency,
            what=f"The total of refund {self.id}",
            how="lines + tax + shipping + adjustment",
        )


RECORD = Refund
