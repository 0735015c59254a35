"""What each operator means, of each kind of attribute, by a table of rows."""

from typing import Any

import pytest

from connectors.errors import MappingFailed
from connectors.standard.customer import Customer
from connectors.standard.order import Order
from flows.rules.judge import RuleInvalid, check_rules, compile_rules
from flows.rules.rule import AllOf, Compare, Not
from tests.rules.orders import AROUND, holds, line, order, rule

ORDER = order(
    line("a", title="Red Shirt"),
    line("b", sku=None, title="Gift card", is_gift_card=True, properties={"to": "Asha"}),
    note="  ",
    tags=("Wholesale",),
)  # 200.00 INR, placed at 2026-11-20T23:30Z

ROWS: list[tuple[str, str, Any, bool]] = [
    ("total", "is", 200, True),
    ("total", "is", "200.00", True),
    ("total", "is", 200.0, True),
    ("total", "is_not", "200.01", True),
    ("total", "above", "199.99", True),
    ("total", "above", 200, False),
    ("total", "at_least", 200, True),
    ("total", "below", 200.01, True),
    ("total", "at_most", 199.99, False),
    ("total", "one_of", [1, "200"], True),
    ("total", "none_of", [1, 2], True),
    ("total", "is_filled", None, True),
    ("tip", "is", 0, True),  # as by default, and there nevertheless
    ("status", "is", "OPEN", True),
    ("is_test", "is", False, True),
    ("is_test", "is", "no", True),
    ("is_test", "is_not", True, True),
    ("currency", "is", " inr ", True),
    ("currency", "one_of", ["USD", "Inr"], True),
    ("number", "is", 1001, True),
    ("number", "above", 1000, True),
    ("number", "starts_with", "10", True),
    ("number", "contains", "99", False),
    ("customer.tags", "is", "vip", True),
    ("customer.tags", "is", "vi", False),
    ("customer.tags", "contains", "vi", True),
    ("customer.tags", "is_filled", None, True),
    ("customer.company", "is_empty", None, True),
    ("note", "is_empty", None, True),  # white space is nothing
    ("note", "is_not", "x", True),
    ("note", "none_of", ["x"], True),
    ("note", "is", None, True),
    ("note", "contains", "x", False),
    ("billing_address", "is_empty", None, True),
    ("billing_address.country", "is_empty", None, True),
    ("shipping_address", "is_filled", None, True),
    ("lines[].sku", "is_empty", None, True),
    ("lines[?!is_gift_card].sku", "is_empty", None, False),
    ("lines[].title", "contains", "shirt", True),
    ("lines[0].title", "is", "red shirt", True),
    ("lines[].properties.to", "is", "asha", True),
    ("length(lines)", "is", 2, True),
    ("sum(lines[].quantity)", "above", "1.99", True),
    ("max(lines[].unit_price)", "at_most", 100, True),
    ("length(lines[?unit_price > `50`])", "is", 2, True),
    ("duties[].amount", "above", 0, False),
    ("placed_at", "is", "2026-11-20", True),
    ("placed_at", "above", "2026-11-20", False),  # the whole day
    ("placed_at", "above", "2026-11-19", True),
    ("placed_at", "above", "2026-11-20T23:00:00Z", True),
    ("placed_at", "below", "2026-11-21T00:00:00+05:30", False),
    ("placed_at", "at_most", "2026-11-21T05:00:00+05:30", True),
]


@pytest.mark.parametrize(("attribute", "operator", "value", "expected"), ROWS)
def test_it_compares(attribute: str, operator: Any, value: Any, expected: bool) -> None:
    assert holds(ORDER, Compare(attribute, operator, value)) is expected


def test_nothing_is_neither_above_nor_below() -> None:
    guest = order(customer=None)
    for operator in ("above", "at_least", "below", "at_most"):
        assert not holds(guest, Compare("customer.id", operator, 5))


def test_every_asks_for_all_of_a_list_and_for_one_at_least() -> None:
    shirt, none = Compare("lines[].title", "is_filled", of="every"), order(line(title=None))
    assert holds(ORDER, shirt)
    assert not holds(none, shirt)
    assert not holds(order(), Compare("duties[].amount", "above", 0, of="every"))
    assert not holds(ORDER, Compare("lines[].sku", "is_filled", of="every"))


IMPOSSIBLE: list[tuple[str, str, Any, str]] = [
    ("total", "above", "a lot", "total is a number, and «a lot» is none"),
    ("total", "is", "a lot", "total is a number, and «a lot» is none"),
    ("currency", "above", 5, "currency is text, «INR», where a number is compared"),
    ("is_test", "above", 5, "is test is yes or no"),
    ("is_test", "is", "perhaps", "is test is yes or no, and «perhaps» is neither"),
    ("placed_at", "above", "soon", "placed at is a time, and «soon» is none"),
    ("placed_at", "above", 5, "placed at is a time, and «5» is none"),
    ("total", "contains", "5", "total is no text"),
    ("shipping_address", "is", "x", "shipping address is not one value"),
    ("sum(lines[].title)", "is", 5, "sum"),
    ("sum(lines[].price)", "is", 5, "sum"),
]


@pytest.mark.parametrize(("attribute", "operator", "value", "why"), IMPOSSIBLE)
def test_what_cannot_be_compared_names_the_rule(
    attribute: str, operator: Any, value: Any, why: str
) -> None:
    with pytest.raises(MappingFailed, match="Rule «A rule»") as failed:
        holds(ORDER, Compare(attribute, operator, value))
    assert why in failed.value.message
    assert failed.value.line == "A rule"


@pytest.mark.parametrize(
    "path", ["totl", "customer.tag", "lines[].price", "lines[0].skus", "total.amount", "lines.sku"]
)
def test_an_attribute_that_no_order_has_is_no_silent_no(path: str) -> None:
    compared = rule(Compare(path, "is_filled"))
    with pytest.raises(RuleInvalid, match="Rule «A rule»: «"):
        check_rules([compared], Order)
    with pytest.raises(MappingFailed, match="Rule «A rule»: «"):
        compile_rules([compared])(order(), AROUND)


@pytest.mark.parametrize("value", ["a lot", "500,00", "$5", "31.01.2026"])
def test_a_rule_is_not_kept_where_nothing_is_above_its_value(value: str) -> None:
    compared = Compare("total", "above", value)
    for condition in (compared, AllOf((Not(compared),))):
        with pytest.raises(RuleInvalid, match="Rule «A rule»: total: «above» asks for a number"):
            check_rules([rule(condition)], Order)
    for fit in ("500", 500, "500.00"):
        check_rules([rule(Compare("total", "above", fit))], Order)
    for fit in ("2026-01-31", "2026-01-31T10:00:00Z"):
        check_rules([rule(Compare("placed_at", "above", fit))], Order)


def test_rules_are_checked_by_the_kind_of_record() -> None:
    tagged = [rule(Compare("tags", "is", "x"))]
    check_rules(tagged, Customer)
    with pytest.raises(RuleInvalid, match="«addresses»"):
        check_rules([rule(Compare("addresses", "is_filled"))], Order)


@pytest.mark.parametrize(
    ("attribute", "operator", "value"),
    [
        ("total", "one_of", 5),
        ("total", "is", [5]),
        ("total", "above", None),
        ("total", "above", True),
        ("note", "contains", ""),
        ("lines[", "is", 5),
        ("((((((", "is", 5),
        ("a" * 3 + "[" * 150, "is", 5),
    ],
)
def test_a_comparison_that_never_works_is_refused(
    attribute: str, operator: Any, value: Any
) -> None:
    with pytest.raises(RuleInvalid, match="Rule «A rule»"):
        compile_rules([rule(Compare(attribute, operator, value))])
