"""Mappings and logic out of data: what is wrong is said all at once, in words, by its place."""

from typing import Any

import msgspec
import pytest

from connectors.registry import get_connector
from flows.mapping.logic import Logic
from flows.mapping.parse import LogicInvalid, parse_logic, parse_mapping

SLUGS = ["netsuite", "shopify", "whiplash"]


@pytest.mark.parametrize("slug", SLUGS)
def test_it_reads_what_the_connectors_have(slug: str) -> None:
    connector = get_connector(slug)
    for stream in connector.streams:
        data = msgspec.json.decode(msgspec.json.encode(stream.reader))
        assert parse_mapping(data, resource=stream.resource) == stream.reader
    for action in connector.actions:
        data = msgspec.json.decode(msgspec.json.encode(action.writer))
        assert parse_mapping(data) == action.writer


def step(**data: Any) -> dict[str, Any]:
    return {"target": "note", "source": "note", "steps": [data]}


def inner(**data: Any) -> dict[str, Any]:
    return {"target": "lines", "source": "items", "each": [{"target": "sku"}, data]}


WRONG: list[tuple[dict[str, Any], str, str]] = [
    (step(step="fit", length=0), "line 1 «note», step 1 «fit»", "«length» is less than 1"),
    (step(step="fit", length="3"), "line 1 «note», step 1 «fit»", "is text in place of a whole"),
    (step(step="fit"), "line 1 «note», step 1 «fit»", "it lacks «length»"),
    (step(step="fit", length=3, wide=1), "line 1 «note», step 1 «fit»", "it has «wide»"),
    (step(step="nope"), "line 1 «note», step 1 «nope»", "'nope', which there is not"),
    (step(step="round", mode="x"), "line 1 «note», step 1 «round»", "it is one of down, half_down"),
    (step(step="when", condition="value >", then=1), "line 1 «note», step 1 «when»", "be read"),
    (step(step="when", condition="order > 1", then=1), "line 1 «note», step 1 «when»", "«order»"),
    (step(step="when", condition="f(value)", then=1), "line 1 «note», step 1 «when»", "function f"),
    (step(step="when", condition="1+" * 21 + "1", then=1), "line 1 «note», step 1 «when»", "20"),
    (step(step="template", text="{a"), "line 1 «note», step 1 «template»", "a brace that is open"),
    (step(step="time", zone="Mars/X"), "line 1 «note», step 1 «time»", "zone «Mars/X»"),
    (step(step="time", zone="../../etc/passwd"), "line 1 «note», step 1 «time»", "there is not"),
    (step(step="format_time", pattern="%Q"), "line 1 «note», step 1 «format_time»", "«%Q»"),
    (step(step="unit", to="kg", unit="cm"), "line 1 «note», step 1 «unit»", "no size in kg"),
    (step(step="unit", to="kg"), "line 1 «note», step 1 «unit»", "one of the two"),
    (step(step="phone", region="ZZ"), "line 1 «note», step 1 «phone»", "region «ZZ»"),
    (step(step="link", resource="ordr"), "line 1 «note», step 1 «link»", "«ordr»"),
    (step(step="function", name="os.system"), "line 1 «note», step 1 «function»", "no connector"),
    ({"target": "note", "source": "a.["}, "line 1 «note»", "The path «a.[» cannot be read"),
    ({"target": "note", "source": "foo(a)"}, "line 1 «note»", "the function foo"),
    ({"target": "note", "source": "join(a)"}, "line 1 «note»", "1 arguments in place of 2"),
    ({"target": "note", "source": "|".join(["[@,@]"] * 20)}, "line 1 «note»", "too many lists"),
    ({"target": "note", "source": 3}, "line 1 «note»", "«source» is a whole number"),
    ({"target": "nope"}, "line 1 «nope»", "there is no attribute «nope»"),
    ({"target": "billing_address.nope"}, "line 1 «billing_address.nope»", "no attribute"),
    ({"target": "lines.sku"}, "line 1 «lines.sku»", "goes through a list"),
    ({"target": "a b"}, "line 1 «a b»", "no name of an attribute"),
    ({"target": "note", "each": [{"target": "x"}]}, "line 1 «note»", "is no list"),
    (inner(target="skuu"), "line 1 «lines», its line 2 «skuu»", "no attribute «skuu»"),
    (inner(target="sku"), "line 1 «lines»", "«sku» is the target of two lines"),
    (step(step="constant", value=float("nan")), "", "a value that JSON cannot keep"),
]


@pytest.mark.parametrize(("line", "place", "words"), WRONG, ids=lambda part: str(part)[:60])
def test_it_says_what_is_wrong_and_where(line: dict[str, Any], place: str, words: str) -> None:
    with pytest.raises(LogicInvalid) as caught:
        parse_mapping({"lines": [line]}, resource="order")
    [problem] = caught.value.problems
    assert problem.place == place
    assert words in problem.message
    assert "`" not in problem.message


def test_it_says_all_at_once() -> None:
    lines = [
        step(step="nope"),
        {"target": "note"},
        {"target": "customer"},
        {"target": "customer.id"},
    ]
    with pytest.raises(LogicInvalid) as caught:
        parse_mapping({"lines": lines, "more": 1}, resource="order")
    assert [str(problem) for problem in caught.value.problems] == [
        "«more» is nothing that a mapping has",
        "line 1 «note», step 1 «nope»: «step» is 'nope', which there is not",
        "«customer» is given as a whole and in parts",
    ]


def nested(levels: int) -> Any:
    line: dict[str, Any] = {"target": "lines"}
    for _ in range(levels):
        line = {"target": "lines", "each": [line]}
    return {"lines": [line]}


def deep(levels: int) -> Any:
    value: Any = 1
    for _ in range(levels):
        value = [value]
    return {"lines": [step(step="constant", value=value)]}


PARTS: list[Any] = [3, {"a": 1}, [3], [{}], [{"step": 1}]]
NONSENSE: list[Any] = [
    *(
        None,
        3,
        "x",
        [],
        {},
        {"lines": 3},
        {"lines": [3]},
        {"lines": [{}]},
        {"lines": [{"target": 1}]},
    ),
    *({"lines": [{"target": "note", "steps": part}]} for part in PARTS),
    *({"lines": [{"target": "note", "each": part}]} for part in PARTS),
    {"lines": [{"target": f"a{number}"} for number in range(1001)]},
    {1: 2, "lines": []},
    *(nested(3000), deep(100_000)),
]


@pytest.mark.parametrize("data", NONSENSE, ids=lambda data: str(type(data)))
def test_it_refuses_nonsense(data: Any) -> None:
    with pytest.raises(LogicInvalid) as caught:
        parse_mapping(data, resource="order")
    assert caught.value.problems


def test_it_reads_a_whole_logic() -> None:
    data = {
        "reader": {"lines": [{"target": "number", "source": "name", "required": True}]},
        "rules": [
            {
                "name": "COD above 500",
                "when": {
                    "kind": "all",
                    "of": [
                        {
                            "kind": "compare",
                            "attribute": "total",
                            "operator": "above",
                            "value": 500,
                        },
                        {"kind": "cel", "text": "record.lines.exists(line, line.sku == 'A')"},
                        {"kind": "cel", "text": "row('carriers', record.shipping_method) == 'x'"},
                    ],
                },
                "then": [{"kind": "hold", "reason": "Call the customer."}],
            }
        ],
        "writer": {"lines": [{"target": "@type", "steps": [{"step": "constant", "value": "so"}]}]},
    }
    found = parse_logic(data, resource="order")
    assert msgspec.json.decode(msgspec.json.encode(found), type=Logic) == found
    assert found.rules[0].name == "COD above 500"
    assert parse_logic({}) == Logic()


def rule(when: dict[str, Any], *then: dict[str, Any]) -> dict[str, Any]:
    return {"name": "COD", "when": when, "then": then or [{"kind": "tag", "tag": "x"}]}


ALWAYS = {"kind": "all", "of": []}
BAD_RULES: list[tuple[dict[str, Any], str, str]] = [
    (rule({"kind": "cel", "text": "recrd.a"}), "rule 1 «COD», when", "«recrd»"),
    (rule({"kind": "cel", "text": "("}), "rule 1 «COD», when", "cannot be read"),
    (
        rule({"kind": "compare", "attribute": "a..b", "operator": "is", "value": 1}),
        "rule 1 «COD», when",
        "from character 3 on",
    ),
    (
        rule({"kind": "not", "of": {"kind": "compare", "attribute": "a", "operator": "one_of"}}),
        "rule 1 «COD», when",
        "needs a value",
    ),
    (rule({"kind": "maybe"}), "rule 1 «COD»", "'maybe', which there is not"),
    (rule(ALWAYS, {"kind": "hold"}), "rule 1 «COD»", "«then 1» lacks «reason»"),
    (
        rule(ALWAYS, {"kind": "set", "attribute": "nope", "value": 1}),
        "rule 1 «COD», then 1",
        "no attribute «nope»",
    ),
    (rule(ALWAYS, {"kind": "set", "attribute": "note"}), "rule 1 «COD», then 1", "one of the two"),
    (
        rule(ALWAYS, {"kind": "set", "attribute": "lines[].sku", "expression": "lin.sku"}),
        "rule 1 «COD», then 1",
        "«lin»",
    ),
]


@pytest.mark.parametrize(("data", "place", "words"), BAD_RULES, ids=lambda part: str(part)[:60])
def test_it_says_which_rule_is_wrong(data: dict[str, Any], place: str, words: str) -> None:
    with pytest.raises(LogicInvalid) as caught:
        parse_logic({"rules": [data]}, resource="order")
    [problem] = caught.value.problems
    assert problem.place == place
    assert words in problem.message
