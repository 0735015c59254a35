"""Forms of lines and rules: what is shown is read back as the same."""

from typing import Any

import msgspec
import pytest

from connectors.lines import Line
from connectors.registry import all_connectors
from connectors.steps.kinds import kinds
from flows.mapping.edit import walk
from flows.mapping.parse import LogicInvalid, parse_logic, parse_mapping
from flows.rules.ready import READY
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
from portal.web import rule_forms
from portal.web.line_forms import LineForm, as_data, read_line, reshape, show_line


def sent(form: LineForm) -> dict[str, str]:
    """What a browser sends of it when nothing was touched."""
    found = {"target": form.target, "source": form.source}
    if form.required:
        found["required"] = "1"
    for step in form.steps:
        found[f"step-{step.number}"] = step.kind.name
        for one in step.inputs:
            if one.parameter.type != "boolean" or one.is_on:
                found[one.name] = one.text.replace("\n", "\r\n")
    return found


def all_lines() -> list[Line]:
    found: list[Line] = []
    for connector in all_connectors().values():
        mappings = [stream.reader for stream in connector.streams]
        mappings += [action.writer for action in connector.actions]
        found += [line for one in mappings for _, line in walk(one.lines)]
    return found


LINES = all_lines()
STEPS = [msgspec.to_builtins(step) for line in LINES for step in line.steps]
FUNCTION = next(step["name"] for step in STEPS if step["step"] == "function")


def test_every_line_of_every_connector_comes_back_the_same() -> None:
    assert len(LINES) > 300
    for line in LINES:
        data = as_data(line)
        found = read_line(sent(show_line(data)), data.get("each", ()))
        assert parse_mapping({"lines": [found]}).lines == (line,)


@pytest.mark.parametrize("kind", kinds(), ids=lambda kind: kind.name)
def test_every_kind_of_step_can_be_added_and_filled_in(kind: Any) -> None:
    line = reshape({"target": "x", "source": "y"}, f"add:{kind.name}")
    form = sent(show_line(line))
    found = read_line(form)
    assert found["steps"][0]["step"] == kind.name
    for step in show_line(found).steps:
        for one in step.inputs:
            if one.parameter.required:
                form[one.name] = one.example or _some(one.parameter)
    for name, text in NEEDED.get(kind.name, {}).items():
        form[f"step-1-{name}"] = text
    parsed = parse_mapping({"lines": [read_line(form)]})
    again = sent(show_line(msgspec.to_builtins(parsed.lines[0])))
    assert parse_mapping({"lines": [read_line(again)]}) == parsed


NEEDED = {
    "unit": {"unit": "cl"},
    "convert_money": {"currency": "USD"},
    "region": {"country": "IN"},
    "link": {"resource": "order"},
    "function": {"name": FUNCTION},
}


def _some(parameter: Any) -> str:
    if parameter.type == "choice":
        return str(parameter.choices[0])
    return {"whole": "3", "table": "a = 1\nb = two"}.get(parameter.type, "name")


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("5", 5),
        ("1.50", 1.5),
        ("true", True),
        ('"5"', "5"),
        ("Pune", "Pune"),
        ("0123", "0123"),
        ('["a", 1]', ["a", 1]),
        ("{oops", "{oops"),
        ("NaN", "NaN"),
        ("=1+1", "=1+1"),
        ('""', ""),
        ("null", None),
    ],
)
def test_it_reads_values_as_people_write_them(text: str, value: Any) -> None:
    form = {"target": "x", "step-1": "constant", "step-1-value": text}
    assert read_line(form)["steps"] == [{"step": "constant", "value": value}]


def test_steps_are_moved_and_taken_away() -> None:
    steps = [{"step": "trim"}, {"step": "upper"}, {"step": "lower"}]
    line: dict[str, Any] = {"target": "x", "source": "y", "steps": steps}

    def names(do: str) -> list[str]:
        return [one["step"] for one in reshape(line, do)["steps"]]

    assert names("up:3") == ["trim", "lower", "upper"]
    assert names("up:1") == ["trim", "upper", "lower"]
    assert names("down:1") == ["upper", "trim", "lower"]
    assert names("remove:2") == ["trim", "lower"]
    assert names("remove:9") == names("add:no_such_step") == names("") == names("up:²")
    assert names("up:9") == ["trim", "upper", "lower"]


def test_it_says_at_which_step_something_is_wrong() -> None:
    steps = [{"step": "trim"}, {"step": "fit", "length": 0}]
    line = {"target": "label", "source": "name[[", "steps": steps}
    with pytest.raises(LogicInvalid) as found:
        parse_mapping({"lines": [line]})
    shown = show_line(line, found.value.problems)
    assert shown.steps[0].errors == []
    assert shown.steps[1].errors == ["«length» is less than 1."]
    assert "cannot be read" in shown.errors[0]


# --- Rules --------------------------------------------------------------------------------------

CONDITIONS: list[Any] = [
    Compare("total", "above", "500"),
    Compare("is_test", "is", True),
    Compare("shipping_address.country", "none_of", ["IN", "AE"]),
    Compare("lines[].sku", "is_empty", of="every"),
    AllOf(()),
    AllOf((Compare("total", "above", "500"), Compare("payment_terms", "is", "cod"))),
    AnyOf((Compare("total", "above", "500"),)),
    Cel("record.total > 5.0"),
    Not(Compare("total", "above", "500")),
    AllOf((AnyOf((Compare("number", "is", "1"),)), Compare("email", "is_filled"))),
]
ACTIONS: list[Any] = [
    Hold("Look at it"),
    Reject("A test"),
    Route("Second"),
    Set("note", "gift"),
    Set("is_test", True),
    Set("lines[].location", expression="line.sku"),
    Tag("large"),
    Split(Compare("sku", "starts_with", "MTO"), "Made to order"),
    Split(Cel("record.quantity > 5"), "Made to order"),
    Notify("Look", "admin"),
]


def sent_rule(form: rule_forms.RuleForm) -> dict[str, str]:
    found = {"name": form.name, "how": form.how, "cel": form.cel, "data": form.data}
    found |= {"is_on": "1"} if form.is_on else {}
    for row in form.rows:
        for name in ("attribute", "operator", "value", "of"):
            found[f"when-{row.number}-{name}"] = getattr(row, name)
    for action in form.actions:
        found[f"then-{action.number}"] = action.kind
        found |= {one.name: one.text for one in action.inputs}
    return found


def back(rule: Rule) -> Rule:
    data = rule_forms.read_rule(sent_rule(rule_forms.show_rule(rule)), rule)
    return parse_logic({"rules": [data]}, resource="order").rules[0]


@pytest.mark.parametrize("when", CONDITIONS, ids=str)
def test_every_condition_comes_back_the_same(when: Any) -> None:
    rule = Rule("R", when, (Hold("x"),), is_on=False)
    assert back(rule) == rule


@pytest.mark.parametrize("action", ACTIONS, ids=str)
def test_every_action_comes_back_the_same(action: Any) -> None:
    rule = Rule("R", Compare("total", "above", "500"), (Tag("first"), action))
    assert back(rule) == rule


@pytest.mark.parametrize("cls", READY, ids=lambda cls: cls.__name__)
def test_ready_made_rules_have_forms_and_can_be_changed(cls: Any) -> None:
    form = rule_forms.show_ready(cls)
    sent = {one.name: one.text or one.example for one in form.fields}
    given = rule_forms.read_ready(cls, sent)
    rule = msgspec.convert(given, cls).rule()
    assert back(rule) == rule


@pytest.mark.parametrize(
    "step",
    [
        {"step": "join", "separator": ""},
        {"step": "join", "separator": ", "},
        {"step": "join"},
        {"step": "default", "value": ""},
        {"step": "lookup", "table": "carriers", "otherwise": ""},
        {"step": "lookup", "table": "carriers"},
        {"step": "choose", "table": {"a": "1", "b": 1, "c": ""}},
        {"step": "boolean", "yes": ["ja"], "no": ["nein", ""]},
    ],
    ids=str,
)
def test_what_is_empty_and_what_is_left_out_are_two_things(step: Any) -> None:
    line = {"target": "x", "source": "y", "steps": [step]}
    assert parse_mapping({"lines": [line]})
    assert read_line(sent(show_line(line)))["steps"] == [step]
