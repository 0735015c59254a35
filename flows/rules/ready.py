"""Ready-made rules: each is data with a few parameters to fill in, and makes a rule for orders.

A kind is declared as a step is: its docstring explains it, its fields are its parameters, and the
form is made of them. As data it says its kind under `ready`.
"""

from typing import Annotated, Any, ClassVar

import msgspec
from msgspec import Meta

from flows.rules.rule import (
    Action,
    AllOf,
    AnyOf,
    Cel,
    Compare,
    Condition,
    Hold,
    Reject,
    Rule,
    Set,
    Tag,
)

Words = Annotated[str, Meta(title="Reason", description="What people read.", min_length=1)]
Name = Annotated[
    str,
    Meta(title="Lookup table", description="In its rows: the id, and the amount.", min_length=1),
]


class Ready(
    msgspec.Struct,
    frozen=True,
    kw_only=True,
    forbid_unknown_fields=True,
    omit_defaults=True,
    tag_field="ready",
):
    """A ready-made rule. `label` is its name in the list, the docstring its explanation."""

    label: ClassVar[str]

    @property
    def kind(self) -> str:
        return str(self.__struct_config__.tag)

    def rule(self) -> Rule:
        raise NotImplementedError


_SHIPS = Compare("lines[].requires_shipping", "is", True)


class PriceTier(Ready, frozen=True, kw_only=True, tag="price_tier"):
    """A customer with this tag buys at this price level: each line's property «price_level» says
    so, for the writer to send, and the order is tagged with it."""

    label: ClassVar[str] = "Price tier by the customer's tag"

    customer_tag: Annotated[
        str, Meta(title="Customer's tag", min_length=1, max_length=100, examples=["wholesale"])
    ]
    price_level: Annotated[
        str, Meta(title="Price level", min_length=1, max_length=90, examples=["Wholesale"])
    ]

    def rule(self) -> Rule:
        when = Compare("customer.tags", "is", self.customer_tag)
        level = Set("lines[].properties.price_level", self.price_level)
        return _rule(f"Price tier {self.price_level}", when, level, Tag(self.price_level))


class CreditLimit(Ready, frozen=True, kw_only=True, tag="credit_limit"):
    """Hold an order on account that is above the customer's credit limit. The limits stand in a
    lookup table by the customer's id; an order of a customer without a row waits for it."""

    label: ClassVar[str] = "Credit limit"

    table: Name = "Credit limits"
    reason: Words = "Above the customer's credit limit"

    def rule(self) -> Rule:
        limit = f"double(row({_text(self.table)}, record.customer.id))"
        when = AllOf(
            (
                Compare("customer", "is_filled"),
                Compare("payment_terms", "is", "pending"),
                Cel(f"record.total > {limit}"),
            )
        )
        return _rule("Credit limit", when, Hold(self.reason))


class Allocation(Ready, frozen=True, kw_only=True, tag="allocation"):
    """Hold an order when what may be sold of a SKU is less than the order asks for, on all its
    lines together. A SKU that nobody counts is taken as there."""

    label: ClassVar[str] = "Hold when stock is short"

    reason: Words = "Not enough stock for every line"

    def rule(self) -> Rule:
        short = "available(l.sku) != null && available(l.sku) < ordered(l.sku)"
        asked = "l.requires_shipping && l.sku != null"
        when = Cel(f"record.lines.exists(l, {asked} && {short})")
        return _rule("Allocation", when, Hold(self.reason))


class CodAbove(Ready, frozen=True, kw_only=True, tag="cod_above"):
    """Hold an order that is paid at the door when it is above an amount, in one currency."""

    label: ClassVar[str] = "Cash on delivery above an amount"

    amount: Annotated[
        str, Meta(title="Amount", pattern=r"^\d{1,12}(\.\d{1,4})?$", examples=["500", "4999.50"])
    ]
    currency: Annotated[str, Meta(title="Currency", pattern="^[A-Z]{3}$", examples=["INR"])]

    def rule(self) -> Rule:
        when = AllOf(
            (
                Compare("payment_terms", "is", "cod"),
                Compare("currency", "is", self.currency),
                Compare("total", "above", self.amount),
            )
        )
        words = f"COD above {self.amount} {self.currency}"
        return _rule(words, when, Hold(words))


class TestOrders(Ready, frozen=True, kw_only=True, tag="test_orders"):
    """Reject the orders that the shop marks as tests."""

    label: ClassVar[str] = "Test orders"

    reason: Words = "A test order"

    def rule(self) -> Rule:
        return _rule("Test orders", Compare("is_test", "is", True), Reject(self.reason))


class NotServed(Ready, frozen=True, kw_only=True, tag="not_served"):
    """Hold orders that are to be shipped to a country that is not among those served, or to no
    country at all."""

    label: ClassVar[str] = "Countries not served"

    served: Annotated[
        tuple[Annotated[str, Meta(pattern="^[A-Z]{2}$")], ...],
        Meta(title="Countries served", min_length=1, max_length=250, examples=[["IN", "AE"]]),
    ]
    reason: Words = "We do not ship to this country"

    def rule(self) -> Rule:
        when = AllOf((_SHIPS, Compare("shipping_address.country", "none_of", list(self.served))))
        return _rule("Countries not served", when, Hold(self.reason))


class NoBillingAddress(Ready, frozen=True, kw_only=True, tag="no_billing_address"):
    """Hold orders without a billing address."""

    label: ClassVar[str] = "Missing billing address"

    reason: Words = "The billing address is missing"

    def rule(self) -> Rule:
        return _rule("Billing address", _incomplete("billing_address"), Hold(self.reason))


class NoShippingAddress(Ready, frozen=True, kw_only=True, tag="no_shipping_address"):
    """Hold orders of which something is to be shipped, without a street, city or country."""

    label: ClassVar[str] = "Missing shipping address"

    reason: Words = "The shipping address is missing or not complete"

    def rule(self) -> Rule:
        when = AllOf((_SHIPS, _incomplete("shipping_address")))
        return _rule("Shipping address", when, Hold(self.reason))


class NoSku(Ready, frozen=True, kw_only=True, tag="no_sku"):
    """Hold orders with a line that names no SKU. Gift cards need none."""

    label: ClassVar[str] = "Line without SKU"

    reason: Words = "A line has no SKU"

    def rule(self) -> Rule:
        when = Compare("lines[?!is_gift_card].sku", "is_empty")
        return _rule("Line without SKU", when, Hold(self.reason))


READY: tuple[type[Ready], ...] = (
    PriceTier,
    CreditLimit,
    Allocation,
    CodAbove,
    TestOrders,
    NotServed,
    NoBillingAddress,
    NoShippingAddress,
    NoSku,
)
AnyReady = (
    PriceTier
    | CreditLimit
    | Allocation
    | CodAbove
    | TestOrders
    | NotServed
    | NoBillingAddress
    | NoShippingAddress
    | NoSku
)


def fill_in(data: Any) -> Rule:
    """The rule by what a form gave, as {"ready": "cod_above", "amount": "500", ...}.

    Raises msgspec.ValidationError.
    """
    ready: Ready = msgspec.convert(data, AnyReady)
    return ready.rule()


def _rule(name: str, when: Condition, *then: Action) -> Rule:
    return Rule(name, when, then)


def _incomplete(address: str) -> AnyOf:
    parts = ("line1", "city", "country")
    return AnyOf(tuple(Compare(f"{address}.{part}", "is_empty") for part in parts))


def _text(value: str) -> str:
    """As text in CEL."""
    return '"' + value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n") + '"'
