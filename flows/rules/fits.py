"""Whether a comparison can be made at all, by what its attribute is in the standard.

A rule of which that is not so would make each record that it is asked of a dead letter, or never
hold; so none is kept. Where the standard does not tell what a path gives, only «above» and its like
say what they ask for.
"""

from collections.abc import Callable, Iterator
from typing import Any

from msgspec import inspect

from connectors.standard.record import Record
from connectors.steps.step import word_of
from flows.rules.compare import (
    OF_EMPTINESS,
    ORDERS,
    Incomparable,
    as_day,
    as_number,
    as_time,
    is_empty,
    say_operator,
    yes_or_no,
)
from flows.rules.conditions import comparisons_of
from flows.rules.plain import type_of
from flows.rules.rule import Rule, Split
from flows.rules.words import say_attribute

_SAMENESS = ("is", "is_not", "one_of", "none_of")
_NUMBERS = (inspect.IntType, inspect.FloatType, inspect.DecimalType)
_OBJECTS = (inspect.StructType, inspect.DictType)


def check_fit(rule: Rule, record: type[Record]) -> None:
    """Raises Incomparable, with the attribute and the value that does not fit; PathInvalid."""
    for attribute, operator, value, kind in _asked(rule, record):
        try:
            _check(operator, list(value) if isinstance(value, list | tuple) else [value], kind)
        except Incomparable as error:
            raise Incomparable(f"{say_attribute(attribute)}: {error}") from error


def _asked(rule: Rule, record: type[Record]) -> Iterator[tuple[str, str, Any, Any]]:
    for one in comparisons_of(rule.when):
        yield one.attribute, one.operator, one.value, type_of(one.attribute, record)
    for action in rule.then:
        if isinstance(action, Split):
            for one in comparisons_of(action.where):
                kind = type_of(f"lines[].{one.attribute}", record)
                yield one.attribute, one.operator, one.value, kind


def _check(operator: str, values: list[Any], kind: Any) -> None:
    if operator in OF_EMPTINESS:
        return
    if isinstance(kind, _OBJECTS):
        raise Incomparable("it is not one value; name one of its attributes")
    if operator in ORDERS:
        _check_order(operator, values, kind)
    elif operator in _SAMENESS:
        wanted, fits, none = _wanted(kind)
        _refuse(operator, values, wanted, fits, none)
    elif isinstance(kind, (*_NUMBERS, inspect.DateTimeType, inspect.BoolType)):
        raise Incomparable(f"{say_operator(operator)} is asked of text, and it is {_called(kind)}")


def _check_order(operator: str, values: list[Any], kind: Any) -> None:
    if isinstance(kind, inspect.BoolType | inspect.LiteralType):
        words = f"it is {_called(kind)}, and nothing is {operator.replace('_', ' ')} that"
        raise Incomparable(f"{say_operator(operator)} asks for a number or a date: {words}")
    wanted, fits, none = _wanted(kind)
    if not wanted:
        wanted, fits, none = "a number or a date", lambda one: _is_number(one) or _is_time(one), ""
    _refuse(operator, values, wanted, fits, none or "neither")


def _refuse(
    operator: str, values: list[Any], wanted: str, fits: Callable[[Any], bool], none: str
) -> None:
    for value in values:
        if wanted and not is_empty(value) and not fits(value):
            words = f"asks for {wanted}, and «{str(value)[:80]}» is {none}"
            raise Incomparable(f"{say_operator(operator)} {words}")


def _wanted(kind: Any) -> tuple[str, Callable[[Any], bool], str]:
    """In words, with what tells, and what any other value is; no words where all is well."""
    if isinstance(kind, _NUMBERS):
        return "a number, as 500 or 499.50", _is_number, "none"
    if isinstance(kind, inspect.DateTimeType):
        return "a date or a time, as 2026-01-31 or 2026-01-31T10:00:00Z", _is_time, "neither"
    if isinstance(kind, inspect.BoolType):
        return "yes or no", _is_yes_or_no, "neither"
    if isinstance(kind, inspect.LiteralType):
        known = {str(word).casefold() for word in kind.values}
        among = ", ".join(f"«{word}»" for word in kind.values)
        return f"one of {among}", lambda one: _word(one).casefold() in known, "none of them"
    return "", lambda one: True, ""


def _called(kind: Any) -> str:
    if isinstance(kind, inspect.BoolType):
        return "yes or no"
    if isinstance(kind, inspect.DateTimeType):
        return "a time"
    return "one of a few words" if isinstance(kind, inspect.LiteralType) else "a number"


def _is_number(value: Any) -> bool:
    return as_number(value) is not None


def _is_time(value: Any) -> bool:
    return as_day(value) is not None or as_time(value) is not None


def _is_yes_or_no(value: Any) -> bool:
    try:
        yes_or_no(value)
    except (Incomparable, ValueError):
        return False
    return True


def _word(value: Any) -> str:
    try:
        return word_of(value).strip()
    except ValueError:
        return ""
