"""Expressions in CEL, the Common Expression Language, compiled once and kept within a budget.

CEL has no loops but its macros, so what an expression costs is known before it runs: the longest
list, to the power of the macros.
"""

import re
from collections.abc import Callable, Collection, Mapping
from functools import lru_cache
from typing import Any

import cel

MOST_TEXT, MOST_MACROS, MOST_SUMS, MOST_STEPS, MOST_DEPTH = 1000, 4, 20, 200_000, 100
_NESTED = (dict, list, tuple)
_MACRO = re.compile(r"\b(?:all|exists|exists_one|map|filter)\b")

# What CEL itself brings; has() and the macros are no functions.
FUNCTIONS = frozenset({
    "size", "contains", "startsWith", "endsWith", "matches", "int", "uint", "double", "string",
    "bytes", "type", "dyn", "timestamp", "duration", "getFullYear", "getMonth", "getDate",
    "getDayOfMonth", "getDayOfWeek", "getDayOfYear", "getHours", "getMinutes", "getSeconds",
    "getMilliseconds",
})  # fmt: skip

Names = Mapping[str, Any]
Functions = Mapping[str, Callable[..., Any]]


class ConditionInvalid(ValueError):
    """The expression is malformed, or could cost too much; the text says which."""


class ConditionFailed(ValueError):
    """The expression has no answer for this record; the text says why."""


@lru_cache(maxsize=4096)
def compile_expression(text: str) -> "Expression":
    """Raises ConditionInvalid."""
    if len(text) > MOST_TEXT:
        raise ConditionInvalid(f"It is longer than {MOST_TEXT} characters.")
    macros = len(_MACRO.findall(text))
    if macros > MOST_MACROS:
        raise ConditionInvalid(f"It goes through lists more than {MOST_MACROS} times.")
    if text.count("+") > MOST_SUMS:
        raise ConditionInvalid(f"It adds more than {MOST_SUMS} times.")
    try:
        program = cel.compile(text)
    except Exception as error:
        raise ConditionInvalid(f"It cannot be read: {_first_line(error)}") from error
    return Expression(text, program, macros)


class Expression:
    """One that was read. It is asked with names, as {"order": {...}}."""

    def __init__(self, text: str, program: Any, macros: int) -> None:
        self.text, self._program, self._macros = text, program, macros
        self._used = frozenset(program.variables())  # to hand over a record costs time

    def check_names(self, names: Collection[str], functions: Collection[str] = ()) -> None:
        """Raises ConditionInvalid for a name or a function that there will not be."""
        for name in self._used - set(names):
            # Names that a macro makes are used too: lines.exists(line, line.sku == "A").
            if not re.search(rf"\(\s*{re.escape(name)}\s*,", self.text):
                known = ", ".join(sorted(names))
                raise ConditionInvalid(f"It names «{name}»; there is {known}.")
        for name in self._program.functions():
            if name.isidentifier() and name not in FUNCTIONS and name not in functions:
                raise ConditionInvalid(f"It asks for the function {name}, which there is not.")

    def value(self, names: Names, functions: Functions | None = None) -> Any:
        """Raises ConditionFailed."""
        names = {name: value for name, value in names.items() if name in self._used}
        self._stay_within(names)
        context = cel.Context()
        try:
            for name, value in names.items():
                context.add_variable(name, value)
            for name, function in (functions or {}).items():
                context.add_function(name, function)
            return self._program.execute(context)
        except Exception as error:
            raise ConditionFailed(_why(error)) from error

    def holds(self, names: Names, functions: Functions | None = None) -> bool:
        """Raises ConditionFailed, also for what is neither true nor false."""
        found = self.value(names, functions)
        if not isinstance(found, bool):
            raise ConditionFailed(f"It gives {_shown(found)}, which is neither true nor false.")
        return found

    def _stay_within(self, names: Names) -> None:
        """What nests too deeply would end the process in CEL's own code, not raise."""
        longest, deepest = _extent(names)
        if deepest > MOST_DEPTH:
            raise ConditionFailed("The record is nested too deeply.")
        if self._macros > 1 and longest**self._macros > MOST_STEPS:
            raise ConditionFailed("It would take too long: the record's lists are too long for it.")


def _extent(value: Any) -> tuple[int, int]:
    """The length of the longest list inside, and how deep it nests; without recursion."""
    longest = depth = 0
    level = [value]
    while level and depth <= MOST_DEPTH:
        depth += 1
        below: list[Any] = []
        for one in level:
            parts = one.values() if isinstance(one, dict) else one
            longest = max(longest, len(one))
            below += [part for part in parts if isinstance(part, _NESTED)]
        level = below
    return longest, depth


def _why(error: Exception) -> str:
    if isinstance(error, KeyError):
        return f"The record has no {error.args[0]}."
    return _first_line(error)


def _first_line(error: Exception) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0][:200]


def _shown(value: Any) -> str:
    return f"«{str(value)[:80]}»"
