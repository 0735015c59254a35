"""A sales order."""

from datetime import datetime
from decimal import Decimal
from typing import ClassVar, Literal

from connectors.standard.address import Address
from connectors.standard.customer import Customer
from connectors.standard.money import add, check_total
from connectors.standard.record import ZERO, Part, Record, require


class Tax(Part, frozen=True, kw_only=True):
    title: str
    amount: Decimal
    rate: Decimal | None = None  # 0.18 is 18 %


class Discount(Part, frozen=True, kw_only=True):
    """What was taken off a line or a shipping line; `amount` is positive and for the whole line."""

    amount: Decimal
    code: str | None = None


class OrderLine(Part, frozen=True, kw_only=True):
    """One line; `reference` names it in every system, so the same SKU may stand on two lines.

    `unit_price` is before discounts; it includes tax when the order's `taxes_included`.
    """

    id: str
    reference: str
    sku: str | None = None
    title: str | None = None
    quantity: Decimal
    unit_price: Decimal
    discounts: tuple[Discount, ...] = ()
    taxes: tuple[Tax, ...] = ()
    variant_id: str | None = None
    product_id: str | None = None
    requires_shipping: bool = True
    is_gift_card: bool = False
    location: str | None = None
    fulfilled_quantity: Decimal = ZERO
    properties: dict[str, str] = {}

    @property
    def discount(self) -> Decimal:
        return add(discount.amount for discount in self.discounts)

    @property
    def tax(self) -> Decimal:
        return add(tax.amount for tax in self.taxes)


class ShippingCharge(Part, frozen=True, kw_only=True):
    title: str
    code: str | None = None
    price: Decimal = ZERO
    discounts: tuple[Discount, ...] = ()
    taxes: tuple[Tax, ...] = ()


class Duty(Part, frozen=True, kw_only=True):
    amount: Decimal
    taxes: tuple[Tax, ...] = ()


class Payment(Part, frozen=True, kw_only=True):
    gateway: str
    amount: Decimal | None = None
    status: str | None = None


class Hold(Part, frozen=True, kw_only=True):
    """Why the order must not be shipped yet."""

    reason: str
    note: str | None = None


class Order(Record, frozen=True, kw_only=True):
    resource: ClassVar[str] = "order"

    number: str
    status: Literal[
        "pending_approval",
        "open",
        "approved",
        "partially_fulfilled",
        "fulfilled",
        "cancelled",
        "closed",
    ] = "open"
    placed_at: datetime | None = None
    cancelled_at: datetime | None = None
    cancel_reason: str | None = None
    currency: str
    taxes_included: bool = False
    customer: Customer | None = None  # None is a guest
    email: str | None = None
    phone: str | None = None
    billing_address: Address | None = None
    shipping_address: Address | None = None
    lines: tuple[OrderLine, ...] = ()
    shipping: tuple[ShippingCharge, ...] = ()
    duties: tuple[Duty, ...] = ()
    tip: Decimal = ZERO
    fee: Decimal = ZERO  # COD fee and the like
    rounding: Decimal = ZERO  # of cash payments
    total: Decimal
    payment_terms: Literal["prepaid", "cod", "pending"] = "pending"
    payments: tuple[Payment, ...] = ()
    holds: tuple[Hold, ...] = ()
    shipping_method: str | None = None
    note: str | None = None
    tags: tuple[str, ...] = ()
    is_test: bool = False

    @property
    def lines_total(self) -> Decimal:
        return add(line.quantity * line.unit_price for line in self.lines)

    @property
    def discount_total(self) -> Decimal:
        found = [discount for line in self.lines for discount in line.discounts]
        found += [discount for charge in self.shipping for discount in charge.discounts]
        return add(discount.amount for discount in found)

    @property
    def tax_total(self) -> Decimal:
        found = [tax for line in self.lines for tax in line.taxes]
        found += [tax for charge in self.shipping for tax in charge.taxes]
        found += [tax for duty in self.duties for tax in duty.taxes]
        return add(tax.amount for tax in found)

    @property
    def shipping_total(self) -> Decimal:
        return add(charge.price for charge in self.shipping)

    @property
    def duty_total(self) -> Decimal:
        return add(duty.amount for duty in self.duties)

    def computed_total(self) -> Decimal:
        extra = self.duty_total + self.tip + self.fee + self.rounding
        tax = ZERO if self.taxes_included else self.tax_total
        return self.lines_total - self.discount_total + tax + self.shipping_total + extra

    def check(self) -> None:
        references = [line.reference for line in self.lines]
        require(
            len(set(references)) == len(references),
            "Two lines have the same reference.",
            line="lines[].reference",
            value=references,
        )
        check_total(
            stated=self.total,
            computed=self.computed_total(),
            currency=self.currency,
            what=f"The total of order {self.number}",
            how="lines - discounts + tax + shipping + duties + tip + fee + rounding",
        )


RECORD = Order
