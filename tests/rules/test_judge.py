"""What rules do with an order, and what they refuse."""

from decimal import Decimal
from typing import Any

import pytest

from connectors.context import Context
from connectors.errors import MappingFailed, MissingRow
from connectors.standard.shipment import Shipment
from flows.rules.judge import RuleInvalid, compile_rules
from flows.rules.rule import (
    Action,
    AllOf,
    AnyOf,
    Cel,
    Compare,
    Condition,
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
from flows.rules.verdict import Done, Ending, Notice
from tests.rules.orders import AROUND, NOW, holds, judged, line, order, rule

ALWAYS = AllOf(())


def test_no_rule_changes_nothing() -> None:
    found = order()
    verdict = judged(found)
    assert verdict.record is found
    assert (verdict.ending, verdict.parts, verdict.done, verdict.notices) == (None, (), (), ())


def test_conditions_are_joined() -> None:
    yes, no = Compare("total", "above", 1), Compare("total", "above", 100_000)
    assert holds(order(), AllOf((yes, yes)))
    assert not holds(order(), AllOf((yes, no)))
    assert holds(order(), AnyOf((no, yes)))
    assert not holds(order(), AnyOf((no, no)))
    assert holds(order(), Not(no))
    assert holds(order(), ALWAYS)


def test_the_first_ending_ends_the_judging_and_all_of_its_rule_is_done() -> None:
    verdict = judged(
        order(),
        rule(ALWAYS, Tag("seen"), name="First"),
        rule(ALWAYS, Hold("Look"), Notify("See", "admin"), Tag("held"), name="Second"),
        rule(ALWAYS, Reject("Never"), name="Third"),
    )
    assert verdict.ending == Ending("hold", "Second", "Look")
    assert verdict.record.tags == ("seen", "held")  # type: ignore[attr-defined]
    assert verdict.notices == (Notice("Second", "See", "admin"),)
    assert verdict.done == (
        Done("First", 'Tagged "seen"'),
        Done("Second", "Held: Look"),
        Done("Second", 'Told each admin: "See"'),
        Done("Second", 'Tagged "held"'),
    )


def test_it_rejects_and_routes() -> None:
    assert judged(order(), rule(ALWAYS, Reject("No"))).ending == Ending("reject", "A rule", "No")
    routed = judged(order(), rule(ALWAYS, Route("Other"))).ending
    assert routed == Ending("route", "A rule", flow="Other")


def test_a_rule_that_is_off_is_not_judged() -> None:
    assert judged(order(), rule(ALWAYS, Hold("x"), is_on=False)).ending is None


def test_a_tag_is_set_once_whatever_its_case() -> None:
    verdict = judged(order(tags=("Vip",)), rule(ALWAYS, Tag("VIP")))
    assert verdict.record.tags == ("Vip",)  # type: ignore[attr-defined]
    assert verdict.done == ()


def test_a_later_rule_sees_what_an_earlier_one_set() -> None:
    verdict = judged(
        order(),
        rule(ALWAYS, Set("note", "Fragile"), name="One"),
        rule(Compare("note", "is", "fragile"), Hold("Careful"), name="Two"),
    )
    assert verdict.ending == Ending("hold", "Two", "Careful")


SETS: list[tuple[Set, str, Any]] = [
    (Set("note", "x"), "note", "x"),
    (Set("shipping_address.country", "AE"), "shipping_address.country", "AE"),
    (Set("placed_at", "2026-01-02T03:04:05Z"), "placed_at.year", 2026),
    (Set("tags", ["a", "b"]), "tags", ("a", "b")),
    (Set("note", expression="record.number + '/' + record.currency"), "note", "1001/INR"),
    (Set("is_test", expression="record.total > 5.0"), "is_test", True),
]


@pytest.mark.parametrize(("action", "path", "expected"), SETS)
def test_it_sets(action: Set, path: str, expected: Any) -> None:
    found: Any = judged(order(), rule(ALWAYS, action)).record
    for name in path.split("."):
        found = getattr(found, name)
    assert found == expected


def test_it_sets_something_of_each_line_by_that_line() -> None:
    dear = "line.unit_price > 50.0 ? 'VAULT' : record.currency"
    found = order(line("a"), line("b", unit_price=Decimal(1)))
    verdict = judged(found, rule(ALWAYS, Set("lines[].location", expression=dear)))
    places = [one.location for one in verdict.record.lines]  # type: ignore[attr-defined]
    assert places == ["VAULT", "INR"]


def test_money_stays_exact() -> None:
    """1.1 * 3.0 is 3.3000000000000003 to a computer, and 3.3 to people."""
    prices = (Set("fee", expression="1.1 * 3.0"), Set("total", expression="record.total + 3.3"))
    verdict = judged(order(), rule(ALWAYS, *prices))
    assert str(verdict.record.fee) == "3.3"  # type: ignore[attr-defined]
    assert verdict.record.total == Decimal("103.3")  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("expression", "expected"),
    [("round(10.0 / 3.0, 2)", "3.33"), ("round(2.345, 2)", "2.35"), ("round(-2.5, 0)", "-3")],
)
def test_it_rounds_when_it_is_told(expression: str, expected: str) -> None:
    action = Set("lines[].fulfilled_quantity", expression=expression)
    verdict = judged(order(), rule(ALWAYS, action))
    assert str(verdict.record.lines[0].fulfilled_quantity) == expected  # type: ignore[attr-defined]


IMPOSSIBLE: list[tuple[Condition, Action, str]] = [
    (ALWAYS, Set("fee", expression="10.0 / 3.0"), "not exact"),
    (ALWAYS, Set("fee", expression="0.3 - 0.2 - 0.1"), "not exact"),
    (ALWAYS, Set("fee", expression="1.0 / 0.0"), "no finite number"),
    (ALWAYS, Set("fee", "5"), "a difference of"),  # then the total is wrong
    (ALWAYS, Set("status", "lost"), "Invalid enum value"),
    (ALWAYS, Set("note", 5), "Expected `str"),
    (ALWAYS, Set("total", None), "Expected `decimal`"),
    (ALWAYS, Set("billing_address.country", "IN"), "there is nothing to have «country»"),
    (ALWAYS, Set("colour", "red"), "no attribute «colour»"),
    (Cel("record.colour == 'red'"), Hold("x"), "The record has no colour"),
    (Cel("record.total > 'x'"), Hold("x"), "overload"),
    (Cel("record.total"), Hold("x"), "neither true nor false"),
    (Cel("days_since(record.note) > 1.0"), Hold("x"), "overload"),
]


@pytest.mark.parametrize(("when", "then", "why"), IMPOSSIBLE)
def test_what_cannot_be_done_names_the_rule(when: Condition, then: Action, why: str) -> None:
    with pytest.raises(MappingFailed) as failed:
        judged(order(), rule(when, then, name="The rule"))
    assert failed.value.message.startswith("Rule «The rule»: ")
    assert why in failed.value.message


def test_a_rule_that_would_take_too_long_names_itself() -> None:
    many = order(*[line(str(number)) for number in range(500)])
    costly = "record.lines.exists(a, record.lines.exists(b, a.id == b.id + 'x'))"
    with pytest.raises(MappingFailed, match="Rule «A rule»: It would take too long"):
        holds(many, Cel(costly))


def test_what_has_no_tags_cannot_be_tagged() -> None:
    shipment = Shipment(id="1", order_id="1", status="shipped", lines=())
    with pytest.raises(MappingFailed, match="A shipment has no tags"):
        judged(shipment, rule(ALWAYS, Tag("x")))


INVALID: list[tuple[Condition, tuple[Action, ...], str]] = [
    (ALWAYS, (Hold("x"), Reject("y")), "one of them"),
    (ALWAYS, (Set("id", "5"),), "which record, or which money"),
    (ALWAYS, (Set("lines[].reference", "5"),), "which record, or which money"),
    (ALWAYS, (Set("lines[0].sku", "5"),), "is not the name of one attribute"),
    (ALWAYS, (Set("note"),), "a value or to an expression"),
    (ALWAYS, (Set("note", "a", "b"),), "a value or to an expression"),
    (ALWAYS, (Set("note", expression="1 +"),), "cannot be read"),
    (ALWAYS, (Set("note", expression="line.sku"),), "It names «line»"),
    (Cel("order.total > 5.0"), (Hold("x"),), "It names «order»"),
    (Cel("sum(record.total) > 5.0"), (Hold("x"),), "function sum"),
    (Cel("record.total >"), (Hold("x"),), "cannot be read"),
    (ALWAYS, (Split(Cel("(("), "x"),), "cannot be read"),
    (ALWAYS, (Split(ALWAYS, "x"), Split(ALWAYS, "X")), "twice"),
]


@pytest.mark.parametrize(("when", "then", "why"), INVALID)
def test_a_rule_that_could_never_be_judged_is_refused(
    when: Condition, then: tuple[Action, ...], why: str
) -> None:
    with pytest.raises(RuleInvalid, match="Rule «A rule»") as refused:
        compile_rules([Rule("A rule", when, then)])
    assert why in str(refused.value)
    assert refused.value.rule == "A rule"


def test_two_rules_of_one_name_and_conditions_too_deep_are_refused() -> None:
    with pytest.raises(RuleInvalid, match="same name"):
        compile_rules([rule(ALWAYS), rule(ALWAYS)])
    deep: Condition = ALWAYS
    for _ in range(30):
        deep = Not(deep)
    with pytest.raises(RuleInvalid, match="nested"):
        compile_rules([rule(deep)])


# --- What expressions may call ----------------------------------------------------------------

ROWS = {("Limits", "7"): "150.50"}
KNOWS = Context(
    now=NOW,
    find_row=lambda table, key: ROWS.get((table, key)),
    find_available=lambda sku: {"SKU-a": Decimal(2)}.get(sku),
)

CALLS = [
    ("double(row('Limits', record.customer.id)) == 150.5", True),
    ("row('Limits', '8', 'none') == 'none'", True),
    ("days_since(record.placed_at) == 12.5 / 24.0", True),
    ("record.placed_at < now", True),
    ("available('SKU-a') == 2.0 && available('x') == null", True),
    ("record.lines.exists(l, available(l.sku) < ordered(l.sku))", True),
    ("lower(record.currency) == 'inr'", True),
    ("record.billing_address == null && record.status == 'open'", True),
    ("true || row('Limits', '8') == 'x'", True),  # is not asked
]


@pytest.mark.parametrize(("text", "expected"), CALLS)
def test_expressions_may_ask(text: str, expected: bool) -> None:
    found = order(line("a", quantity=Decimal(2)), line("b", sku="SKU-a"))
    assert holds(found, Cel(text), KNOWS) is expected


def test_a_missing_row_is_waited_for(capfd: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(MissingRow) as missing:
        holds(order(customer=None), Cel("double(row('Limits', 'nobody')) > 5.0"), KNOWS)
    assert (missing.value.table, missing.value.key) == ("Limits", "nobody")
    assert capfd.readouterr() == ("", "")


def test_time_that_is_not_known_is_a_failure() -> None:
    with pytest.raises(MappingFailed, match="Rule «A rule»"):
        holds(order(), Cel("days_since(record.placed_at) > 1.0"), Context())


def test_a_time_without_an_offset_is_utc() -> None:
    plain = order(placed_at=NOW.replace(tzinfo=None))
    assert holds(plain, Compare("placed_at", "at_least", "2026-11-21T12:00:00Z"))
    assert holds(plain, Cel("record.placed_at == now"))


def test_one_judge_serves_many_records() -> None:
    judge = compile_rules([rule(Compare("total", "above", 150))])
    found = [judge(order(*[line(str(n)) for n in range(count)]), AROUND) for count in (1, 2, 3)]
    assert [verdict.ending is None for verdict in found] == [True, False, False]
