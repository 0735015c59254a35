"""What two logics differ in, to be read by people."""

from typing import Any

from hypothesis import given, settings

from connectors.lines import Line, Mapping
from connectors.steps import AnyStep, Constant, Default, Fit, Lookup, ToDecimal, ToText, Trim
from flows.mapping.difference import Change, Detail, difference
from flows.mapping.logic import Logic
from flows.mapping.words import say_line, say_step
from flows.rules.rule import Compare, Hold, Rule
from tests.mapping.strategies import as_data, logics


def reader(*lines: Line) -> Logic:
    return Logic(reader=Mapping(lines))


def rule(name: str, **more: Any) -> Rule:
    return Rule(name, Compare("total", "above", more.pop("above", 5)), (Hold("Look"),), **more)


A, B, C, D = (Line(name, f"its_{name}") for name in "abcd")


def test_the_same_has_no_difference() -> None:
    found = difference(reader(A, B), reader(A, B))
    assert not found
    assert found.text() == "No difference."


def test_lines_come_and_go() -> None:
    found = difference(reader(A, B), reader(B, C))
    assert found.changes == (
        Change("reader", "added", "c", "", "c ← its_c"),
        Change("reader", "removed", "a", "a ← its_a", ""),
    )


def test_a_line_that_changed_says_what_of_it() -> None:
    before = Line("total", "price", (ToDecimal(),))
    after = Line("total", "total_price", (Trim(), Fit(5)), required=True)
    found = difference(reader(before), reader(after))
    assert found.changes[0].details == (
        Detail("source", "price", "total_price"),
        Detail("steps", "As a decimal number", "Trim → Cut to a length (at most 5)"),
        Detail("required", "no", "yes"),
    )
    assert found.text().splitlines() == [
        "reader: total changed",
        "    source: price → total_price",
        "    steps: As a decimal number → Trim → Cut to a length (at most 5)",
        "    required: no → yes",
    ]


def test_a_line_in_a_list_is_named_with_it() -> None:
    before = reader(Line("lines", "items", each=(Line("sku", "sku"), A)))
    after = reader(Line("lines", "items", each=(Line("sku", "code"), A)))
    found = difference(before, after)
    assert [(change.kind, change.name) for change in found.changes] == [("changed", "lines[].sku")]


def test_what_was_moved_is_said_in_as_few_words_as_can_be() -> None:
    found = difference(reader(A, B, C, D), reader(D, A, B, C))
    assert found.changes == (Change("reader", "moved", "d", "after c", "first"),)
    assert found.text() == "reader: d moved: after c → first"


def test_rules_are_told_by_their_names() -> None:
    before = Logic(rules=(rule("One"), rule("Two"), rule("Three")))
    after = Logic(rules=(rule("Three", is_on=False), rule("One", above=7), rule("Four")))
    found = difference(before, after)
    assert found.text().splitlines() == [
        "rules: Three changed",
        "    on: yes → no",
        "rules: Three moved: after Two → first",
        "rules: One changed",
        "    when: total is above 5 → total is above 7",
        'rules: Four added: When total is above 5: hold, "Look"',
        'rules: Two removed: When total is above 5: hold, "Look"',
    ]
    assert found.of("writer") == ()


def test_leaving_the_connectors_own_mapping_is_a_change() -> None:
    own = Mapping((A, B))
    found = difference(Logic(), reader(A, C), own_reader=own)
    assert found.changes == (
        Change("reader", "changed", "Mapping", "the connector's own", "the flow's own"),
        Change("reader", "added", "c", "", "c ← its_c"),
        Change("reader", "removed", "b", "b ← its_b", ""),
    )
    assert len(difference(Logic(), reader(A, C)).changes) == 1


def test_one_target_twice_is_two_lines() -> None:
    found = difference(reader(A), reader(A, A))
    assert [(change.kind, change.name) for change in found.changes] == [("added", "a (2)")]


def test_one_and_true_are_not_the_same() -> None:
    before, after = (reader(Line("a", "", (Constant(value),))) for value in (1, True))
    assert difference(before, after).changes[0].details == (
        Detail("steps", "Constant (value 1)", "Constant (value true)"),
    )


def test_steps_say_what_they_are_given() -> None:
    said: list[tuple[AnyStep, str]] = [
        (ToText(), "As text"),
        (Default(None), "Default (value null)"),
        (Lookup("carriers"), 'Lookup table (table "carriers")'),
        (
            Lookup("carriers", otherwise="x", keep=True),
            'Lookup table (table "carriers", otherwise "x", without a row keep the value true)',
        ),
    ]
    for step, words in said:
        assert say_step(step) == words
    whole = Line("lines", "items", (Trim(),), (A, B), required=True)
    assert say_line(whole) == "lines ← items, Trim, each by 2 lines, required"


@settings(deadline=None)
@given(logics(), logics())
def test_nothing_is_said_only_of_the_same(one: Logic, other: Logic) -> None:
    assert not difference(one, one)
    assert bool(difference(one, other)) == (as_data(one) != as_data(other))
    assert difference(one, other).text()
