"""What types alone cannot say of a rule: its paths, its expressions, what it sets."""

import re
from collections.abc import Iterator

from msgspec import UNSET

from connectors.conditions import ConditionInvalid
from connectors.standard.attributes import AttributeUnknown, type_at
from connectors.steps.paths import check_path
from flows.rules.compare import Incomparable, compile_compare
from flows.rules.expressions import check_expression
from flows.rules.plain import PathInvalid
from flows.rules.rule import AllOf, AnyOf, Cel, Compare, Condition, Not, Rule, Set, Split

Faults = Iterator[tuple[str, str]]
MOST_CONDITIONS = 100
_SET = re.compile(r"[A-Za-z_]\w*(\[\])?(\.[A-Za-z_]\w*)*", re.ASCII)
_ALONE = {"is_empty", "is_filled"}


def faults_of(rule: Rule, resource: str = "") -> Faults:
    """Where in the rule, and what; with a `resource` also attributes that it does not have."""
    yield from _of_condition(rule.when, "when")
    for number, action in enumerate(rule.then, 1):
        place = f"then {number}"
        if isinstance(action, Set):
            yield from ((place, message) for message in _of_set(action, resource))
        elif isinstance(action, Split):
            yield from _of_condition(action.where, f"{place}, where")


def _of_condition(condition: Condition, place: str) -> Faults:
    left, seen = [condition], 0
    while left:
        one = left.pop(0)
        seen += 1
        if isinstance(one, AllOf | AnyOf):
            left += one.of
        elif isinstance(one, Not):
            left.append(one.of)
        else:
            message = _of_cel(one.text) if isinstance(one, Cel) else _of_comparison(one)
            if message:
                yield place, message
    if seen > MOST_CONDITIONS:
        yield place, f"it has more than {MOST_CONDITIONS} conditions"


def _of_comparison(one: Compare) -> str:
    try:
        check_path(one.attribute)
    except ValueError as error:
        return f"the path «{one.attribute[:80]}» {error}"
    if one.operator in _ALONE:
        return "" if one.value is None else f"«{one.operator}» takes no value"
    if one.value is None:
        return f"«{one.operator}» needs a value"
    if one.operator in ("one_of", "none_of") and not isinstance(one.value, list):
        return f"«{one.operator}» needs a list of values"
    try:
        compile_compare(one)
    except (Incomparable, PathInvalid) as error:
        return str(error).rstrip(".")
    return ""


def _of_cel(text: str, *more: str) -> str:
    try:
        check_expression(text, *more)
    except ConditionInvalid as error:
        return f"the expression «{text[:80]}»: {str(error).rstrip('.')}"
    return ""


def _of_set(action: Set, resource: str) -> Iterator[str]:
    if (action.value is UNSET) == (not action.expression):
        yield "it needs a value, or an expression: one of the two"
    if not _SET.fullmatch(action.attribute):
        yield f"«{action.attribute[:80]}» is no name of an attribute"
    elif resource:
        try:
            type_at(resource, action.attribute)
        except AttributeUnknown as error:
            yield str(error)
    if action.expression and (message := _of_cel(action.expression, "line")):
        yield message
