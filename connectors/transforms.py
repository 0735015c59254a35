"""The steps of a mapping line: each declared once, with typed parameters."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from typing import Any, Literal

from connectors.spec import Context, Step


def text() -> Step:
    """As text; ids stay exact however long they are."""
    return Step("text", lambda value, context: str(value))


def strip() -> Step:
    """Without white space around it; nothing left is no value."""
    return Step("strip", lambda value, context: str(value).strip() or None)


def upper() -> Step:
    return Step("upper", lambda value, context: str(value).upper())


def lower() -> Step:
    return Step("lower", lambda value, context: str(value).lower())


def fit(length: int) -> Step:
    """Cut to what the target's field holds."""
    return Step("fit", lambda value, context, length: str(value)[:length], {"length": length})


def decimal() -> Step:
    """An exact decimal; a float is refused, because it already lost what it was."""
    return Step("decimal", _decimal)


def _decimal(value: Any, context: Context) -> Decimal:
    if isinstance(value, bool):
        raise ValueError("is not a number")
    try:
        found = Decimal(str(value).strip())
    except InvalidOperation as error:
        raise ValueError("is not a number") from error
    if not found.is_finite():
        raise ValueError("is not a number")
    return found


def integer() -> Step:
    """A whole number; 2.0 is one, 2.5 is refused."""
    return Step("integer", _integer)


def _integer(value: Any, context: Context) -> int:
    found = _decimal(value, context)
    if found != found.to_integral_value():
        raise ValueError("is not a whole number")
    return int(found)


def absolute() -> Step:
    return Step("absolute", lambda value, context: abs(value))


def boolean(true: tuple[Any, ...] = (True, "true", "T", "1", 1)) -> Step:
    return Step("boolean", lambda value, context, true: value in true, {"true": true})


def number() -> Step:
    """As the JSON number that a vendor wants for a quantity: whole when it is whole."""
    return Step("number", _number)


def _number(value: Any, context: Context) -> int | float:
    found = _decimal(value, context)
    return int(found) if found == found.to_integral_value() else float(found)


def money(places: int = 2) -> Step:
    """As text with a fixed number of decimals; more precision than that is refused, not rounded."""
    return Step("money", _money, {"places": places})


def _money(value: Any, context: Context, places: int) -> str:
    found = _decimal(value, context)
    fixed = found.quantize(Decimal(1).scaleb(-places))
    if fixed != found:
        raise ValueError(f"has more than {places} decimals")
    return str(fixed)


def instant() -> Step:
    """An ISO 8601 time as UTC; a time without an offset is taken as UTC."""
    return Step("instant", _instant)


def _instant(value: Any, context: Context) -> datetime:
    if isinstance(value, datetime):
        return value
    found = datetime.fromisoformat(str(value).replace("Z", "+00:00"))
    return found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)


def date_text(pattern: str = "%Y-%m-%d") -> Step:
    return Step(
        "date_text",
        lambda value, context, pattern: _instant(value, context).strftime(pattern),
        {"pattern": pattern},
    )


def default(value: Any) -> Step:
    """This value where the source has none."""
    return Step(
        "default",
        lambda given, context, value: value if given in (None, "") else given,
        {"value": value},
        takes_none=True,
    )


def constant(value: Any) -> Step:
    return Step("constant", lambda given, context, value: value, {"value": value}, takes_none=True)


def setting(name: str) -> Step:
    """The value of a setting of the connection, where the source has none."""
    return Step(
        "setting",
        lambda given, context, name: given or context.settings.get(name) or None,
        {"name": name},
        takes_none=True,
    )


def choose(table: Mapping[Any, Any], otherwise: Any = ...) -> Step:
    """One of the vendor's words by one of ours; what is not in the table is refused."""
    return Step("choose", _choose, {"table": table, "otherwise": otherwise})


def _choose(value: Any, context: Context, table: Mapping[Any, Any], otherwise: Any) -> Any:
    if value in table:
        return table[value]
    if otherwise is ...:
        raise ValueError(f"is not one of {', '.join(sorted(map(str, table)))}")
    return otherwise


def lookup(table: str, otherwise: Any = ...) -> Step:
    """The row of a lookup table of the tenant; without one, `otherwise` or a refusal."""
    return Step("lookup", _lookup, {"table": table, "otherwise": otherwise})


def _lookup(value: Any, context: Context, table: str, otherwise: Any) -> Any:
    found = context.find_row(table, str(value))
    if found is not None:
        return found
    if otherwise is ...:
        raise ValueError(f"has no row in the lookup table «{table}»")
    return value if otherwise is None else otherwise


def link(resource: str, by: Literal["id", "reference"] = "id") -> Step:
    """The target's id of the linked record; parks the delivery while there is none."""
    return Step(
        "link",
        lambda value, context, resource, by: context.link(resource, str(value), by),
        {"resource": resource, "by": by},
    )


def call(function: Callable[[Any], Any], name: str = "") -> Step:
    """A function of the connector's records.py, where a path cannot say it."""
    return Step(name or function.__name__, lambda value, context: function(value))
