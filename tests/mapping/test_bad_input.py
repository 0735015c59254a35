"""Whatever comes in: a failure that names the line, never a crash, never a silent blank."""

import json
from typing import Any

import msgspec
import pytest

from connectors import steps as s
from connectors.errors import MappingFailed
from connectors.lines import Line, Mapping
from connectors.registry import folder_of, get_connector
from connectors.spec import Context, Stream
from flows.mapping.compile import compile_mapping
from flows.mapping.records import read_record
from tests.mapping.applied import apply_line

BLANK: list[Any] = [None, "", "  \n", [], {}]


@pytest.mark.parametrize("value", BLANK, ids=repr)
def test_it_never_leaves_a_required_attribute_blank(value: Any) -> None:
    with pytest.raises(MappingFailed, match="number is required, but a is empty") as caught:
        apply_line(Line("number", "a", required=True), {"a": value})
    assert caught.value.line == "number"


@pytest.mark.parametrize("value", [0, False, 0.0])
def test_it_takes_zero_and_no_for_something(value: Any) -> None:
    assert apply_line(Line("number", "a", required=True), {"a": value}) == {"number": value}


def test_it_says_which_path_matched_nothing() -> None:
    with pytest.raises(MappingFailed, match=r"total is required, but payment.amount is empty\."):
        apply_line(Line("total", "payment.amount", (s.ToDecimal(),), required=True), {"payment": 3})


def test_it_asks_for_elements_where_they_are_required() -> None:
    line = Line("lines", "items", each=(Line("sku", "sku"),), required=True)
    records: list[dict[str, Any]] = [{}, {"items": []}]
    for record in records:
        with pytest.raises(MappingFailed, match="lines is required, but items is empty"):
            apply_line(line, record)
    with pytest.raises(MappingFailed, match="items is «a, b», which is not a list"):
        apply_line(line, {"items": "a, b"})


def test_it_names_the_line_of_an_element() -> None:
    line = Line("lines", "items", each=(Line("quantity", "n", (s.Trim(), s.ToWhole())),))
    with pytest.raises(MappingFailed) as caught:
        apply_line(line, {"items": [{"n": "1"}, {"n": " 2.5"}]})
    assert (caught.value.line, caught.value.step, caught.value.value) == (
        "lines[].quantity",
        2,
        "2.5",
    )
    assert "«2.5» is not a whole number (step 2, As a whole number)" in caught.value.message


def test_it_names_the_line_whose_path_does_not_suit_the_record() -> None:
    with pytest.raises(
        MappingFailed, match=r"tags: join\(', ', tags\) cannot be read here"
    ) as caught:
        apply_line(Line("tags", "join(', ', tags)"), {"tags": 3})
    assert caught.value.line == "tags"


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_it_lets_no_nan_through(value: float) -> None:
    with pytest.raises(MappingFailed, match=r"total: (nan|inf) is not a number"):
        apply_line(Line("total", "a"), {"a": value})


def test_it_calls_nothing_empty_that_is_not() -> None:
    line = Line("name", "address", (s.Calculate("value.name"),), required=True)
    with pytest.raises(MappingFailed, match="required, but nothing comes of what address holds"):
        apply_line(line, {"address": {"city": "Pune", "name": ""}})


def orders() -> Stream:
    return next(one for one in get_connector("shopify").streams if one.name == "orders")


def raw_order() -> Any:
    return json.loads((folder_of("shopify") / "samples" / "orders.json").read_text())


def changed(target: str, line: Line) -> Mapping:
    """Shopify's own reader with another line for `target`."""
    return Mapping(tuple(line if one.target == target else one for one in orders().reader.lines))


@pytest.mark.parametrize("total", ["NaN", "-Infinity", "sNaN"])
def test_it_takes_no_word_for_a_decimal(total: str) -> None:
    mapping = changed("total", Line("total", "total"))
    with pytest.raises(MappingFailed, match=r"total: .* is not a number") as caught:
        read_record(orders(), {**raw_order(), "total": total}, Context(), mapping)
    assert caught.value.line == "total"


@pytest.mark.parametrize("total", ["1E+999999", "1E-999999", "0E+999999", "9" * 9000])
def test_it_takes_no_number_that_nobody_can_reckon_with(total: str) -> None:
    mapping = changed("total", Line("total", "total"))
    with pytest.raises(MappingFailed, match=r"total: .* far too many digits") as caught:
        read_record(orders(), {**raw_order(), "total": total}, Context(), mapping)
    assert caught.value.line == "total" and len(str(caught.value)) < 100


def test_it_names_the_attribute_that_is_of_another_type() -> None:
    mapping = changed("number", Line("number", "tags_list"))
    with pytest.raises(MappingFailed) as caught:
        read_record(orders(), {**raw_order(), "tags_list": ["a"]}, Context(), mapping)
    assert caught.value.line == "number"
    with pytest.raises(MappingFailed, match="total is missing") as caught:
        read_record(orders(), raw_order(), Context(), changed("total", Line("note", "note")))
    assert caught.value.line == "total"


def deep(levels: int) -> Any:
    value: Any = "x"
    for _ in range(levels):
        value = {"a": [value]}
    return value


STEPS = [
    s.Trim(),
    s.Default("x"),
    s.ToDecimal(),
    s.Join(),
    s.When("value == 1", 2),
    s.Calculate("size(record) + 1"),
    s.Template("{value} {it.a}", strict=True),
    s.Lookup("carriers"),
    s.ToTime(),
    s.ToPhone("IN"),
    s.ConvertMoney("EUR", currency_path="it.a"),
    s.FitLines(10),
]


@pytest.mark.parametrize("step", STEPS, ids=lambda step: step.kind)
def test_it_does_not_fall_over_deep_nesting(step: Any) -> None:
    mapping = Mapping((Line("it", "it", (step,)), Line("number", "it.a[0].a", (s.ToText(),))))
    with pytest.raises(MappingFailed) as caught:
        compile_mapping(mapping)({"it": deep(100_000)}, Context())
    assert caught.value.line in ("it", "number")
    assert len(caught.value.message) < 500


def test_it_reads_ten_megabytes() -> None:
    items = [{"n": number, "text": "x" * 210} for number in range(45_000)]
    raw = msgspec.json.encode({"items": items})
    assert len(raw) > 10_000_000
    line = Line("lines", "items", each=(Line("n", "n", (s.ToWhole(),)),))
    assert len(apply_line(line, msgspec.json.decode(raw))["lines"]) == 45_000
    with pytest.raises(MappingFailed) as caught:
        apply_line(Line("number", "items", (s.ToText(),)), msgspec.json.decode(raw))
    assert len(caught.value.message) < 500
    assert len(caught.value.detail) <= 500


COSTLY = [
    "record.it.all(a, record.it.all(b, record.it.all(c, a + b + c >= 0)))",
    "record.it.existsOne(a, record.it.existsOne(b, record.it.existsOne(c, a + b + c >= 0)))",
    "size(record.it.map(a, record)) > 0",
    "size(record.it.map(a, record.it.map(b, record.it))) > 0",
    f"[{'1,' * 200}1].map(a, [{'1,' * 200}1].exists(b, b > a)) == []",
]


@pytest.mark.parametrize("text", COSTLY)
def test_it_stops_an_expression_that_costs_too_much(text: str) -> None:
    with pytest.raises(MappingFailed, match="It would take too long") as caught:
        apply_line(Line("it", "it", (s.When(text, 1),)), {"it": list(range(1000))})
    assert caught.value.line == "it"


def test_it_lets_usual_expressions_go_through_an_order() -> None:
    lines = [{"sku": f"A{number}", "quantity": 2, "taxes": [{"a": 1}]} for number in range(100)]
    for text in (
        "record.lines.exists(l, l.sku == 'A99' && l.taxes.exists(t, t.a == 1))",
        "size(record.lines.filter(l, l.quantity > 1)) == 100",
    ):
        line = Line("it", "id", (s.When(text, "yes"),))
        assert apply_line(line, {"id": 1, "lines": lines}) == {"it": "yes"}


def test_it_shows_a_number_that_python_does_not_write() -> None:
    with pytest.raises(MappingFailed) as caught:
        apply_line(Line("it", "it", (s.ToMoney(),)), {"it": 10**5000})
    assert caught.value.line == "it"
