"""The form of a rule: conditions and actions as rows; and the rule read back out of it, as data."""

from collections.abc import Mapping as MappingOf
from dataclasses import dataclass, field
from typing import Any, get_args

import msgspec
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy
from msgspec import UNSET

from connectors.steps.kinds import Parameter, parameters_of
from flows.rules.ready import READY, Ready
from flows.rules.rule import AllOf, AnyOf, Cel, Compare, Condition, Notify, Operator, Rule

MOST_ROWS = 20
ALONE = ("is_empty", "is_filled")
SEVERAL = ("one_of", "none_of")
ROLES = get_args(next(f.type for f in msgspec.structs.fields(Notify) if f.name == "role"))

# As flows.rules.words says them, which is pure.
OPERATORS = {
    "is": gettext_lazy("is"),
    "is_not": gettext_lazy("is not"),
    "one_of": gettext_lazy("is one of"),
    "none_of": gettext_lazy("is none of"),
    "contains": gettext_lazy("contains"),
    "starts_with": gettext_lazy("starts with"),
    "above": gettext_lazy("is above"),
    "at_least": gettext_lazy("is at least"),
    "below": gettext_lazy("is below"),
    "at_most": gettext_lazy("is at most"),
    "is_empty": gettext_lazy("is empty"),
    "is_filled": gettext_lazy("is filled"),
}
# What each action is given: the field, its label, its help.
ACTIONS: dict[str, tuple[Promise, tuple[tuple[str, Promise, str | Promise], ...]]] = {
    "hold": (
        gettext_lazy("Hold for review"),
        (("reason", gettext_lazy("Reason"), gettext_lazy("What people read.")),),
    ),
    "reject": (
        gettext_lazy("Reject"),
        (("reason", gettext_lazy("Reason"), gettext_lazy("What people read.")),),
    ),
    "route": (
        gettext_lazy("Send by another flow"),
        (("flow", gettext_lazy("Flow"), gettext_lazy("Its name; of the same source.")),),
    ),
    "set": (
        gettext_lazy("Set an attribute"),
        (
            (
                "attribute",
                gettext_lazy("Attribute"),
                gettext_lazy("As total, or lines[].location for each line."),
            ),
            (
                "value",
                gettext_lazy("Value"),
                gettext_lazy("Or leave it empty, and give an expression."),
            ),
            (
                "expression",
                gettext_lazy("Expression"),
                gettext_lazy("In CEL, over record; in lists also line."),
            ),
        ),
    ),
    "tag": (gettext_lazy("Tag"), (("tag", gettext_lazy("Tag"), ""),)),
    "split": (
        gettext_lazy("Split off lines"),
        (
            ("flow", gettext_lazy("Flow"), gettext_lazy("That they go by: its name.")),
            (
                "attribute",
                gettext_lazy("Attribute of a line"),
                gettext_lazy("As sku or requires_shipping."),
            ),
            ("operator", gettext_lazy("Operator"), ""),
            ("value", gettext_lazy("Value"), ""),
        ),
    ),
    "notify": (
        gettext_lazy("Tell people"),
        (
            ("message", gettext_lazy("Message"), ""),
            ("role", gettext_lazy("Everybody who is at least"), ""),
        ),
    ),
}


@dataclass(frozen=True)
class Row:
    """A condition."""

    number: int
    attribute: str = ""
    operator: str = "is"
    value: str = ""
    of: str = "any"


@dataclass(frozen=True)
class ActionInput:
    name: str
    label: str
    help: str
    text: str
    choices: tuple[tuple[str, str], ...] = ()
    is_path: bool = False


@dataclass(frozen=True)
class ActionRow:
    number: int
    kind: str
    label: str
    inputs: list[ActionInput]


@dataclass(frozen=True)
class RuleForm:
    """`how` is all, any, cel or data: the last is for conditions that rows cannot show."""

    name: str = ""
    is_on: bool = True
    how: str = "all"
    rows: list[Row] = field(default_factory=list)
    cel: str = ""
    data: str = ""
    actions: list[ActionRow] = field(default_factory=list)


def operators() -> list[tuple[str, str]]:
    return [(name, str(OPERATORS[name])) for name in get_args(Operator)]


# --- Shown --------------------------------------------------------------------------------------


def show_rule(rule: Rule) -> RuleForm:
    how, rows, cel, data = _condition(rule.when)
    return RuleForm(
        rule.name,
        rule.is_on,
        how,
        rows,
        cel,
        data,
        [_action(number, msgspec.to_builtins(one)) for number, one in enumerate(rule.then, 1)],
    )


def _condition(when: Condition) -> tuple[str, list[Row], str, str]:
    if isinstance(when, Cel):
        return "cel", [], when.text, ""
    parts = when.of if isinstance(when, AllOf | AnyOf) else (when,)
    if all(isinstance(one, Compare) for one in parts):
        rows = [_row(n, one) for n, one in enumerate(parts, 1) if isinstance(one, Compare)]
        return ("any" if isinstance(when, AnyOf) else "all"), rows, "", ""
    return "data", [], "", msgspec.json.format(msgspec.json.encode(when), indent=2).decode()


def _row(number: int, one: Compare) -> Row:
    return Row(number, one.attribute, one.operator, _show(one.value), one.of)


def _show(value: Any) -> str:
    if value is None or value is UNSET:
        return ""
    if isinstance(value, list | tuple):
        return ", ".join(map(_show, value))
    return str(value).lower() if isinstance(value, bool) else str(value)


def _action(number: int, given: dict[str, Any]) -> ActionRow:
    kind = given["kind"]
    label, fields = ACTIONS[kind]
    flat = {**given, **given.get("where", {})}
    inputs = []
    for name, words, help in fields:
        choices: tuple[tuple[str, str], ...] = ()
        if name == "role":
            choices = tuple((role, role) for role in ROLES)
        elif name == "operator":
            choices = tuple(operators())
        text = _show(flat.get(name, "operator" if name == "role" else ""))
        is_path = name == "attribute" and kind == "set"
        at, said = f"then-{number}-{name}", (str(words), str(help))
        inputs.append(ActionInput(at, *said, text, choices, is_path))
    return ActionRow(number, kind, str(label), inputs)


# --- Read back ----------------------------------------------------------------------------------


def read_rule(form: MappingOf[str, str], kept: Rule | None = None) -> dict[str, Any]:
    """As data; what is wrong with it is for `parse_logic` to say. `kept` is the rule that is
    being changed: what its form could not show stays."""
    found: dict[str, Any] = {
        "name": form.get("name", "").strip(),
        "when": _read_when(form),
        "then": [one for n in range(1, MOST_ROWS + 1) if (one := _read_action(form, n, kept))],
    }
    if not form.get("is_on"):
        found["is_on"] = False
    return found


def _read_when(form: MappingOf[str, str]) -> Any:
    how = form.get("how", "all")
    if how == "cel":
        return {"kind": "cel", "text": form.get("cel", "").strip()}
    if how == "data":
        try:
            return msgspec.json.decode(form.get("data", ""))
        except (msgspec.DecodeError, RecursionError):
            return form.get("data", "")
    rows = [one for number in range(1, MOST_ROWS + 1) if (one := _read_row(form, number))]
    if len(rows) == 1 and how == "all":
        return rows[0]
    return {"kind": "any" if how == "any" and rows else "all", "of": rows}


def _read_row(form: MappingOf[str, str], number: int) -> dict[str, Any] | None:
    attribute = form.get(f"when-{number}-attribute", "").strip()
    if not attribute:
        return None
    given = {
        "attribute": attribute,
        "operator": form.get(f"when-{number}-operator", "is"),
        "value": form.get(f"when-{number}-value", ""),
    }
    found = _compare(given)
    if form.get(f"when-{number}-of") == "every":
        found["of"] = "every"
    return found


def _compare(given: MappingOf[str, str]) -> dict[str, Any]:
    operator = given["operator"]
    found: dict[str, Any] = {"kind": "compare", "attribute": given["attribute"]}
    found["operator"] = operator
    text = given["value"].strip()
    if operator in SEVERAL:
        found["value"] = [_value(one.strip()) for one in text.split(",") if one.strip()]
    elif operator not in ALONE and text:
        found["value"] = _value(text)
    return found


def _value(text: str) -> Any:
    """Numbers stay text: they are compared as the attribute's own kind."""
    return {"true": True, "false": False, "yes": True, "no": False}.get(text.lower(), text)


def _read_action(
    form: MappingOf[str, str], number: int, kept: Rule | None
) -> dict[str, Any] | None:
    kind = form.get(f"then-{number}", "")
    if kind not in ACTIONS:
        return None
    names = [name for name, _, _ in ACTIONS[kind][1]]
    given = {name: form.get(f"then-{number}-{name}", "").strip() for name in names}
    if kind == "split":
        return {"kind": kind, "flow": given["flow"], "where": _where(given, number, kept)}
    if kind == "set":
        value = {"value": _value(given["value"])} if given["value"] else {}
        expression = {"expression": given["expression"]} if given["expression"] else {}
        return {"kind": kind, "attribute": given["attribute"], **value, **expression}
    return {"kind": kind, **given}


def _where(given: MappingOf[str, str], number: int, kept: Rule | None) -> Any:
    if given["attribute"]:
        return _compare(given)
    before = msgspec.to_builtins(kept).get("then", []) if kept else []
    old = before[number - 1] if number <= len(before) else {}
    return old.get("where", {"kind": "all", "of": []})


def reshape(rule: dict[str, Any], do: str) -> dict[str, Any]:
    """«act:tag» adds an action, «drop:2» takes one away."""
    what, _, which = do.partition(":")
    then = list(rule["then"])
    if what == "act" and which in ACTIONS and len(then) < 10:
        then.append({"kind": which})
    elif what == "drop" and which.isascii() and which.isdigit():
        then = [one for number, one in enumerate(then, 1) if number != int(which[:3])]
    return {**rule, "then": then}


def show_data(rule: dict[str, Any], form: MappingOf[str, str]) -> RuleForm:
    """A rule that may not be right yet, as it was typed."""
    how = form.get("how", "all")
    rows = [
        Row(
            n,
            form.get(f"when-{n}-attribute", ""),
            form.get(f"when-{n}-operator", "is"),
            form.get(f"when-{n}-value", ""),
            form.get(f"when-{n}-of", "any"),
        )
        for n in range(1, MOST_ROWS + 1)
        if f"when-{n}-attribute" in form
    ]
    rows = [one for one in rows if one.attribute]
    rows = [Row(n, r.attribute, r.operator, r.value, r.of) for n, r in enumerate(rows, 1)]
    actions = [_action(number, one) for number, one in enumerate(rule["then"], 1)]
    cel, data = form.get("cel", ""), form.get("data", "")
    is_on = bool(form.get("is_on"))
    return RuleForm(rule["name"], is_on, how, rows, cel, data, actions)


# --- Ready-made ---------------------------------------------------------------------------------


@dataclass(frozen=True)
class ReadyField:
    name: str
    label: str
    help: str
    text: str
    example: str
    is_list: bool


@dataclass(frozen=True)
class ReadyForm:
    kind: str
    label: str
    about: str
    fields: list[ReadyField]


def list_ready() -> list[ReadyForm]:
    return [show_ready(one) for one in READY]


def find_ready(kind: str) -> type[Ready] | None:
    return next((one for one in READY if one.__struct_config__.tag == kind), None)


def show_ready(cls: type[Ready], form: MappingOf[str, str] | None = None) -> ReadyForm:
    about = " ".join((cls.__doc__ or "").split())
    fields = [_ready_field(one, form) for one in parameters_of(cls)]
    return ReadyForm(str(cls.__struct_config__.tag), cls.label, about, fields)


def _ready_field(one: Parameter, form: MappingOf[str, str] | None) -> ReadyField:
    name, default = f"ready-{one.name}", "" if one.required else str(one.default)
    return ReadyField(
        name,
        one.label,
        one.help,
        text=default if form is None else form.get(name, ""),
        example=_show(next(iter(one.examples), "")),
        is_list=one.type == "list",
    )


def read_ready(cls: type[Ready], form: MappingOf[str, str]) -> dict[str, Any]:
    found: dict[str, Any] = {"ready": str(cls.__struct_config__.tag)}
    for one in show_ready(cls, form).fields:
        if one.text.strip():
            parts = [part.strip() for part in one.text.split(",") if part.strip()]
            found[one.name.removeprefix("ready-")] = parts if one.is_list else one.text.strip()
    return found
