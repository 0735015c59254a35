"""The fields of raw records, however odd the records are."""

import time
from typing import Any

import jmespath
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from flows.suggest import Source, sources_of
from flows.suggest.sources import MOST_DEPTH, MOST_FIELDS

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inside: st.lists(inside) | st.dictionaries(st.text(), inside),
    max_leaves=40,
)


def by_path(*samples: Any) -> dict[str, Source]:
    return {source.path: source for source in sources_of(samples)}


def test_it_finds_fields_through_objects_and_lists() -> None:
    found = by_path(
        {"name": "#1", "lines": [{"sku": "A-1", "tax": [{"rate": 0.2}]}, {"sku": "A-2"}]},
        {"name": "#2", "lines": []},
    )
    assert list(found) == ["name", "lines", "lines[].sku", "lines[].tax", "lines[].tax[].rate"]
    assert found["lines[].tax[].rate"].lists == ("lines", "lines[].tax")
    assert found["lines[].sku"].samples == ("A-1", "A-2")
    assert found["lines[].sku"].parent == "lines[]"
    assert found["lines[].tax"].filled == 0.5
    assert [found[path].kind for path in ("name", "lines", "lines[].tax[].rate")] == [
        "text",
        "list",
        "decimal",
    ]


@pytest.mark.parametrize(
    ("values", "kind"),
    [
        ([1, 2], "whole"),
        ([1, 2.5], "decimal"),
        ([True], "boolean"),
        ([None, ""], "empty"),
        ([1, "x"], "mixed"),
        ([[]], "list"),
        ([{"a": 1}], "object"),
        ([float("nan")], "decimal"),
    ],
)
def test_it_names_the_kind(values: list[Any], kind: str) -> None:
    assert by_path(*({"field": value} for value in values))["field"].kind == kind


@pytest.mark.parametrize("name", ["sr-status", "a b", "größe", "🎁", "a.b", 'say "x"', "1st", ""])
def test_an_odd_name_is_quoted_so_that_jmespath_finds_it(name: str) -> None:
    record = {"outer": [{name: "here"}]}
    (path,) = (path for path in by_path(record) if path != "outer")
    assert jmespath.search(path, record) == ["here"]


@settings(deadline=None)
@given(JSON)
def test_it_takes_any_json_and_every_path_is_one_of_jmespath(record: Any) -> None:
    for source in sources_of([record]):
        jmespath.compile(source.path)
        assert 0 <= source.filled <= 1
        assert all(0 < share <= 1 for share in source.looks.values())
        assert len(source.samples) <= 5


def test_it_stands_deep_nesting() -> None:
    deep: dict[str, Any] = {}
    for _ in range(50_000):
        deep = {"a": deep}
    assert len(sources_of([deep])) <= MOST_DEPTH


def test_it_stands_ten_megabytes_in_seconds() -> None:
    wide = {f"field {number}": "x" * 1_000 for number in range(5_000)}
    long = {"lines": [{"sku": f"A-{number}", "note": "y" * 50} for number in range(60_000)]}
    began = time.perf_counter()
    found = sources_of([wide, long])
    assert len(found) <= MOST_FIELDS
    assert time.perf_counter() - began < 5
