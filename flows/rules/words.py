"""A rule in plain English, for pages, journeys and differences."""

import re
from decimal import Decimal
from typing import Any

from msgspec import UNSET

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

OPERATORS = {
    "is": "is",
    "is_not": "is not",
    "one_of": "is one of",
    "none_of": "is none of",
    "contains": "contains",
    "starts_with": "starts with",
    "above": "is above",
    "at_least": "is at least",
    "below": "is below",
    "at_most": "is at most",
    "is_empty": "is empty",
    "is_filled": "is filled",
}
_OF_NUMBERS = ("above", "at_least", "below", "at_most")
_WITHOUT_VALUE = ("is_empty", "is_filled")
_CAPITALS = {"sku": "SKU", "id": "ID", "cod": "COD"}
_NAME = re.compile(r"\w+(\[\])?(\.\w+(\[\])?)*")


def say_rule(rule: Rule) -> str:
    """«When total is above 500 and payment terms is "cod": hold, "COD above 500"».

    Text stands in quotation marks, numbers and dates do not."""
    actions = "; ".join(say_action(action) for action in rule.then)
    return f"{'' if rule.is_on else 'Off: '}When {say_condition(rule.when)}: {actions}"


def say_condition(condition: Condition) -> str:
    match condition:
        case Compare():
            return _say_compare(condition)
        case Cel():
            return f"«{condition.text}»"
        case AllOf(of=()):
            return "always"
        case AllOf():
            return " and ".join(_inside(one) for one in condition.of)
        case AnyOf():
            return " or ".join(_inside(one) for one in condition.of)
        case Not():
            return f"not ({say_condition(condition.of)})"


def _inside(condition: Condition) -> str:
    said = say_condition(condition)
    is_several = isinstance(condition, AllOf | AnyOf) and len(condition.of) > 1
    return f"({said})" if is_several else said


def _say_compare(condition: Compare) -> str:
    name = say_attribute(condition.attribute)
    is_list = "[" in condition.attribute and "(" not in condition.attribute
    if is_list or condition.of == "every":
        name = f"{condition.of} of {name}"
    said = f"{name} {OPERATORS[condition.operator]}"
    if condition.operator in _WITHOUT_VALUE:
        return said
    is_number = condition.operator in _OF_NUMBERS
    return f"{said} {condition.value if is_number else say_value(condition.value)}"


def say_attribute(path: str) -> str:
    """`lines[].sku` -> «lines' SKU»; what is more than names stays as it is written."""
    if not _NAME.fullmatch(path):
        return f"«{path}»"
    words = []
    for name in path.split("."):
        plain = name.removesuffix("[]")
        said = _CAPITALS.get(plain, plain.replace("_", " "))
        words.append(said + ("'" if name != plain and said.endswith("s") else ""))
    return " ".join(words)


def say_value(value: Any) -> str:
    if value is None:
        return "nothing"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int | float | Decimal):
        return str(value)
    if isinstance(value, list | tuple):
        return ", ".join(say_value(one) for one in value) or "nothing"
    return f'"{value}"'


def say_action(action: Action) -> str:
    match action:
        case Hold():
            return f'hold, "{action.reason}"'
        case Reject():
            return f'reject, "{action.reason}"'
        case Route():
            return f"send by the flow «{action.flow}» instead"
        case Set():
            return f"set {say_attribute(action.attribute)} to {_say_set(action)}"
        case Tag():
            return f'tag "{action.tag}"'
        case Split():
            where = say_condition(action.where)
            return f"split off the lines of which {where}, by the flow «{action.flow}»"
        case Notify():
            return f'tell each {action.role}, "{action.message}"'


def say_done(action: Action, lines: int = 0) -> str:
    """What was done, for the journey; `lines` is how many a split took away."""
    match action:
        case Hold():
            return f"Held: {action.reason}"
        case Reject():
            return f"Rejected: {action.reason}"
        case Route():
            return f"Sent by the flow «{action.flow}» instead"
        case Set():
            return f"Set {say_attribute(action.attribute)} to {_say_set(action)}"
        case Tag():
            return f'Tagged "{action.tag}"'
        case Split():
            noun = "line goes" if lines == 1 else "lines go"
            return f"Split: {lines} {noun} by the flow «{action.flow}»"
        case Notify():
            return f'Told each {action.role}: "{action.message}"'


def _say_set(action: Set) -> str:
    if action.value is UNSET:
        return f"what «{action.expression}» gives"
    return say_value(action.value)
