"""What msgspec says of data that is not what it should be, in words for people."""

import re
from collections.abc import Callable
from typing import Any

from connectors.steps.kinds import get_kind

_KINDS = {
    "int": "a whole number",
    "str": "text",
    "bool": "yes or no",
    "float": "a number",
    "array": "a list",
    "object": "an object",
    "null": "nothing",
}
_FORMS: list[tuple[str, Callable[[re.Match[str]], str]]] = [
    (r"Expected `(.*)`, got `(.*)`", lambda m: f"is {_kind(m[2])} in place of {_kind(m[1])}"),
    (r"Expected `\w+` of length >= 1", lambda m: "is empty"),
    (r"Expected `\w+` of length >= (\d+)", lambda m: f"is shorter than {m[1]}"),
    (r"Expected `\w+` of length <= (\d+)", lambda m: f"is longer than {m[1]}"),
    (r"Expected `\w+` of length == (\d+)", lambda m: f"is not of the length {m[1]}"),
    (r"Expected `\w+` >= (\S+)", lambda m: f"is less than {m[1]}"),
    (r"Expected `\w+` <= (\S+)", lambda m: f"is more than {m[1]}"),
    (r"Expected `str` matching regex .*", lambda m: "is not written as it must be"),
    (r"Invalid decimal string", lambda m: "is not a number"),
    (r"Invalid RFC3339 .*", lambda m: "is no time such as 2026-11-01T09:30:00Z"),
    (r"Object contains unknown field `(.*)`", lambda m: f"has «{m[1]}», which is not known here"),
    (r"Object missing required field `(.*)`", lambda m: f"lacks «{m[1]}»"),
    (r"Invalid (?:enum )?value (.*)", lambda m: f"is {m[1]}, which there is not"),
]


def in_words(error: Exception, data: Any) -> str:
    """«length» is less than 1."""
    if isinstance(error, RecursionError):
        return "it nests too deeply"
    what, _, path = str(error).partition(" - at ")
    place = path.strip("`").removeprefix("$").removeprefix(".")
    shown = re.sub(r"\[(\d+)\]", lambda number: f" {int(number[1]) + 1}", place)
    name = f"«{shown}»" if place else "it"
    for form, words in _FORMS:
        if found := re.fullmatch(form, what, re.S):
            return f"{name} {words(found)}{_choices(data, place)}"
    return f"{name} is not right: {what}"


def _kind(of: str) -> str:
    return " or ".join(_KINDS.get(one.strip("` "), one.strip("` ")) for one in of.split("|"))


def _choices(data: Any, place: str) -> str:
    step = data.get("step") if isinstance(data, dict) else None
    kind = get_kind(step) if isinstance(step, str) else None
    for parameter in kind.parameters if kind else ():
        if parameter.name == place and parameter.choices:
            return f"; it is one of {', '.join(parameter.choices)}"
    return ""
