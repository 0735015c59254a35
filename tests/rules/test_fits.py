"""A rule is kept only with values that its attributes can be compared with."""

from typing import Any

import pytest
from msgspec.structs import replace

from connectors.standard.order import Order
from flows.rules.judge import RuleInvalid, check_rules
from flows.rules.rule import AllOf, Compare, Not, Split
from tests.rules.orders import rule

NUMBER = "asks for a number, as 500 or 499.50, and «{}» is none"
TIME = "asks for a date or a time, as 2026-01-31 or 2026-01-31T10:00:00Z, and «{}» is neither"
TERMS = "asks for one of «cod», «pending», «prepaid», and «{}» is none of them"


@pytest.mark.parametrize(
    ("attribute", "operator", "value", "said"),
    [
        ("total", "is", "abc", f"total: «is» {NUMBER}"),
        ("total", "is_not", True, f"total: «is not» {NUMBER}"),
        ("total", "one_of", ["5", "abc"], f"total: «one of» {NUMBER}"),
        ("total", "above", "2026-01-31", f"total: «above» {NUMBER}"),
        ("total", "contains", "5", "total: «contains» is asked of text, and it is a number"),
        ("lines[].quantity", "none_of", ["abc"], f"lines' quantity: «none of» {NUMBER}"),
        ("sum(lines[].quantity)", "is", "abc", f"«is» {NUMBER}"),
        ("shipping_address.postal_code", "at_most", "abc", "asks for a number or a date"),
        ("placed_at", "is", "abc", f"placed at: «is» {TIME}"),
        ("placed_at", "below", "500", f"placed at: «below» {TIME}"),
        ("placed_at", "starts_with", "2026", "is asked of text, and it is a time"),
        ("is_test", "is", "perhaps", "is test: «is» asks for yes or no, and «{}» is neither"),
        ("is_test", "at_least", "5", "it is yes or no, and nothing is at least that"),
        ("is_test", "contains", "y", "is asked of text, and it is yes or no"),
        ("payment_terms", "is", "abc", f"payment terms: «is» {TERMS}"),
        ("payment_terms", "none_of", ["cod", "abc"], f"payment terms: «none of» {TERMS}"),
        ("payment_terms", "above", "5", "it is one of a few words, and nothing is above that"),
        ("customer", "is", "abc", "customer: it is not one value; name one of its attributes"),
        ("lines", "contains", "abc", "lines: it is not one value"),
    ],
)
def test_a_value_that_does_not_fit_is_refused_in_words(
    attribute: str, operator: Any, value: Any, said: str
) -> None:
    compared = Compare(attribute, operator, value)
    wrong = value[-1] if isinstance(value, list) else value
    for condition in (compared, AllOf((Not(compared),))):
        with pytest.raises(RuleInvalid) as refused:
            check_rules([rule(condition)], Order)
        assert said.format(wrong) in str(refused.value)


@pytest.mark.parametrize(
    ("attribute", "operator", "value"),
    [
        ("total", "is", 500),
        ("total", "one_of", ["500", 499.5]),
        ("total", "is", ""),
        ("placed_at", "is", "2026-01-31"),
        ("placed_at", "above", "2026-01-31T10:00:00Z"),
        ("is_test", "is", True),
        ("is_test", "is_not", "Yes"),
        ("payment_terms", "is", " COD "),
        ("payment_terms", "contains", "paid"),
        ("tags", "is", "wholesale"),
        ("number", "above", "500"),
        ("note", "is", "abc"),
        ("customer", "is_filled", None),
        ("lines[].properties.size", "is", "L"),
        ("lines[?quantity > `1`].sku", "is", "abc"),
        ("length(lines)", "above", "2"),
    ],
)
def test_a_value_that_fits_is_kept(attribute: str, operator: Any, value: Any) -> None:
    check_rules([rule(Compare(attribute, operator, value))], Order)


def test_lines_that_are_split_off_are_compared_by_what_a_line_has() -> None:
    def split(value: str) -> Split:
        return Split(Compare("quantity", "is", value), "Second")

    check_rules([rule(Compare("total", "is", 5), split("5"))], Order)
    with pytest.raises(RuleInvalid, match="quantity: «is» asks for a number"):
        check_rules([rule(Compare("total", "is", 5), split("abc"))], Order)


def test_a_rule_that_was_there_before_is_refused_only_when_it_is_changed() -> None:
    there = rule(Compare("total", "is", "abc"))
    check_rules([there], Order, known=[there])
    off = replace(there, is_on=False)
    check_rules([off], Order, known=[there])
    for changed in (there, replace(off, name="Another")):
        with pytest.raises(RuleInvalid, match="asks for a number"):
            check_rules([changed], Order, known=[off])
