"""Each ready-made rule stops what it names, and lets the rest go."""

from decimal import Decimal
from typing import Any

import msgspec
import pytest

from connectors.context import Context
from connectors.errors import MissingRow
from connectors.standard.address import Address
from connectors.standard.customer import Customer
from connectors.standard.order import Order
from flows.rules.judge import check_rules
from flows.rules.ready import (
    READY,
    Allocation,
    AnyReady,
    CodAbove,
    CreditLimit,
    NoBillingAddress,
    NoShippingAddress,
    NoSku,
    NotServed,
    PriceTier,
    Ready,
    TestOrders,
    fill_in,
)
from flows.rules.rule import Rule
from flows.rules.words import say_rule
from tests.rules.orders import judged, line, order

KNOWS = Context(
    find_row=lambda table, key: "150.00" if (table, key) == ("Credit limits", "7") else None,
    find_available=lambda sku: {"SKU-a": Decimal(2)}.get(sku),
)
GIFT = line("g", sku=None, is_gift_card=True, requires_shipping=False)
NOWHERE = Address(line1="1 Road", city="Nowhere")

ROWS: list[tuple[Ready, Order, Order]] = [
    (
        CreditLimit(),
        order(line(quantity=Decimal(2)), payment_terms="pending"),
        order(payment_terms="pending"),
    ),
    (CreditLimit(), order(line(quantity=Decimal(2))), order(customer=None)),
    (
        Allocation(),
        order(line("a", quantity=Decimal(2)), line("b", sku="SKU-a")),
        order(line("a", quantity=Decimal(2)), line("uncounted"), GIFT),
    ),
    (
        CodAbove(amount="99.99", currency="INR"),
        order(payment_terms="cod"),
        order(payment_terms="prepaid"),
    ),
    (
        CodAbove(amount="100", currency="INR"),
        order(line(unit_price=Decimal("100.01")), payment_terms="cod"),
        order(payment_terms="cod"),
    ),
    (
        CodAbove(amount="5", currency="INR"),
        order(payment_terms="cod"),
        order(payment_terms="cod", currency="USD"),
    ),
    (TestOrders(), order(is_test=True), order()),
    (NotServed(served=("IN", "NO")), order(shipping_address=Address(country="AE")), order()),
    (
        NotServed(served=("IN",)),
        order(shipping_address=NOWHERE),
        order(GIFT, shipping_address=None),
    ),
    (NoBillingAddress(), order(), order(billing_address=order().shipping_address)),
    (NoShippingAddress(), order(shipping_address=None), order()),
    (NoShippingAddress(), order(shipping_address=NOWHERE), order(GIFT, shipping_address=None)),
    (NoSku(), order(line("a"), line("b", sku=" ")), order(line("a"), GIFT)),
    (NoSku(), order(line("a", sku=None)), order(line("a"))),
]


@pytest.mark.parametrize(("ready", "stopped", "free"), ROWS)
def test_it_stops_what_it_names(ready: Ready, stopped: Order, free: Order) -> None:
    ending = judged(stopped, ready.rule(), context=KNOWS).ending
    assert ending is not None
    assert ending.kind == ("reject" if isinstance(ready, TestOrders) else "hold")
    assert judged(free, ready.rule(), context=KNOWS).ending is None


def test_a_customer_without_a_limit_is_waited_for() -> None:
    stranger = order(customer=Customer(id="8"), payment_terms="pending")
    with pytest.raises(MissingRow):
        judged(stranger, CreditLimit().rule(), context=KNOWS)


def test_a_price_tier_marks_the_order_and_its_lines() -> None:
    tier = PriceTier(customer_tag="vip", price_level="Gold").rule()
    record: Any = judged(order(line("a", properties={"x": "y"}), line("b")), tier).record
    assert record.tags == ("Gold",)
    levels = [one.properties for one in record.lines]
    assert levels == [{"x": "y", "price_level": "Gold"}, {"price_level": "Gold"}]
    assert judged(order(customer=None), tier).done == ()


FILLED: dict[str, dict[str, Any]] = {
    "price_tier": {"customer_tag": "vip", "price_level": "Gold"},
    "cod_above": {"amount": "500", "currency": "INR"},
    "not_served": {"served": ["NO"]},
}


@pytest.mark.parametrize("kind", READY)
def test_each_explains_itself_and_becomes_a_rule_of_orders(kind: type[Ready]) -> None:
    tag = str(kind.__struct_config__.tag)
    rule = fill_in({"ready": tag, **FILLED.get(tag, {})})
    check_rules([rule], Order)
    assert kind.label
    assert kind.__doc__
    assert msgspec.json.decode(msgspec.json.encode(rule), type=Rule) == rule
    assert say_rule(rule).startswith("When ")


def test_all_can_be_filled_in() -> None:
    assert set(READY) == set(AnyReady.__args__)


@pytest.mark.parametrize(
    "data",
    [
        {"ready": "cod_above", "amount": "lots", "currency": "INR"},
        {"ready": "cod_above", "amount": "5"},
        {"ready": "not_served", "served": ["Norway"]},
        {"ready": "unheard"},
        {"ready": "no_sku", "other": 1},
        None,
    ],
)
def test_what_is_filled_in_wrongly_is_refused(data: Any) -> None:
    with pytest.raises(msgspec.ValidationError):
        fill_in(data)


def test_a_table_may_be_called_anything() -> None:
    asked: list[str] = []

    def find(table: str, key: str) -> str | None:
        asked.append(table)
        return "5"

    name = 'The "limits" \\ 2026\n'
    due = order(payment_terms="pending")
    judged(due, CreditLimit(table=name).rule(), context=Context(find_row=find))
    assert asked == [name]
