"""What may stand in a query: each parameter is declared once, for the check and the document."""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone
from typing import Any
from uuid import UUID

from django.http import QueryDict

from ekyam import ids
from portal.api.problems import Problem, pointing

MOST_TEXT = 255
MOST_ROWS, USUAL_ROWS = 100, 50
ID_PATTERN = "^{}_[0-7][0-9a-hjkmnp-tv-z]{{25}}$"  # 128 bits: the first character has three


@dataclass(frozen=True)
class Parameter:
    """`read` makes the value out of the text, or raises ValueError in words for the caller."""

    name: str
    about: str
    read: Callable[[str], Any]
    schema: dict[str, Any]


def read_query(given: QueryDict, declared: Iterable[Parameter]) -> dict[str, Any]:
    """Values by name, None for what was not given. Raises Problem for what is not declared."""
    known = {one.name: one for one in declared}
    unknown = sorted(set(given) - set(known))
    if unknown:
        names = ", ".join(sorted(known)) or "none"
        raise Problem(
            "unknown_parameter",
            f"Not known here: {', '.join(unknown)}. Known: {names}.",
            errors=[{"at": name, "detail": "This parameter is not declared."} for name in unknown],
        )
    return {name: _read(one, given.getlist(name)) for name, one in known.items()}


def _read(parameter: Parameter, values: list[str]) -> Any:
    if not values:
        return None
    if len(values) > 1:
        raise pointing("invalid_parameter", parameter.name, "Give it once.")
    try:
        return parameter.read(values[0])
    except ValueError as error:
        raise pointing("invalid_parameter", parameter.name, str(error)) from error


def one_of(name: str, about: str, choices: Iterable[str]) -> Parameter:
    known = [str(choice) for choice in choices]

    def read(text: str) -> str:
        if text not in known:
            raise ValueError(f"It must be one of {', '.join(known)}.")
        return text

    return Parameter(name, about, read, {"type": "string", "enum": known})


def text(name: str, about: str) -> Parameter:
    schema = {"type": "string", "minLength": 1, "maxLength": MOST_TEXT}
    return Parameter(name, about, read_text, schema)


def read_text(given: str) -> str:
    if not given or len(given) > MOST_TEXT:
        raise ValueError(f"It must have 1 to {MOST_TEXT} characters.")
    if "\x00" in given:
        raise ValueError("It must not hold the character NUL.")
    return given


def public_id(name: str, about: str, prefix: str) -> Parameter:
    """The value is the UUID: what has this id, if anything does, the query tells."""

    def read(given: str) -> UUID:
        try:
            return ids.parse(prefix, given)
        except ids.UnknownId as error:
            raise ValueError(f"It must be an id that starts with {prefix}_.") from error

    return Parameter(name, about, read, id_schema(prefix))


def id_schema(prefix: str) -> dict[str, Any]:
    return {"type": "string", "pattern": ID_PATTERN.format(prefix)}


def moment(name: str, about: str) -> Parameter:
    return Parameter(name, about, read_moment, {"type": "string", "format": "date-time"})


_MOMENT = re.compile(
    r"(\d{4})-(\d\d)-(\d\d)[Tt](\d\d):(\d\d):(\d\d)(?:\.(\d{1,6})\d*)?"
    r"(?:[Zz]|([+-])(\d\d):(\d\d))",
    re.ASCII,
)


def read_moment(given: str) -> datetime:
    """RFC 3339, as UTC; a leap second is the one before, what is past all time its edge."""
    found = _MOMENT.fullmatch(given)
    if found is None:
        raise ValueError("It must be a time with its zone, such as 2026-05-01T09:30:00Z.")
    *parts, fraction, sign, hours, minutes = found.groups()
    year, month, day, hour, minute, second = (int(part) for part in parts)
    away = timedelta(hours=int(hours or 0), minutes=int(minutes or 0))
    if int(minutes or 0) > 59 or away >= timedelta(days=1):
        raise ValueError("Its zone is none.")
    zone = timezone(-away if sign == "-" else away)
    try:
        at = datetime(
            max(year, 1),
            month,
            day,
            hour,
            minute,
            59 if second == 60 else second,
            int((fraction or "").ljust(6, "0")),
            tzinfo=zone,
        )
    except ValueError as error:
        raise ValueError(f"It is no time: {error}.") from error
    try:
        return at.astimezone(UTC)
    except OverflowError:
        return datetime(1, 1, 1, tzinfo=UTC) if year <= 1 else datetime(9999, 12, 31, tzinfo=UTC)


def whole(name: str, about: str, *, least: int, most: int) -> Parameter:
    def read(given: str) -> int:
        if not re.fullmatch(r"-?[0-9]{1,9}", given) or not least <= int(given) <= most:
            raise ValueError(f"It must be a whole number from {least} to {most}.")
        return int(given)

    return Parameter(name, about, read, {"type": "integer", "minimum": least, "maximum": most})


CURSOR = text("cursor", "Where to go on: `next` of the page before, with the same filters.")
LIMIT = whole("limit", f"How many rows; {USUAL_ROWS} if it is not given.", least=1, most=MOST_ROWS)
