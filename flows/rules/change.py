"""What `set` does: one attribute of the record, or of each of its lines, gets a value."""

import re
from collections.abc import Callable
from typing import Any

import msgspec

from flows.rules.expressions import Asked, check_expression, made_exact
from flows.rules.rule import Set

Change = Callable[[Asked], None]
_PLACE = re.compile(r"[A-Za-z_]\w*(\[\])?(\.[\w-]+(\[\])?)*")
# By these the record and its lines are found again, and amounts are of what they are.
_FIXED = re.compile(r"(lines\[\]\.)?(id|reference|order_line_reference)|order_id|currency")


class ChangeImpossible(ValueError):
    """The text says why, to follow the attribute's name."""


def compile_set(action: Set) -> Change:
    """Raises ChangeImpossible or ConditionInvalid. What it changes is the plain data."""
    if not _PLACE.fullmatch(action.attribute) or action.attribute.endswith("]"):
        raise ChangeImpossible("is not the name of one attribute, as lines[].location is")
    if _FIXED.fullmatch(action.attribute):
        raise ChangeImpossible("cannot be set: it says which record, or which money, this is")
    if (action.value is msgspec.UNSET) == (not action.expression):
        raise ChangeImpossible("is set to a value or to an expression, one of the two")
    if action.expression:
        check_expression(action.expression, *(["line"] if "[]" in action.attribute else []))
    names = action.attribute.split(".")

    def change(asked: Asked) -> None:
        _assign(asked.plain, names, lambda line: _value(action, asked, line), None)

    return change


def _value(action: Set, asked: Asked, line: Any) -> Any:
    if action.value is not msgspec.UNSET:
        return action.value
    return made_exact((asked if line is None else asked.at_line(line)).value(action.expression))


def _assign(place: Any, names: list[str], value: Callable[[Any], Any], line: Any) -> None:
    name, *rest = names
    if not isinstance(place, dict):
        raise ChangeImpossible(f"cannot be set: there is nothing to have «{name}»")
    if not rest:
        place[name] = value(line)
        return
    inner = place.get(name.removesuffix("[]"))
    if not name.endswith("[]"):
        _assign(inner, rest, value, line)
        return
    if not isinstance(inner, list):
        raise ChangeImpossible(f"cannot be set: «{name.removesuffix('[]')}» is not a list")
    for one in inner:
        _assign(one, rest, value, one)
