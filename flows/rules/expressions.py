"""Expressions in CEL over a record: what they may name and call, and their numbers made exact.

    record, line, now        the record with every attribute of the standard (an empty one is null)
    row(table, key)          a lookup table's text; without that row the record waits for it
    row(table, key, other)   the same, with what it is without a row
    days_since(time)         how many days ago that was, as 1.5
    available(sku)           how many may be sold by what we know, or null where nobody counts it
    ordered(sku)             how many of it this record asks for, on all its lines
    round(number, places)    half up
    lower(text)              in small letters, for CEL's own text is compared by case

CEL counts in binary: 1.1 * 3.0 is 3.3000000000000003 there. What is within its error of a decimal
of twelve digits is that decimal; anything else is refused until the expression rounds it.
"""

from collections.abc import Callable, Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any

from connectors.conditions import ConditionFailed, compile_expression
from connectors.context import Context
from connectors.errors import Failure, MissingRow
from flows.rules.plain import rounded

NAMES = frozenset({"record", "now"})
FUNCTIONS = frozenset({"row", "days_since", "available", "ordered", "round", "lower"})
_DIGITS, _ERROR = 12, Decimal(2) ** -48


def check_expression(text: str, *more: str) -> None:
    """`more` are names that there are beside those of all. Raises ConditionInvalid."""
    compile_expression(text).check_names(NAMES | set(more), FUNCTIONS)


class Asked:
    """One record that expressions are asked about. `plain` is what `record` is to them."""

    def __init__(
        self,
        plain: Any,
        context: Context,
        *,
        lines: Any = None,
        more: Mapping[str, Any] | None = None,
    ) -> None:
        self.plain, self.context = plain, context
        self.lines = lines if lines is not None else plain.get("lines")
        self.names = {"record": plain, **(more or {})}
        if context.now is not None:
            self.names["now"] = context.now
        self._failure: Failure | None = None

    def of_line(self, line: Any) -> "Asked":
        """The same, where `record` is one of its lines."""
        return Asked(line, self.context, lines=self.lines)

    def at_line(self, line: Any) -> "Asked":
        """The same, with `line` beside `record`."""
        return Asked(self.plain, self.context, lines=self.lines, more={"line": line})

    def value(self, text: str) -> Any:
        """Raises ConditionFailed, ConditionInvalid or MissingRow."""
        return self._ask(compile_expression(text).value)

    def holds(self, text: str) -> bool:
        """Raises ConditionFailed, ConditionInvalid or MissingRow."""
        return bool(self._ask(compile_expression(text).holds))

    def _ask(self, ask: Callable[..., Any]) -> Any:
        self._failure = None
        try:
            return ask(self.names, self._functions())
        finally:
            if self._failure is not None:
                raise self._failure

    def _functions(self) -> dict[str, Callable[..., Any]]:
        return {
            "row": self._row,
            "days_since": self._days_since,
            "available": self._available,
            "ordered": self._ordered,
            "round": _round,
            "lower": lambda text: str(text).lower(),
        }

    def _row(self, table: str, key: Any, *otherwise: Any) -> Any:
        """What is raised in here would reach people as the library tells it, so it is kept."""
        found = self.context.find_row(str(table), str(key))
        if found is None and not otherwise:
            self._failure = self._failure or MissingRow(str(table), str(key))
        return otherwise[0] if found is None and otherwise else found

    def _days_since(self, time: Any) -> Any:
        now = self.context.now
        if now is None or not isinstance(time, datetime):
            return None
        return (now - time).total_seconds() / 86400

    def _available(self, sku: Any) -> float | None:
        found = self.context.find_available(str(sku))
        return None if found is None else float(found)

    def _ordered(self, sku: Any) -> float:
        wanted = [line for line in self.lines or () if line.get("sku") == sku]
        return float(sum(line.get("quantity") or 0 for line in wanted))


def _round(number: Any, places: int) -> Any:
    """None for what is no number: CEL then says that the types do not fit."""
    if isinstance(number, bool) or not isinstance(number, int | float) or not 0 <= places <= 6:
        return None
    return float(rounded(as_decimal(number, digits=15), places)) if number == number else None


def as_decimal(value: float, digits: int = 17) -> Decimal:
    """As it is written with that many digits; raises ConditionFailed for what is not finite."""
    found = Decimal(f"{value:.{digits}g}") if digits < 17 else Decimal(repr(value))
    if not found.is_finite():
        raise ConditionFailed("It gives no finite number.")
    return found


def made_exact(value: Any) -> Any:
    """What an expression gave, with the decimals that it meant; raises ConditionFailed."""
    if isinstance(value, list):
        return [made_exact(one) for one in value]
    if isinstance(value, dict):
        return {name: made_exact(one) for name, one in value.items()}
    if not isinstance(value, float):
        return value
    found, near = as_decimal(value), as_decimal(value, _DIGITS)
    if abs(near - found) > abs(found) * _ERROR:
        raise ConditionFailed(f"It gives {value}, which is not exact: say round(…, 2) around it.")
    return near.quantize(Decimal(1)) if near == near.to_integral_value() else near
