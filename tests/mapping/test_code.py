"""A flow as YAML: to be read and written by hand, and the same when it comes back."""

import time
from textwrap import dedent

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from connectors.lines import Line, Mapping
from connectors.registry import all_connectors
from connectors.steps import Choose, Constant, Fit, ToDecimal, ToText
from flows.mapping.code import FlowCode, Source, Target, plan, read_code, write_code
from flows.mapping.logic import Logic
from flows.mapping.nodes import CodeInvalid
from flows.mapping.yaml_text import MOST_BYTES
from flows.rules.rule import AllOf, Cel, Compare, Hold, Not, Notify, Rule, Split, Tag
from tests.mapping.strategies import as_data, flows

HEAD = """\
label: Orders
source: {connector: shop, stream: orders}
target: {connector: erp, action: create_order}
"""
ENDS = Source("shop", "orders"), Target("erp", "create_order")

FLOW = FlowCode(
    "Orders",
    *ENDS,
    Logic(
        reader=Mapping(
            (
                Line("email", "customer.email"),
                Line("total", "total_price", (ToDecimal(), Fit(30))),
                Line("id", "id", (ToText(),), required=True),
                Line("kind", "", (Constant("NO"),)),
                Line("lines", "line_items", each=(Line("sku", "sku"), Line("a b", "c"))),
            )
        ),
        rules=(
            Rule(
                "COD above 500",
                AllOf((Compare("payment_terms", "is", "cod"), Compare("total", "above", 500))),
                (Hold("COD above 500"), Notify("Look", "admin")),
            ),
            Rule(
                "Atelier",
                Not(Cel("record.is_test")),
                (Tag("mto"), Split(Compare("sku", "starts_with", "0123"), "Made to order")),
                is_on=False,
            ),
        ),
    ),
)

TEXT = """\
# Version 7

label: Orders
source: {connector: shop, stream: orders}
target: {connector: erp, action: create_order}

# Source to standard: target <- source.
reader:
  - email <- customer.email
  - total <- total_price: [decimal, {fit: {length: 30}}]
  - line: id <- id
    steps: [text]
    required: true
  - kind <-: [{constant: {value: 'NO'}}]
  - line: lines <- line_items
    each:
      - sku <- sku
      - target: a b
        source: c

# Judged in this order, on the standard record.
rules:
  - name: COD above 500
    when:
      all:
        - {attribute: payment_terms, is: cod}
        - {attribute: total, above: 500}
    then:
      - hold: COD above 500
      - notify: {message: Look, role: admin}
  - name: Atelier
    is_on: false
    when:
      not:
        cel: record.is_test
    then:
      - tag: mto
      - split:
          where: {attribute: sku, starts_with: '0123'}
          flow: Made to order
"""


def test_it_is_written_to_be_read() -> None:
    assert write_code(FLOW, version=7) == TEXT


def test_it_comes_back_the_same() -> None:
    assert read_code(TEXT) == FLOW


def test_a_flow_without_logic_of_its_own_is_three_lines() -> None:
    assert write_code(FlowCode("Orders", *ENDS)) == HEAD
    assert read_code(HEAD) == FlowCode("Orders", *ENDS)


@settings(deadline=None)
@given(flows)
def test_any_flow_comes_back_the_same(flow: FlowCode) -> None:
    found = read_code(write_code(flow, version=1))
    assert found == flow
    assert as_data(found) == as_data(flow)


def test_the_connectors_own_mappings_come_back_the_same() -> None:
    count = 0
    for connector in all_connectors().values():
        own = [stream.reader for stream in connector.streams]
        for mapping in [*own, *(action.writer for action in connector.actions)]:
            flow = FlowCode("Own", *ENDS, Logic(reader=mapping, writer=mapping))
            assert read_code(write_code(flow)) == flow
            count += 1
    assert count > 10


def test_words_by_hand_are_what_they_look_like() -> None:
    """Norway is no no, a day no object, and what begins with 0 is no number."""
    found = read_code(
        HEAD
        + dedent(
            """
            reader:
              - to <- country: [{choose: {table: {NO: no, 1: on, 0123: 0123, d: 2026-01-31}}}]
              - count <-: [{constant: {value: 5}}]
              - rate <-: [{constant: {value: 1e-3}}]
              - nothing <-: [{constant: {value: null}}]
              - when <-: [{constant: {value: 12:30:00}}]
            """
        )
    )
    assert found.logic.reader is not None
    country, *others = found.logic.reader.lines
    table = {"NO": "no", "1": "on", "0123": "0123", "d": "2026-01-31"}
    assert country.steps == (Choose(table),)
    assert [line.steps[0].value for line in others] == [5, 0.001, None, "12:30:00"]  # type: ignore[union-attr]


def test_a_plan_says_what_an_import_would_change() -> None:
    assert not plan(FLOW, read_code(TEXT))
    imported = TEXT.replace("label: Orders", "label: All orders").replace("above: 500", "above: 7")
    imported = imported.replace("stream: orders", "stream: drafts")
    assert plan(FLOW, read_code(imported)).text().splitlines() == [
        "flow: Label changed: Orders → All orders",
        "flow: Source changed: shop, orders → shop, drafts",
        "rules: COD above 500 changed",
        '    when: payment terms is "cod" and total is above 500'
        ' → payment terms is "cod" and total is above 7',
    ]


# --- What is refused --------------------------------------------------------------------------

BOMB = "a: &a [x]\n" + "".join(f"b{n}: &b{n} [*a, *a]\n" for n in range(50))

HOSTILE: list[tuple[str, int, str]] = [
    ("", 1, "nothing in it"),
    ("# only a comment\n", 1, "nothing in it"),
    ("- a\n- b\n", 1, "names with values"),
    ("just words", 1, "names with values"),
    (BOMB, 1, "aliases"),
    (HEAD + "reader: *x\n", 4, "aliases"),
    (HEAD + "reader: !!python/object/apply:os.system ['ls']\n", 4, "Tags"),
    (HEAD + "reader: !x [a]\n", 4, "Tags"),
    (HEAD + "rules: " + "[" * 5000, 4, "deep"),
    (HEAD + "rules: " + "{a: " * 5000, 4, "deep"),
    (HEAD + "rules:\n" + "- " * 5000, 5, "deep"),
    ("x" * (MOST_BYTES + 1), 1, "longer"),
    ("- 1\n" * 200_000, 99_999, "more than"),
    (HEAD + "label: Again\n", 4, "said twice, first in line 1"),
    (HEAD + "reader:\n  - a <- b: [text]\n    a <- b: [trim]\n", 6, "said twice"),
    (HEAD + "---\nlabel: x\n", 4, "second document"),
    (HEAD + "reader: [a <- b\n", 5, "expected"),
    (HEAD + "\tlabel: x", 4, "token"),
    (HEAD + "note: a\0b", 4, "character"),
    (HEAD + "note: a\ud800b", 4, "character"),
    (HEAD + "? [a, b]\n: c\n", 4, "A name is to be text"),
    (HEAD + "is_on: true\n", 4, "no «is_on»"),
    ("label: Orders\n", 1, "says no «source»"),
    (HEAD.replace("stream: orders", "stream: 5"), 2, "«stream» is a whole number in place of text"),
    (HEAD.replace("label: Orders", "label: ''"), 1, "label"),
    (HEAD + "reader: 5\n", 4, "The reader is to be a list"),
    (HEAD + "reader:\n  - a\n", 5, "«a» is no line"),
    (HEAD + "reader:\n  - a <- b\n  - a b <- c\n", 6, "is no line"),
    (HEAD + "reader:\n  - a <- b[\n", 5, "The source «b[»"),
    (HEAD + f"reader:\n  - a <- {'(' * 900}\n", 5, "The source"),
    (HEAD + f"reader:\n  - a <- {'b' * 1001}\n", 5, "«source» is longer than 1000"),
    (HEAD + "reader:\n  - a <- b: text\n", 5, "«steps» is to be a list"),
    (HEAD + "reader:\n  - a <- b: [texty]\n", 5, "no step «texty»"),
    (HEAD + "reader:\n  - a <- b:\n      - trim\n      - {fit: 5}\n", 7, "names with values"),
    (HEAD + "reader:\n  - a <- b: [{fit: {length: 0}}]\n", 5, "«length» is less than 1"),
    (HEAD + "reader:\n  - a <- b: [{fit: {size: 5}}]\n", 5, "size"),
    (HEAD + "reader:\n  - a <- b: [{fit: {step: trim}}]\n", 5, "no «step»"),
    (HEAD + "reader:\n  - a <-: [{constant: {value: 1e999}}]\n", 5, "too large"),
    (HEAD + "reader:\n  - {line: a <- b, target: c}\n", 5, "«line», or"),
    (
        HEAD + "reader:\n  - {line: a <- b, required: 5}\n",
        5,
        "«required» is a whole number in place of yes or no",
    ),
    (HEAD + "reader:\n  - line: a <- b\n    each:\n      - c <- d[\n", 7, "The source"),
    (HEAD + "rules:\n  - name: x\n", 5, "says no «when»"),
    (HEAD + "rules:\n  - {name: x, when: {cel: 'true'}, then: []}\n", 5, "then"),
    (HEAD + "rules:\n  - {name: x, when: {cel: 'a ='}, then: [{tag: x}]}\n", 5, "cannot be read"),
    (HEAD + "rules:\n  - name: x\n    when: {cele: a}\n    then: [{tag: x}]\n", 6, "«cele»"),
    (HEAD + "rules:\n  - name: x\n    when: {attribute: a}\n    then: []\n", 6, "one operator"),
    (
        HEAD + "rules:\n  - name: x\n    when: {attribute: a, is: 1, above: 1}\n    then: []\n",
        6,
        "one operator",
    ),
    (
        HEAD + "rules:\n  - name: x\n    when: {cel: 'true'}\n    then:\n      - explode: now\n",
        8,
        "no action «explode»",
    ),
    (
        HEAD + "rules:\n  - name: x\n    when: {cel: 'true'}\n    then:\n      - hold: ''\n",
        8,
        "reason",
    ),
]


@pytest.mark.parametrize(("text", "line", "why"), HOSTILE, ids=range(len(HOSTILE)))
def test_it_refuses_with_the_line(text: str, line: int, why: str) -> None:
    with pytest.raises(CodeInvalid) as refused:
        read_code(text)
    assert (refused.value.line, why in str(refused.value)) == (line, True), str(refused.value)
    assert str(refused.value).startswith(f"Line {line}: ")


def test_rules_of_one_name_are_refused() -> None:
    one = "  - {name: x, when: {cel: 'true'}, then: [{tag: x}]}\n"
    with pytest.raises(CodeInvalid, match="Line 6: Rule «x»: Another rule has the same name"):
        read_code(f"{HEAD}rules:\n{one}{one}")


def test_what_is_hostile_is_refused_at_once() -> None:
    started = time.perf_counter()
    for text, _, _ in HOSTILE:
        with pytest.raises(CodeInvalid):
            read_code(text)
    assert time.perf_counter() - started < 10


@settings(deadline=None)
@given(st.text())
def test_whatever_is_typed_is_read_or_refused(text: str) -> None:
    try:
        read_code(text)
    except CodeInvalid as refused:
        assert 1 <= refused.line <= len(text.splitlines()) + 2


@settings(deadline=None)
@given(st.data())
def test_a_flow_with_a_slip_of_the_pen_is_read_or_refused(data: st.DataObject) -> None:
    place = data.draw(st.integers(0, len(TEXT)))
    slip = data.draw(st.sampled_from(list(":-[]{}#&*!|>'\"%@`, \n\t5")))
    try:
        read_code(TEXT[:place] + slip + TEXT[place + data.draw(st.integers(0, 2)) :])
    except CodeInvalid as refused:
        assert refused.line >= 1
