"""A standard record as a form: what is complained about first, then what is there and may be. Pure.

A path goes as in `lines.0.sku`. What is empty and may stay so is offered where it is often missing:
in addresses and of people.
"""

import copy
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext

from connectors.standard import resources
from connectors.standard.attributes import element_of, names_below, plain, struct_within, type_below
from flows.queries.spoken_of import speaks_of, words_of

MOST = 120  # fields; a longer record is edited as JSON
LONGEST = 2_000
_HIDDEN = {"id", "reference"}  # who changes them makes another record of it


@dataclass(frozen=True)
class Field:
    """`is_first` where the refusal seems to speak of it; `kind` is text, lines or choice."""

    path: str
    label: str
    value: str
    is_first: bool
    is_missing: bool
    kind: str


@dataclass(frozen=True)
class Section:
    title: str
    fields: list[Field]


class NotANumber(ValueError):
    """The text names the field."""


def sections_of(resource: str, standard: Mapping[str, Any], reason: str) -> list[Section]:
    """The fields in question first, then by the part of the record that they are in."""
    found = list(_fields(resources()[resource], standard, words_of(reason)))
    first = [one for one in found if one.is_first][:MOST]
    sections = [Section(gettext("What it seems to be about"), first)] if first else []
    by_part: dict[str, list[Field]] = {}
    for one in [one for one in found if not one.is_first][: MOST - len(first)]:
        by_part.setdefault(_part(one.path), []).append(one)
    return [*sections, *(Section(title, fields) for title, fields in by_part.items())]


def _is_place(part: str) -> bool:
    """Of an element in a list. There are digits that are no number, such as «²»."""
    return part.isascii() and part.isdigit() and len(part) < 6


def _part(path: str) -> str:
    *above, _ = path.split(".")
    return _spoken(above) if above else gettext("The record")


def _spoken(parts: list[str]) -> str:
    words = [f"{int(one) + 1}" if _is_place(one) else one.replace("_", " ") for one in parts]
    text = " ".join(words)
    return text[:1].upper() + text[1:]


def _fields(of: Any, found: Mapping[str, Any], words: set[str], at: str = "") -> Iterator[Field]:
    """Of a record or a part of one; of what the standard does not know, what is there."""
    struct = struct_within(of)
    for name in names_below(struct, deep=1) if struct else list(found):
        if at or name not in _HIDDEN:
            declared = type_below(struct, name) if struct else None
            yield from _field(declared, found.get(name), words, f"{at}{name}")


def _field(declared: Any, value: Any, words: set[str], path: str) -> Iterator[Field]:
    within = struct_within(declared)
    is_list = isinstance(value, list) or element_of(declared) is not None
    if is_list:
        for place, one in enumerate(value or ()):
            if isinstance(one, dict):
                yield from _fields(element_of(declared), one, words, f"{path}.{place}.")
    elif isinstance(value, dict) or (within and value is None and speaks_of(path, words)):
        yield from _fields(within, value or {}, words, f"{path}.")
    elif value is not None or _may_lack(path, declared, words):
        is_first = speaks_of(path, words)
        kind = "choice" if isinstance(value, bool) else "lines" if "\n" in _text(value) else "text"
        *above, last = path.split(".")
        label = _spoken([*above, last] if is_first else [last])
        yield Field(path, label, _text(value), is_first, value in (None, ""), kind)


def _may_lack(path: str, declared: Any, words: set[str]) -> bool:
    """An empty attribute is offered if it is plain text in an address, or what is spoken of."""
    return plain(declared) is str and ("address" in path or speaks_of(path, words))


def _text(value: Any) -> str:
    """With the ends of lines as a browser sends none of them: a newline."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return "" if value is None else _with_newlines(str(value))


def _with_newlines(text: str) -> str:
    return text.replace("\r\n", "\n").replace("\r", "\n")


def with_emptied(standard: Any, was: Any) -> Any:
    """With an empty text for what was there and is not any more, so that it has a field still."""
    if isinstance(was, dict):
        found = standard if isinstance(standard, dict) else {}
        names = {**was, **found}
        return {name: with_emptied(found.get(name), was.get(name)) for name in names}
    if isinstance(was, list) and isinstance(standard, list) and len(was) == len(standard):
        return [with_emptied(*pair) for pair in zip(standard, was, strict=True)]
    return "" if standard is None and isinstance(was, str | int | float) else standard


def fill_in(standard: Mapping[str, Any], typed: Mapping[str, str]) -> dict[str, Any]:
    """A copy with what was typed at each path; what was emptied is nothing. Raises NotANumber."""
    changed: dict[str, Any] = copy.deepcopy(dict(standard))
    for path, text in typed.items():
        holder: Any = changed
        *above, last = path.split(".")
        for part in above:
            holder = _into(holder, part, makes=bool(text))
        given = _with_newlines(text)
        if isinstance(holder, dict) and _text(holder.get(last)) != given:
            holder[last] = _as(holder.get(last), given, path)
    return changed


def _into(holder: Any, part: str, *, makes: bool) -> Any:
    """None where the record no longer has what the form had."""
    if isinstance(holder, list):
        return holder[int(part)] if _is_place(part) and int(part) < len(holder) else None
    if not isinstance(holder, dict):
        return None
    if holder.get(part) is None and makes:
        holder[part] = {}
    return holder.get(part)


def _as(before: Any, text: str, path: str) -> Any:
    text = text.replace("\x00", "").strip()[:LONGEST]
    if not text:
        return None
    if isinstance(before, bool):
        return text == "true"
    if isinstance(before, int | float):
        try:
            return type(before)(text)
        except ValueError as error:
            name = _spoken(path.split("."))
            raise NotANumber(
                gettext("{name}: «{text}» is not a number.").format(name=name, text=text[:40])
            ) from error
    return text
