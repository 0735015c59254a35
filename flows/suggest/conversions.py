"""The steps that make an attribute out of a source."""

from contextlib import suppress
from datetime import datetime

from connectors.steps import (
    Choose,
    Lower,
    Step,
    ToBoolean,
    ToDecimal,
    ToText,
    ToTime,
    ToWhole,
    Trim,
)
from flows.suggest.attributes import Attribute
from flows.suggest.sources import Source

# Day before month, as most of the world writes it: what is ambiguous a person decides by a preview.
_PATTERNS = (
    *("%d.%m.%Y", "%d.%m.%Y %H:%M", "%d.%m.%Y %H:%M:%S", "%Y%m%d", "%Y/%m/%d", "%Y/%m/%d %H:%M:%S"),
    *(
        "%d/%m/%Y",
        "%d/%m/%Y %H:%M",
        "%m/%d/%Y",
        "%m/%d/%Y %H:%M",
        "%d-%m-%Y",
        "%d-%b-%Y",
        "%d %b %Y",
    ),
    *("%b %d, %Y", "%d/%m/%Y %H:%M:%S", "%m/%d/%Y %H:%M:%S", "%d-%m-%Y %H:%M:%S"),
)
_MILLISECONDS = 100_000_000_000  # in seconds that would be after the year 5000


def steps_for(attribute: Attribute, source: Source) -> tuple[Step, ...]:
    """None where the value can go over as it is."""
    match attribute.kind:
        case "list" | "object":
            return ()
        case "date":
            return (_to_time(source),)
        case "choice":
            return _to_choice(attribute, source)
        case "text":
            return _to_text(attribute, source)
        case "whole":
            return (ToWhole(),)
        case "boolean":
            return (ToBoolean(),)
        case _:
            return (ToDecimal(),)


def _to_time(source: Source) -> ToTime:
    if source.looks.get("epoch", 0.0) == 1:
        is_fine = any(float(sample) >= _MILLISECONDS for sample in source.samples)
        return ToTime(written="milliseconds" if is_fine else "seconds")
    if source.looks.get("iso_date", 0.0) < 1:
        for pattern in _PATTERNS:
            if source.samples and all(_is_written(sample, pattern) for sample in source.samples):
                return ToTime(written="pattern", pattern=pattern)
    return ToTime()


def _is_written(sample: str, pattern: str) -> bool:
    with suppress(ValueError):
        datetime.strptime(sample.strip(), pattern)  # noqa: DTZ007
        return True
    return False


def _to_choice(attribute: Attribute, source: Source) -> tuple[Step, ...]:
    """What is called the same but for its case, its spaces and its signs; the rest of the table is
    a person's to fill, and so is all of it where nothing is called the same: then no step."""
    if source.samples and {sample.lower() for sample in source.samples} <= set(attribute.allowed):
        return (Lower(),)
    words = {_folded(word): word for word in attribute.allowed}
    found = {one: words[_folded(one)] for one in source.samples if _folded(one) in words}
    return (Choose(found),) if found else ()


def _folded(text: str) -> str:
    return "".join(filter(str.isalnum, text.casefold()))


def _to_text(attribute: Attribute, source: Source) -> tuple[Step, ...]:
    if source.kind not in ("text", "empty"):
        return (ToText(),)
    return (Trim(), Lower()) if attribute.path.endswith("email") else (Trim(),)
