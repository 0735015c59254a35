"""Change one line of a mapping: put, take away, move. Pure; a mapping is never changed itself."""

import re
from collections.abc import Iterator

from msgspec.structs import replace

from connectors.lines import Line, Mapping

Place = tuple[int, ...]  # the index among the lines, then among those of each element, from 0
Lines = tuple[Line, ...]


class NoSuchLine(LookupError):
    """The mapping has no line there."""


def read_place(text: str) -> Place:
    """«3» or «3.1». Raises NoSuchLine."""
    parts = text.split(".")
    if not text.isascii() or not all(part.isdigit() and len(part) <= 4 for part in parts):
        raise NoSuchLine(f"«{text[:20]}» is no place of a line.")
    return tuple(map(int, parts))


def show_place(place: Place) -> str:
    return ".".join(map(str, place))


def walk(lines: Lines, inside: Place = ()) -> Iterator[tuple[Place, Line]]:
    """Each line, followed by those of its elements."""
    for index, line in enumerate(lines):
        yield (*inside, index), line
        yield from walk(line.each, (*inside, index))


def lines_in(mapping: Mapping, inside: Place) -> Lines:
    """Those at the top, or of the elements of the line `inside`. Raises NoSuchLine."""
    return find(mapping, inside).each if inside else mapping.lines


def find(mapping: Mapping, place: Place) -> Line:
    """Raises NoSuchLine."""
    found = lines_in(mapping, place[:-1])
    if not place or place[-1] >= len(found):
        raise NoSuchLine("The mapping has no such line any more.")
    return found[place[-1]]


def find_again(mapping: Mapping, place: Place, target: str) -> Place | None:
    """Where the line of this target is now, first of all where it was; None if it is gone."""
    try:
        among = lines_in(mapping, place[:-1])
    except NoSuchLine:
        return None
    if place[-1] < len(among) and among[place[-1]].target == target:
        return place
    for index, line in enumerate(among):
        if line.target == target:
            return (*place[:-1], index)
    return None


_WHICH = re.compile(r"\[\d*\]|\.\d+(?=\.|$)")


def find_named(mapping: Mapping, name: str) -> Place:
    """The line that fills `lines[].sku`, as failures name it; else the one that its part is in.
    Raises NoSuchLine."""
    parts = _WHICH.sub("[]", name).replace("[].", "[]").split("[]")
    found: Place = ()
    among = mapping.lines
    for part in filter(None, parts):
        index = next((n for n, line in enumerate(among) if line.target == part), None)
        if index is None:
            break
        found, among = (*found, index), among[index].each
    if not found:
        raise NoSuchLine(f"No line of this mapping fills «{name[:80]}».")
    return found


def put(mapping: Mapping, place: Place, line: Line) -> Mapping:
    return _replace(mapping, place, line)


def add(mapping: Mapping, inside: Place, line: Line) -> Mapping:
    """At the end."""
    return _with(mapping, inside, (*lines_in(mapping, inside), line))


def remove(mapping: Mapping, place: Place) -> Mapping:
    return _replace(mapping, place)


def move(mapping: Mapping, place: Place, by: int) -> tuple[Mapping, Place]:
    """Up or down among its own; at the end of them it stays."""
    among = list(lines_in(mapping, place[:-1]))
    find(mapping, place)
    at = min(max(place[-1] + by, 0), len(among) - 1)
    among.insert(at, among.pop(place[-1]))
    return _with(mapping, place[:-1], tuple(among)), (*place[:-1], at)


def _replace(mapping: Mapping, place: Place, *by: Line) -> Mapping:
    find(mapping, place)
    inside, at = place[:-1], place[-1]
    lines = lines_in(mapping, inside)
    return _with(mapping, inside, (*lines[:at], *by, *lines[at + 1 :]))


def _with(mapping: Mapping, inside: Place, lines: Lines) -> Mapping:
    if not inside:
        return Mapping(lines)
    return put(mapping, inside, replace(find(mapping, inside), each=lines))
