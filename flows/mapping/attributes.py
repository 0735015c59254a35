"""What a standard record must hold, and whether a value can be held."""

from collections.abc import Iterator
from typing import Any

import msgspec

from connectors.standard.attributes import struct_within


def required_paths(struct: type[msgspec.Struct], lists: frozenset[str]) -> Iterator[str]:
    """What a record cannot be without; of what is in a list, only of the lists that are filled."""
    for one in msgspec.structs.fields(struct):
        if one.required:
            yield one.name
        inner = struct_within(one.type)
        if inner is not None and one.name in lists:
            within = frozenset(path.split(".", 1)[1] for path in lists if f"{one.name}[]." in path)
            yield from (f"{one.name}[].{name}" for name in required_paths(inner, within))


def complaint(value: Any, declared: Any) -> tuple[str, str] | None:
    """Why it cannot be held: («wrong_type» or «not_allowed», in words); None if it can."""
    try:
        msgspec.convert(value, declared, strict=True)
    except msgspec.ValidationError as error:
        words = str(error)
        is_type = words.startswith("Expected") and ", got" in words
        return ("wrong_type" if is_type else "not_allowed"), words
    return None
