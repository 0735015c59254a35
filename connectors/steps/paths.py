"""Paths: JMESPath over a record. Most only go down, and those need no interpreter."""

import math
import re
from collections.abc import Callable, Iterator
from functools import lru_cache
from typing import Any

import jmespath
from jmespath.functions import Functions

from connectors.steps.step import Here

MOST_COPIES, MOST_DEPTH = 10_000, 100
_PLAIN = re.compile(r"[A-Za-z_]\w*(\.[A-Za-z_]\w*)*", re.ASCII)
_FIRST_OF = re.compile(rf"{_PLAIN.pattern}( *\|\| *{_PLAIN.pattern})+", re.ASCII)

Find = Callable[[Any], Any]


def finder(path: str) -> Find:
    """What finds `path` in a record; "" finds nothing. Raises ValueError for a malformed path.

    What it returns may raise any exception where the record is not what the path expects.
    """
    if not path:
        return lambda source: None
    if path == "@":
        return lambda source: source
    if _PLAIN.fullmatch(path):
        return _go_down(path.split("."))
    if _FIRST_OF.fullmatch(path):
        return _first_of([_go_down(one.strip().split(".")) for one in path.split("||")])
    search: Find = jmespath.compile(path).search
    return search


known_finder = lru_cache(maxsize=4096)(finder)


def look_up(path: str, here: Here) -> Any:
    """What a parameter's path finds beside the value, else in the whole record; None for neither.
    Raises ValueError."""
    try:
        found = known_finder(path)(here.element)
        if found in (None, "") and here.record is not here.element:
            found = known_finder(path)(here.record)
    except Exception as error:
        raise ValueError(f"cannot look at {path}: {error}") from error
    return None if found == "" else found


def _go_down(names: list[str]) -> Find:
    first, *rest = names
    if not rest:
        return lambda source: source.get(first) if isinstance(source, dict) else None
    if len(rest) == 1:
        [second] = rest

        def find_second(source: Any) -> Any:
            value = source.get(first) if isinstance(source, dict) else None
            return value.get(second) if isinstance(value, dict) else None

        return find_second

    def find(source: Any) -> Any:
        value = source.get(first) if isinstance(source, dict) else None
        for name in rest:
            value = value.get(name) if isinstance(value, dict) else None
        return value

    return find


def _first_of(finders: list[Find]) -> Find:
    """As JMESPath's `||`: 0 counts as something."""

    def find(source: Any) -> Any:
        value = None
        for one in finders:
            value = one(source)
            if not _is_false(value):
                break
        return value

    return find


def _is_false(value: Any) -> bool:
    return value is None or value is False or (isinstance(value, str | list | dict) and not value)


def check_path(path: str) -> None:
    """Raises ValueError, in words, for a path that is malformed, names a function that there is
    not, or could blow a record up."""
    if not path or path == "@" or _PLAIN.fullmatch(path):
        return
    try:
        nodes = list(_nodes(jmespath.compile(path).parsed))
    except RecursionError as error:
        raise ValueError("is nested too deeply") from error
    except Exception as error:
        column = re.search(r"column (\d+)", str(error))
        where = f" from character {int(column[1]) + 1} on" if column else " to its end"
        raise ValueError(f"cannot be read{where}") from error
    if max(depth for depth, _ in nodes) > MOST_DEPTH:
        raise ValueError("is nested too deeply")
    for _, node in nodes:
        if node["type"] == "function_expression":
            _check_function(node["value"], len(node["children"]))
    # A list of two copies, piped into a list of two copies: that doubles at each bar.
    copies = [len(node["children"]) for _, node in nodes if node["type"].startswith("multi_select")]
    if math.prod(copies) > MOST_COPIES:
        raise ValueError("puts together too many lists or objects of its own")


def _check_function(name: str, given: int) -> None:
    known = Functions.FUNCTION_TABLE.get(name)
    if known is None:
        raise ValueError(f"asks for the function {name}, which there is not")
    signature = known["signature"]
    more = bool(signature) and signature[-1].get("variadic", False)
    if given < len(signature) or (given > len(signature) and not more):
        raise ValueError(f"gives {name} {given} arguments in place of {len(signature)}")


def _nodes(node: Any) -> Iterator[tuple[int, Any]]:
    left = [(0, node)]
    while left:
        depth, one = left.pop()
        yield depth, one
        left += [(depth + 1, child) for child in one["children"] if isinstance(child, dict)]
