"""JSON from outside: nothing in it that our tables, or our own stack, could not hold."""

import json
from collections.abc import Iterable
from typing import Any, NoReturn

from ekyam.audit.plain import plain_text

DEEPEST = 64


class NotJson(ValueError):
    """In words for whoever sent it."""


def read_json(text: str | bytes, *, deepest: int = DEEPEST) -> Any:
    """Raises NotJson: also for NaN and the like, for a NUL, and for what is nested too deeply."""
    try:
        found = json.loads(text, parse_constant=_refuse, parse_float=_finite)
    except RecursionError as error:
        raise NotJson(_too_deep(deepest)) from error
    except NotJson:
        raise
    except ValueError as error:  # JSONDecodeError, bytes that are no UTF-8, a number of miles
        raise NotJson(f"This is no JSON: {error}.") from error
    check_plain(found, deepest=deepest)
    return found


def _refuse(name: str) -> NoReturn:
    raise NotJson(f"This is no JSON: {name} is no number.")


def _finite(text: str) -> float:
    number = float(text)
    if number in (float("inf"), float("-inf")):
        raise NotJson(f"This is no JSON that can be kept: {text[:40]} is too large a number.")
    return number


def _too_deep(deepest: int) -> str:
    return f"It is nested more than {deepest} levels deep."


def check_plain(value: Any, *, deepest: int = DEEPEST) -> None:
    """Of what JSON another has read. Raises NotJson. Level by level, without recursion."""
    level: list[Any] = [value]
    for _ in range(deepest):
        level = [inner for one in level for inner in _inside(one)]
        if not level:
            return
    raise NotJson(_too_deep(deepest))


def _inside(value: Any) -> Iterable[Any]:
    if isinstance(value, str):
        if plain_text(value) != value:
            raise NotJson("A text in it holds a character that cannot be kept.")
        return ()
    if isinstance(value, dict):
        return (*value.keys(), *value.values())
    return value if isinstance(value, list) else ()
