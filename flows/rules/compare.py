"""An attribute beside a value, by the one meaning that each operator has.

Nothing (None, or text that is only white space) is neither above nor below, contains nothing, and
is no value: `is_not` and `none_of` hold of it. Numbers are exact, whether they are written as
500, "500" or 500.00. A date is the whole day in UTC, a time a moment. Text is compared without
regard to case and to white space around it; text is never ordered unless it is a number or a date.
What cannot be compared is Incomparable, never a silent no.
"""

from collections.abc import Callable
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from connectors.steps.numbers import exact
from connectors.steps.step import word_of
from connectors.steps.times import instant
from flows.rules.plain import find_by, is_list_of
from flows.rules.rule import Compare

Test = Callable[[Any], bool]


class Incomparable(ValueError):
    """The text says why, to follow the attribute's name."""


def compile_compare(condition: Compare) -> Test:
    """Of a record as plain data; raises PathInvalid, or Incomparable for a value that is none."""
    find, is_many = find_by(condition.attribute), is_list_of(condition.attribute)
    operator, value = condition.operator, condition.value
    _check_value(operator, value)
    at_once = operator in OF_EMPTINESS and not is_many
    choose = any if condition.of == "any" else all

    def holds(record: Any) -> bool:
        found = find(record)
        if not isinstance(found, list) or at_once:
            return compare(found, operator, value)
        return bool(found) and choose([compare(one, operator, value) for one in found])

    return holds


def compare(found: Any, operator: str, value: Any) -> bool:
    """Raises Incomparable."""
    if operator in OF_EMPTINESS:
        return is_empty(found) == (operator == "is_empty")
    if is_empty(found):
        return _with_nothing(operator, value)
    if isinstance(found, dict | list):
        raise Incomparable("is not one value; name one of its attributes")
    if operator in ORDERS:
        return ORDERS[operator](_order(found, value))
    if operator in ("is", "is_not"):
        return is_same(found, value) == (operator == "is")
    if operator in ("one_of", "none_of"):
        return any(is_same(found, one) for one in value) == (operator == "one_of")
    if not isinstance(found, str):
        raise Incomparable(f"is no text, so it cannot be asked whether it {say_operator(operator)}")
    text, part = found.strip().casefold(), word_of(value).strip().casefold()
    return part in text if operator == "contains" else text.startswith(part)


def is_empty(value: Any) -> bool:
    """Nothing, blank text, an empty list, and an object of which every attribute is empty."""
    if isinstance(value, str):
        return not value.strip()
    if isinstance(value, dict):
        return all(is_empty(part) for part in value.values())
    return value is None or value == []


def is_same(found: Any, value: Any) -> bool:
    """Raises Incomparable for a value that could be no number, time or yes-or-no as found is."""
    if is_empty(value):
        return False
    if isinstance(found, bool):
        return found == yes_or_no(value)
    if isinstance(found, int | float | Decimal | datetime):
        return _order(found, value) == 0
    return str(found).strip().casefold() == word_of(value).strip().casefold()


OF_EMPTINESS = ("is_empty", "is_filled")
ORDERS: dict[str, Callable[[int], bool]] = {
    "above": lambda sign: sign > 0,
    "at_least": lambda sign: sign >= 0,
    "below": lambda sign: sign < 0,
    "at_most": lambda sign: sign <= 0,
}


def _check_value(operator: str, value: Any) -> None:
    if operator in OF_EMPTINESS:
        return
    is_many = operator in ("one_of", "none_of")
    if is_many != isinstance(value, list | tuple) or isinstance(value, dict):
        raise Incomparable(
            f"{say_operator(operator)} asks for {'a list' if is_many else 'one value'}"
        )
    if operator in ORDERS:
        if is_empty(value) or isinstance(value, bool):
            raise Incomparable(f"{say_operator(operator)} asks for a number or a date")
    elif operator in ("contains", "starts_with") and is_empty(value):
        raise Incomparable(f"{say_operator(operator)} asks for some text")


def _with_nothing(operator: str, value: Any) -> bool:
    if operator == "is":
        return is_empty(value)
    if operator == "is_not":
        return not is_empty(value)
    if operator in ("one_of", "none_of"):
        return any(is_empty(one) for one in value) == (operator == "one_of")
    return False


def _order(found: Any, value: Any) -> int:
    """-1, 0 or 1, as found is below, the same as or above the value."""
    if isinstance(found, bool):
        raise Incomparable("is yes or no, which is neither above nor below anything")
    if isinstance(found, datetime):
        return _order_of_times(found, value)
    if isinstance(found, str) and as_number(found) is None:
        if (moment := as_time(found)) is None or as_number(value) is not None:
            raise Incomparable(f"is text, {_shown(found)}, where a number is compared")
        return _order_of_times(moment, value)
    one, other = as_number(found), as_number(value)
    if other is None:
        raise Incomparable(f"is a number, and {_shown(value)} is none")
    assert one is not None
    return (one > other) - (one < other)


def _order_of_times(found: datetime, value: Any) -> int:
    day = as_day(value)
    if day is not None:
        there = found.astimezone(UTC).date()
        return (there > day) - (there < day)
    moment = as_time(value)
    if moment is None:
        raise Incomparable(f"is a time, and {_shown(value)} is none, as 2026-01-31 would be")
    return (found > moment) - (found < moment)


def as_number(value: Any) -> Decimal | None:
    try:
        return exact(value)
    except ValueError:
        return None


def as_day(value: Any) -> date | None:
    text = str(value).strip()
    try:
        return date.fromisoformat(text) if len(text) == 10 else None
    except ValueError:
        return None


def as_time(value: Any) -> datetime | None:
    """Of ISO 8601, with its hyphens: 20260131 is a number."""
    text = str(value).strip()
    try:
        return instant(text) if text[4:5] == "-" else None
    except ValueError:
        return None


def yes_or_no(value: Any) -> bool:
    word = word_of(value).strip().casefold()
    if word in ("true", "yes"):
        return True
    if word in ("false", "no"):
        return False
    raise Incomparable(f"is yes or no, and {_shown(value)} is neither")


def say_operator(operator: str) -> str:
    return f"«{operator.replace('_', ' ')}»"


def _shown(value: Any) -> str:
    return f"«{str(value)[:80]}»"
