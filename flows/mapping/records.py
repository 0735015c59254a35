"""Raw record -> standard record (reader), standard record -> vendor's body (writer)."""

import re
from collections.abc import Callable
from decimal import Decimal
from functools import lru_cache
from typing import Any

import msgspec

from connectors.errors import MappingFailed, MoneyMismatch
from connectors.spec import Action, Context, Mapping, Stream
from connectors.standard import resources
from connectors.standard.record import Record
from connectors.steps.numbers import is_reckonable
from connectors.steps.paths import finder
from flows.mapping.compile import Apply, compile_mapping, to_plain

KEPT = 1000
_MISSING = re.compile(r"Object missing required field `(\w+)`")
# How a decimal may be written of which there is nothing to reckon; and other things, seldom.
_ODD = re.compile(rb"NaN|Infinity|E[+-]\d|\d{41}")
_compiled: dict[int, tuple[Mapping, Apply]] = {}


def _apply_of(mapping: Mapping) -> Apply:
    """Compiled once: a mapping lives as long as its version."""
    known = _compiled.get(id(mapping))
    if known is None or known[0] is not mapping:
        if len(_compiled) >= KEPT:
            _compiled.clear()
        known = _compiled[id(mapping)] = (mapping, compile_mapping(mapping))
    return known[1]


@lru_cache(maxsize=1024)
def expression(path: str) -> Callable[[Any], Any]:
    return finder(path)


def select_record(stream: Stream, feed: str, raw: Any) -> Any | None:
    """This stream's record inside a feed's record, or None when it holds none."""
    found = expression(stream.sources[feed])(raw)
    if not found or (stream.when and not expression(stream.when)(found)):
        return None
    return found


def read_record(
    stream: Stream, raw: Any, context: Context, mapping: Mapping | None = None
) -> Record:
    """The standard record, not yet checked; raises MappingFailed."""
    target = _apply_of(mapping or stream.reader)(raw, context)
    try:
        found = msgspec.convert(target, resources()[stream.resource], strict=True)
    except (msgspec.ValidationError, RecursionError) as error:
        raise _incomplete(stream.resource, str(error)) from error
    refuse_odd_numbers(found)
    return found


def _incomplete(resource: str, reason: str) -> MappingFailed:
    """In place of msgspec's «Expected `str`, got `array` - at `$.lines[...].sku`»."""
    why, _, place = reason.partition(" - at ")
    line = place.strip("`").removeprefix("$").removeprefix(".").replace("[...]", "[]")
    missing = _MISSING.fullmatch(why)
    if missing:
        line = f"{line}.{missing[1]}".strip(".")
        return MappingFailed(f"The {resource} is not complete: {line} is missing.", line=line)
    return MappingFailed(f"The {resource} cannot be: {line}: {why}.", line=line)


def refuse_odd_numbers(record: msgspec.Struct) -> None:
    """«NaN», «Infinity» and «1E+999999» are decimals for msgspec. Raises MappingFailed."""
    if _ODD.search(msgspec.json.encode(record)) is None:
        return  # as nearly always, and soon found out
    left: list[tuple[str, Any]] = [("", record)]
    while left:
        place, one = left.pop()
        if isinstance(one, Decimal):
            if not is_reckonable(one):
                text = str(one)[:40]
                why = "is a number of far too many digits" if one.is_finite() else "is not a number"
                raise MappingFailed(f"{place}: {text} {why}.", line=place, value=text)
        elif isinstance(one, tuple):
            left += [(f"{place}[]", part) for part in one]
        elif isinstance(one, msgspec.Struct):
            start = f"{place}." if place else ""
            left += [(f"{start}{name}", getattr(one, name)) for name in one.__struct_fields__]


def write_body(
    action: Action, record: Record, context: Context, mapping: Mapping | None = None
) -> dict[str, Any]:
    """The vendor's body of a record; raises MappingFailed, MissingLink or MoneyMismatch."""
    body = _apply_of(mapping or action.writer)(to_plain(record), context)
    if action.total is not None:
        check_body_total(action, record, body)
    return body


def check_body_total(action: Action, record: Record, body: Any) -> None:
    """What leaves must amount to what came in, to the cent."""
    assert action.total is not None
    total, computed = getattr(record, "total", Decimal(0)), action.total(body)
    if total != computed:
        raise MoneyMismatch(
            f"The order's total is {total}, but what would be written amounts to {computed}:"
            f" a difference of {total - computed}.",
            line="total",
            value=str(computed),
        )
