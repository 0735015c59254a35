"""Steps that read and write times.

What a clock shows twice, when it is put back, is taken as the first of the two moments; what it
never shows, when it is put forward, as the moment that the clock would have shown without it.
"""

import re
from datetime import UTC, datetime, timedelta, timezone
from functools import lru_cache
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo

from msgspec import Meta

from connectors.steps.numbers import exact
from connectors.steps.step import Here, Step

Zone = Annotated[str, Meta(min_length=1, max_length=60, examples=["Asia/Kolkata"])]
Pattern = Annotated[str, Meta(max_length=60, examples=["%d.%m.%Y %H:%M"])]
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_DIRECTIVES = set("YymdHIMSfpjbBaAzZ%")


def instant(value: Any) -> datetime:
    """An ISO 8601 time as UTC; a time without an offset is taken as UTC. Raises ValueError."""
    return to_utc(_iso(value), UTC, strict=False)


def _iso(value: Any) -> datetime:
    if isinstance(value, datetime):
        return value
    if not isinstance(value, str | int) or isinstance(value, bool):
        raise ValueError("is not a time")
    try:
        return datetime.fromisoformat(str(value).strip().replace("Z", "+00:00"))
    except (ValueError, OverflowError) as error:
        raise ValueError(_why(str(value))) from error


def _why(text: str) -> str:
    if re.match(r"\s*0000", text):
        return "has the year 0, which is not a year"
    if re.search(r":60(\D|$)", text):
        return "is a leap second, which cannot be kept"
    return "is not a time"


def to_utc(found: datetime, zone: ZoneInfo | timezone, *, strict: bool) -> datetime:
    """As UTC; without an offset of its own it is a time of `zone`. Raises ValueError."""
    try:
        if found.tzinfo is not None:
            return found.astimezone(UTC)
        local = found.replace(tzinfo=zone)
        moment = local.astimezone(UTC)
        if strict and zone is not UTC:
            _refuse_doubt(local, moment)
        return moment
    except OverflowError as error:
        raise ValueError("is outside the years 1 to 9999") from error


def _refuse_doubt(local: datetime, moment: datetime) -> None:
    if moment.astimezone(local.tzinfo).replace(tzinfo=None) != local.replace(tzinfo=None):
        raise ValueError("is a time that the clock skips there")
    if local.replace(fold=1).utcoffset() != local.utcoffset():
        raise ValueError("is a time that the clock shows twice there")


@lru_cache(maxsize=1024)
def zone_named(name: str) -> ZoneInfo | timezone:
    """Raises ValueError."""
    if name == "UTC":
        return UTC
    try:
        return ZoneInfo(name)
    except (OSError, ValueError, LookupError) as error:
        raise ValueError(f"names the zone «{name}», which there is not") from error


def check_pattern(pattern: str) -> None:
    """Only what is the same on every machine. Raises ValueError."""
    if "\0" in pattern:
        raise ValueError("has a pattern with a character that no text has")
    for directive in re.findall(r"%(.?)", pattern, re.S):
        if directive not in _DIRECTIVES or not directive:
            raise ValueError(f"has a pattern with «%{directive}», which is not known")


class ToTime(Step, frozen=True, tag="time"):
    """A moment: as ISO 8601 writes it, by a pattern, or counted since 1970. Without an offset it
    is taken as a time of the zone. A time that the clock shows twice is the first of the two; one
    that it skips is moved on by as much as is skipped; `strict` refuses both."""

    label, group = "As a time", "Dates"

    written: Annotated[
        Literal["iso", "pattern", "seconds", "milliseconds"],
        Meta(title="Written", description="As ISO 8601, by the pattern, or since 1970."),
    ] = "iso"
    pattern: Annotated[Pattern, Meta(title="Pattern")] = ""
    zone: Annotated[Zone, Meta(title="Zone")] = "UTC"
    strict: Annotated[bool, Meta(title="Refuse what the clock skips or shows twice")] = False

    def check(self) -> None:
        zone_named(self.zone)
        check_pattern(self.pattern)
        if (self.written == "pattern") != bool(self.pattern):
            raise ValueError("needs a pattern if it is written by one, and only then")

    def apply(self, value: Any, here: Here) -> datetime:
        if isinstance(value, datetime):
            return to_utc(value, zone_named(self.zone), strict=self.strict)
        if self.written in ("seconds", "milliseconds"):
            return self._counted(value)
        found = _iso(value) if self.written == "iso" else self._by_pattern(value)
        return to_utc(found, zone_named(self.zone), strict=self.strict)

    def _by_pattern(self, value: Any) -> datetime:
        try:
            return datetime.strptime(str(value).strip(), self.pattern)  # noqa: DTZ007
        except (ValueError, OverflowError, re.error) as error:
            raise ValueError(f"is not a time that is written as {self.pattern}") from error

    def _counted(self, value: Any) -> datetime:
        number = exact(value) * (1_000_000 if self.written == "seconds" else 1_000)
        try:
            return _EPOCH + timedelta(microseconds=int(number))
        except OverflowError as error:
            raise ValueError("is outside the years 1 to 9999") from error


class FormatTime(Step, frozen=True, tag="format_time"):
    """A moment as text, by a pattern, as the clocks of the zone show it."""

    label, group = "Write a time", "Dates"

    pattern: Annotated[str, Meta(title="Pattern", max_length=60, examples=["%Y-%m-%d"])] = (
        "%Y-%m-%d"
    )
    zone: Annotated[Zone, Meta(title="Zone")] = "UTC"

    def check(self) -> None:
        zone_named(self.zone)
        check_pattern(self.pattern)

    def apply(self, value: Any, here: Here) -> str:
        try:
            local = instant(value).astimezone(zone_named(self.zone))
        except OverflowError as error:
            raise ValueError("is outside the years 1 to 9999") from error
        if local.year < 1000:  # which strftime writes with fewer than four digits
            return local.strftime(re.sub("%(%|Y)", lambda one: _year(one[1], local), self.pattern))
        return local.strftime(self.pattern)


class FormatEpoch(Step, frozen=True, tag="format_epoch"):
    """A moment as a whole number: how long after the start of 1970 it is. What is finer than that
    is cut off."""

    label, group = "Write a time as a number", "Dates"

    unit: Annotated[Literal["seconds", "milliseconds"], Meta(title="Counted in")] = "seconds"

    def apply(self, value: Any, here: Here) -> int:
        one = timedelta(seconds=1) if self.unit == "seconds" else timedelta(milliseconds=1)
        return (instant(value) - _EPOCH) // one


def _year(directive: str, local: datetime) -> str:
    return "%%" if directive == "%" else f"{local.year:04}"
