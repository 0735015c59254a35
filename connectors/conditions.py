"""Expressions in CEL, the Common Expression Language, compiled once and kept within a budget.

CEL has no loops but its macros, so what an expression costs is known before it runs: the longest
list, to the power of the macros. `map` and `filter` cost more, for at each element they copy all
that they have found so far, and that may be as large as the record each time.
"""

import re
from collections.abc import Callable, Collection, Mapping
from functools import lru_cache
from typing import Any, NamedTuple

import cel

MOST_TEXT, MOST_MACROS, MOST_SUMS, MOST_STEPS, MOST_DEPTH = 1000, 4, 20, 200_000, 100
_NESTED = (dict, list, tuple)
MOST_COPIES = 100_000_000
_MACRO = re.compile(r"\b(?:all|exists|exists_one|existsOne|map|filter)\b")
_COPIES = re.compile(r"\b(?:map|filter)\b")

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
        self._copies = _COPIES.search(text) is not None
        self._written = text.count(",") + 1  # as long a list may stand in the text itself
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
        extent = _extent(names)
        if extent.depth > MOST_DEPTH:
            raise ConditionFailed("The record is nested too deeply.")
        longest = max(extent.longest, self._written)
        rounds = longest**self._macros
        copies = rounds * longest * (extent.size + self._written) if self._copies else 0
        if (self._macros > 1 and rounds > MOST_STEPS) or copies > MOST_COPIES:
            raise ConditionFailed("It would take too long: the record's lists are too long for it.")


class Extent(NamedTuple):
    """Of a value: its longest list, how many values there are in all, how deep it nests."""

    longest: int
    size: int
    depth: int


def _extent(value: Any) -> Extent:
    """Without recursion, for a record may be deep."""
    longest = size = depth = 0
    level = [value]
    while level and depth <= MOST_DEPTH:
        depth += 1
        below: list[Any] = []
        for one in level:
            parts = one.values() if isinstance(one, dict) else one
            size += len(one)
            longest = max(longest, len(one))
            below += [part for part in parts if isinstance(part, _NESTED)]
        level = below
    return Extent(longest, size, depth)


def _why(error: Exception) -> str:
    if isinstance(error, KeyError):
        return f"The record has no {error.args[0]}."
    return _first_line(error)


def _first_line(error: Exception) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0][:200]


def _shown(value: Any) -> str:
    return f"«{str(value)[:80]}»"
