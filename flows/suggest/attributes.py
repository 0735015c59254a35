"""The attributes of a standard record: what a mapping may fill."""

import typing
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any, Literal

import msgspec

from connectors.standard.attributes import element_of, plain, struct_within

Kind = Literal["text", "choice", "whole", "decimal", "money", "boolean", "date", "list", "object"]

_KINDS: dict[Any, Kind] = {
    str: "text",
    int: "whole",
    Decimal: "decimal",
    bool: "boolean",
    datetime: "date",
}
_MONEY = {
    "price", "unit_price", "compare_at_price", "cost", "amount", "cod_amount", "total", "tip",
    "fee", "rounding", "shipping", "shipping_tax", "tax", "adjustment",
}  # fmt: skip


@dataclass(frozen=True)
class Attribute:
    """One place of a standard record.

    `path` is as in a mapping line's target, what is inside a list by its line: `lines[].sku`. A
    list itself is an attribute too (`lines`). `allowed` are the values of a choice. `required`
    says that a record without it is refused.
    """

    path: str
    kind: Kind
    required: bool = False
    about: str = ""
    allowed: tuple[str, ...] = ()
    resource: str = ""


def attributes_of(struct: type[msgspec.Struct]) -> tuple[Attribute, ...]:
    """Every attribute of a standard record, a list or an object before what is inside it."""
    resource = str(getattr(struct, "resource", ""))
    return tuple(_walk(struct, "", resource, required=True))


def _walk(
    struct: type[msgspec.Struct], prefix: str, resource: str, *, required: bool
) -> typing.Iterator[Attribute]:
    for field in msgspec.structs.fields(struct):
        path, kept = f"{prefix}{field.name}", plain(field.type)
        needed = required and field.required
        inside, is_list = struct_within(kept), element_of(kept) is not None
        if is_list or inside is None:
            kind, allowed = ("list", ()) if is_list else _kind_of(field.name, kept)
            yield Attribute(path, kind, needed, _about(path), allowed, resource)
        if inside is not None:
            step = f"{path}[]." if is_list else f"{path}."
            yield from _walk(inside, step, resource, required=is_list or needed)


def _kind_of(name: str, found: Any) -> tuple[Kind, tuple[str, ...]]:
    if typing.get_origin(found) is Literal:
        return "choice", tuple(str(value) for value in typing.get_args(found))
    if typing.get_origin(found) is dict:
        return "object", ()
    kind = _KINDS.get(found, "text")
    return ("money" if kind == "decimal" and name in _MONEY else kind), ()


def _about(path: str) -> str:
    """The attribute in words: `lines[].unit_price` is «unit price of each of the lines»."""
    *parents, leaf = path.split(".")
    words = leaf.replace("_", " ")
    for parent in reversed(parents):
        name = parent.removesuffix("[]").replace("_", " ")
        words += f" of each of the {name}" if parent.endswith("[]") else f" of the {name}"
    return words
