"""What attributes a record of the standard has, and of what type each is."""

import types
from collections.abc import Iterator
from functools import cache, lru_cache
from typing import Any, Union, get_args, get_origin

import msgspec

from connectors.standard import resources


class AttributeUnknown(ValueError):
    """A dotted name leads to no attribute; the text says where."""


@lru_cache(maxsize=4096)  # names are people's: as many as anybody thinks of
def type_at(resource: str, name: str) -> Any:
    """The type of `billing_address.city` of an order; in `lines[].sku` a list is gone into.
    Raises AttributeUnknown."""
    return type_below(resources()[resource], name)


def type_below(found: Any, name: str) -> Any:
    """The same, from a type on."""
    for part in name.replace("[]", ".[]").split("."):
        found = _below(plain(found), part, name)
    return found


def element_of(of: Any) -> Any | None:
    """Of what a list is a list; None for what is no list."""
    args = get_args(plain(of))
    return args[0] if get_origin(plain(of)) in (tuple, list) and args else None


def struct_within(of: Any) -> type[msgspec.Struct] | None:
    """The record that it is, may be, or is a list of: `Address | None`, `tuple[Line, ...]`."""
    found = plain(element_of(of) or of)
    is_struct = isinstance(found, type) and issubclass(found, msgspec.Struct)
    return found if is_struct else None


def _below(of: Any, part: str, name: str) -> Any:
    element = element_of(of)
    if part == "[]":
        if element is None:
            raise AttributeUnknown(f"«{name}» goes into a list where there is none")
        return element
    if element is not None:
        raise AttributeUnknown(f"«{name}» goes through a list")
    if get_origin(of) is dict:
        return get_args(of)[1]
    struct = struct_within(of)
    fields = _fields(struct) if struct else {}
    if part not in fields:
        raise AttributeUnknown(f"there is no attribute «{name}»")
    return fields[part]


@cache
def _fields(struct: type[msgspec.Struct]) -> dict[str, Any]:
    return {field.name: field.type for field in msgspec.structs.fields(struct)}


def plain(of: Any) -> Any:
    """Without «or None»."""
    if get_origin(of) in (Union, types.UnionType):
        found = [one for one in get_args(of) if one is not types.NoneType]
        return found[0] if len(found) == 1 else of
    return of


def names_below(of: Any, *, into_lists: bool = False, deep: int = 3) -> Iterator[str]:
    """The attributes of a record or of a part of one, as `billing_address.city`; a list is named,
    and with `into_lists` also what is in it, as `lines[].sku`."""
    within = struct_within(of)
    if deep == 0 or within is None:
        return
    for name, kind in _fields(within).items():
        yield name
        element = element_of(kind)
        if element is None:
            below, start = kind, name
        elif into_lists:
            below, start = element, f"{name}[]"
        else:
            continue
        inner = names_below(below, into_lists=into_lists, deep=deep - 1)
        yield from (f"{start}.{one}" for one in inner)
