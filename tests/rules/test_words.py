"""Rules in plain English."""

import pytest

from flows.rules.rule import (
    AllOf,
    AnyOf,
    Cel,
    Compare,
    Hold,
    Not,
    Notify,
    Reject,
    Route,
    Rule,
    Set,
    Split,
    Tag,
)
from flows.rules.words import say_rule

BIG, COD = Compare("total", "above", 500), Compare("payment_terms", "is", "cod")

SAID = [
    (
        Rule("x", AllOf((BIG, COD)), (Hold("COD above 500"),)),
        'When total is above 500 and payment terms is "cod": hold, "COD above 500"',
    ),
    (
        Rule("x", AnyOf((AllOf((BIG, COD)), Not(COD))), (Reject("No"), Tag("t")), is_on=False),
        'Off: When (total is above 500 and payment terms is "cod") or not (payment terms is "cod")'
        ': reject, "No"; tag "t"',
    ),
    (
        Rule("x", Compare("lines[].sku", "is_empty"), (Route("Manual"),)),
        "When any of lines' SKU is empty: send by the flow «Manual» instead",
    ),
    (
        Rule("x", Compare("lines[].sku", "one_of", ["A", 5, None], "every"), (Set("note", True),)),
        'When every of lines\' SKU is one of "A", 5, nothing: set note to yes',
    ),
    (
        Rule("x", Cel("record.total > 5.0"), (Set("fee", expression="1.5"),)),
        "When «record.total > 5.0»: set fee to what «1.5» gives",
    ),
    (
        Rule("x", AllOf(()), (Split(Compare("sku", "starts_with", "MTO"), "Atelier"),)),
        'When always: split off the lines of which SKU starts with "MTO", by the flow «Atelier»',
    ),
    (
        Rule("x", Compare("lines[?a == `1`].b", "is", 1), (Notify("Look"),)),
        'When any of «lines[?a == `1`].b» is 1: tell each operator, "Look"',
    ),
    (
        Rule("x", Compare("placed_at", "at_most", "2026-01-31"), (Hold("Old"),)),
        'When placed at is at most 2026-01-31: hold, "Old"',
    ),
]


@pytest.mark.parametrize(("rule", "words"), SAID)
def test_it_says_a_rule(rule: Rule, words: str) -> None:
    assert say_rule(rule) == words
