"""What a rule looks at: the same digest for the same values, and nothing else is in it."""

from decimal import Decimal
from typing import Any

import pytest

from flows.rules.looked_at import looked_at
from flows.rules.rule import AllOf, Cel, Compare, Condition, Hold, Not, Rule

ORDER: dict[str, Any] = {
    "total": Decimal("43.90"),
    "note": "a",
    "customer": {"id": "7", "note": "b"},
    "lines": [{"sku": "A", "quantity": Decimal(2), "fulfilled": Decimal(0)}],
}
TOTAL = Compare("total", "above", "40")
SHORT = Cel("record.lines.exists(l, available(l.sku) < ordered(l.sku))")


def digest(when: Condition, name: str = "Large", **changes: Any) -> str:
    return looked_at(Rule(name=name, when=when, then=(Hold("Look."),)), ORDER | changes)


@pytest.mark.parametrize(
    ("when", "changes", "is_news"),
    [
        (TOTAL, {"total": Decimal("43.9"), "note": "other"}, False),
        (TOTAL, {"total": Decimal("44")}, True),
        (AllOf((TOTAL, Compare("note", "is", "a"))), {"note": "c"}, True),
        (Not(Compare("note", "is", "c")), {"note": "b"}, True),
        (Cel("record.total > 40.0"), {"note": "other"}, False),
        (Cel("record.total > 40.0"), {"total": Decimal("41")}, True),
        (Cel("record.customer.id == '7'"), {"customer": {"id": "7", "note": "c"}}, False),
        (Cel("record.customer.id == '7'"), {"customer": {"id": "8", "note": "b"}}, True),
        (SHORT, {"lines": [{**ORDER["lines"][0], "fulfilled": Decimal(2)}]}, False),
        (SHORT, {"lines": [{**ORDER["lines"][0], "quantity": Decimal(3)}]}, True),
        (Cel("true"), {"note": "other"}, False),
    ],
)
def test_it_is_what_the_condition_names(
    when: Condition, changes: dict[str, Any], is_news: bool
) -> None:
    assert (digest(when) != digest(when, **changes)) is is_news


def test_another_rule_or_another_condition_is_another_look() -> None:
    assert digest(TOTAL) != digest(TOTAL, name="Other")
    assert digest(TOTAL) != digest(Compare("total", "above", "41"))
