"""What a standard record may hold: each attribute by its path, its type, and whether it must be
there."""

from collections.abc import Iterator
from functools import lru_cache
from typing import Any, get_args, get_type_hints

import msgspec


@lru_cache(maxsize=4096)
def type_at(struct: type[msgspec.Struct], path: str) -> Any:
    """The type of `lines[].sku` as it is declared; None where there is no such attribute."""
    found: Any = struct
    for part in path.split("."):
        inner = inner_struct(found)
        if inner is None:
            return None
        found = get_type_hints(inner, include_extras=True).get(part.removesuffix("[]"))
    return found


def inner_struct(declared: Any) -> type[msgspec.Struct] | None:
    """The struct in `Address`, `Address | None` and `tuple[OrderLine, ...]`."""
    if isinstance(declared, type) and issubclass(declared, msgspec.Struct):
        return declared
    for one in get_args(declared):
        found = inner_struct(one)
        if found is not None:
            return found
    return None


def required_paths(struct: type[msgspec.Struct], lists: frozenset[str]) -> Iterator[str]:
    """What a record cannot be without; of what is in a list, only of the lists that are filled."""
    for one in msgspec.structs.fields(struct):
        if one.required:
            yield one.name
        inner = inner_struct(get_type_hints(struct).get(one.name))
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
