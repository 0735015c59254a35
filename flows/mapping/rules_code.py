"""A rule as code: each condition and action is its kind with what it says.

when:
  any:
    - {attribute: total, above: 500}
    - {attribute: "lines[].sku", starts_with: TEST, of: every}
    - not: {cel: record.is_test}
then:
  - tag: checked
  - set: {attribute: note, value: Handle with care}
  - hold: Somebody has to look
"""

from typing import Any, get_args

import msgspec

from flows.mapping.nodes import CodeInvalid, Node, converted
from flows.mapping.yaml_text import OnOneLine
from flows.rules.rule import (
    Action,
    AllOf,
    AnyOf,
    Cel,
    Compare,
    Condition,
    Hold,
    Not,
    Operator,
    Reject,
    Route,
    Rule,
    Split,
    Tag,
)

_OPERATORS = get_args(Operator)
_ACTIONS: dict[str, Any] = {str(one.__struct_config__.tag): one for one in get_args(Action)}
# These say one thing only, which is their value.
_ONE_THING: dict[Any, str] = {Hold: "reason", Reject: "reason", Route: "flow", Tag: "tag"}


# --- Written ----------------------------------------------------------------------------------


def show_rule(rule: Rule) -> dict[str, Any]:
    head: dict[str, Any] = {"name": rule.name}
    if not rule.is_on:
        head["is_on"] = False
    return {
        **head,
        "when": _show_condition(rule.when),
        "then": [_show_action(action) for action in rule.then],
    }


def _show_condition(condition: Condition) -> Any:
    match condition:
        case Compare():
            said = {"attribute": condition.attribute, condition.operator: condition.value}
            return OnOneLine(said if condition.of == "any" else {**said, "of": condition.of})
        case Cel():
            return {"cel": condition.text}
        case AllOf():
            return {"all": [_show_condition(one) for one in condition.of]}
        case AnyOf():
            return {"any": [_show_condition(one) for one in condition.of]}
        case Not():
            return {"not": _show_condition(condition.of)}


def _show_action(action: Action) -> Any:
    kind = str(action.__struct_config__.tag)
    if type(action) in _ONE_THING:
        return {kind: getattr(action, _ONE_THING[type(action)])}
    if isinstance(action, Split):
        return {kind: {"where": _show_condition(action.where), "flow": action.flow}}
    given = msgspec.to_builtins(action)
    given.pop("kind")
    return {kind: OnOneLine(given)}


# --- Read -------------------------------------------------------------------------------------


def read_rule(node: Node) -> Rule:
    """Raises CodeInvalid."""
    given = node.object("A rule", ("name", "is_on", "when", "then"))
    for name in ("name", "when", "then"):
        if name not in given:
            raise CodeInvalid(node.line, f"The rule says no «{name}».")
    plain: dict[str, Any] = {name: given[name].plain() for name in given if name != "when"}
    plain["when"] = _read_condition(given["when"])
    plain["then"] = [_read_action(one) for one in given["then"].list("«then»")]
    return converted(plain, Rule, node.line)


def _read_condition(node: Node) -> dict[str, Any]:
    """As data, of which is known that it is a condition."""
    if "attribute" in node.object("A condition"):
        return _read_compare(node)
    kind, inner = node.only("A condition")
    if kind in ("all", "any"):
        plain = {"kind": kind, "of": [_read_condition(one) for one in inner.list(f"«{kind}»")]}
        converted(plain, AllOf if kind == "all" else AnyOf, node.line)
        return plain
    if kind == "not":
        return {"kind": kind, "of": _read_condition(inner)}
    if kind == "cel":
        plain = {"kind": kind, "text": inner.plain()}
        converted(plain, Cel, inner.line)
        return plain
    known = "«attribute» with an operator, all, any, not, cel"
    raise CodeInvalid(node.line, f"There is no condition «{kind[:80]}», but {known}.")


def _read_compare(node: Node) -> dict[str, Any]:
    given = node.object("A comparison", ("attribute", "of", *_OPERATORS))
    operators = [name for name in given if name in _OPERATORS]
    if len(operators) != 1:
        raise CodeInvalid(node.line, "A comparison has one operator, as «above: 500».")
    plain = {name: one.plain() for name, one in given.items() if name != operators[0]}
    value = given[operators[0]].plain()
    plain |= {"kind": "compare", "operator": operators[0], "value": value}
    converted(plain, Compare, node.line)
    return plain


def _read_action(node: Node) -> dict[str, Any]:
    kind, inner = node.only("An action")
    if kind not in _ACTIONS:
        known = ", ".join(_ACTIONS)
        raise CodeInvalid(node.line, f"There is no action «{kind[:80]}», but {known}.")
    action = _ACTIONS[kind]
    if action in _ONE_THING:
        plain = {"kind": kind, _ONE_THING[action]: inner.plain()}
    else:
        plain = _read_several(kind, inner)
    converted(plain, action, inner.line)
    return plain


def _read_several(kind: str, node: Node) -> dict[str, Any]:
    given = node.object(f"«{kind}»")
    if "kind" in given:
        raise CodeInvalid(node.line, f"«{kind}» has no «kind».")
    plain = {name: one.plain() for name, one in given.items() if name != "where"}
    if "where" in given:
        plain["where"] = _read_condition(given["where"])
    return {"kind": kind, **plain}
