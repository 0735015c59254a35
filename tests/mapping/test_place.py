"""Where a mapping fills an attribute, and what becomes of it when another source is put there."""

import pytest

from connectors.lines import Line, Mapping
from connectors.steps import ToDecimal, Trim
from flows.mapping.place import DoesNotFit, find_filling, put_source

LINES = Line("lines", "items", each=(Line("sku", "code"),))
MAPPING = Mapping((Line("number", "name", required=True), LINES, Line("customer", "@", (Trim(),))))


def test_it_puts_a_line_at_the_end() -> None:
    found = put_source(MAPPING, "billing_address.city", "bill.city", [Trim()])
    assert found.lines[:-1] == MAPPING.lines
    assert found.lines[-1] == Line("billing_address.city", "bill.city", (Trim(),))


def test_it_changes_a_line_where_it_is_and_leaves_it_required() -> None:
    assert put_source(MAPPING, "number", "id").lines[0] == Line("number", "id", required=True)


def test_it_goes_into_the_list_that_is_there() -> None:
    found = put_source(MAPPING, "lines[].price", "items[].cost.amount", [ToDecimal()])
    assert found.lines[1].each == (*LINES.each, Line("price", "cost.amount", (ToDecimal(),)))


def test_it_begins_a_list_that_is_not_there() -> None:
    found = put_source(Mapping(()), "parcels[].lines[].sku", "boxes[].content[].sku")
    inner = Line("lines", "content", each=(Line("sku", "sku"),))
    assert found.lines == (Line("parcels", "boxes", each=(inner,)),)


@pytest.mark.parametrize(
    ("attribute", "source", "expected"),
    [
        ("method", "ways[].title", Line("method", "ways[0].title")),
        ("method", '"a[]b"[].title', Line("method", '"a[]b"[0].title')),
        ("tags[].name", "a[].b[].c", Line("tags", "a[].b", each=(Line("name", "c"),))),
    ],
)
def test_it_copes_with_lists_of_one_side_only(attribute: str, source: str, expected: Line) -> None:
    assert put_source(Mapping(()), attribute, source).lines == (expected,)


@pytest.mark.parametrize(
    ("attribute", "source", "words"),
    [
        ("lines[].currency", "currency", "is not in a list"),
        ("lines[].sku", "others[].sku", "is made of «items»"),
        ("customer[].name", "buyers[].name", "as a whole"),
    ],
)
def test_it_says_what_no_line_can_say(attribute: str, source: str, words: str) -> None:
    with pytest.raises(DoesNotFit, match=words):
        put_source(MAPPING, attribute, source)


def test_it_finds_what_fills_an_attribute() -> None:
    assert find_filling(MAPPING, "lines[].sku") == LINES.each[0]
    assert find_filling(MAPPING, "customer.email") == MAPPING.lines[2]
    assert find_filling(MAPPING, "lines[].price") is None
    assert find_filling(MAPPING, "total") is None
