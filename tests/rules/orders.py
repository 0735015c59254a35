"""Orders to be judged."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from connectors.context import Context
from connectors.standard.address import Address
from connectors.standard.customer import Customer
from connectors.standard.order import Discount, Order, OrderLine, Payment, ShippingCharge, Tax
from connectors.standard.record import Record
from flows.rules.judge import compile_rules
from flows.rules.rule import Action, Condition, Hold, Rule
from flows.rules.verdict import Verdict

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
AROUND = Context(now=NOW)


def line(name: str = "a", **more: Any) -> OrderLine:
    plain = {"sku": f"SKU-{name}", "quantity": Decimal(1), "unit_price": Decimal("100.00")}
    return OrderLine(id=name, reference=f"R1-{name}", **{**plain, **more})


def order(*lines: OrderLine, **more: Any) -> Order:
    """Order 1001 of R1, with the total that it amounts to."""
    plain: dict[str, Any] = {
        "id": "1",
        "reference": "R1",
        "label": "#1001",
        "number": "1001",
        "currency": "INR",
        "placed_at": datetime(2026, 11, 20, 23, 30, tzinfo=UTC),
        "customer": Customer(id="7", tags=("VIP", "north")),
        "shipping_address": Address(line1="1 MG Road", city="Bengaluru", country="IN"),
        "lines": lines or (line(),),
    }
    found = Order(total=Decimal(0), **{**plain, **more})
    return Order(total=found.computed_total(), **{**plain, **more})


def dear_order() -> Order:
    """Of everything something: discounts, taxes, shipping with tax, a tip, a fee, payments."""
    return order(
        line("a", quantity=Decimal(3), taxes=(Tax(title="GST", amount=Decimal("54.00")),)),
        line("b", unit_price=Decimal("49.99"), discounts=(Discount(amount=Decimal("5.01")),)),
        line("c", unit_price=Decimal("0.01"), taxes=(Tax(title="GST", amount=Decimal("0.01")),)),
        shipping=(
            ShippingCharge(
                title="Air",
                price=Decimal("40.00"),
                taxes=(Tax(title="GST", amount=Decimal("7.20")),),
            ),
        ),
        tip=Decimal("3.30"),
        fee=Decimal("25.00"),
        rounding=Decimal("-0.50"),
        payments=(
            Payment(gateway="gift_card", amount=Decimal("430.00")),
            Payment(gateway="card", amount=Decimal("44.00")),
        ),
    )


def judged(record: Record, *rules: Rule, context: Context = AROUND) -> Verdict:
    return compile_rules(rules)(record, context)


def rule(when: Condition, *then: Action, name: str = "A rule", is_on: bool = True) -> Rule:
    return Rule(name, when, then or (Hold("look"),), is_on)


def holds(record: Record, when: Condition, context: Context = AROUND) -> bool:
    return judged(record, rule(when), context=context).ending is not None
