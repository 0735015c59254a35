"""The fields of raw records: where a mapping may read."""

import json
import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from itertools import islice
from typing import Any, Literal

from flows.suggest.values import looks_of

SourceKind = Literal["text", "whole", "decimal", "boolean", "list", "object", "mixed", "empty"]

# A record of a remote system may be anything: what is looked at has a bound in every direction.
MOST_RECORDS = 50
MOST_FIELDS = 1_000
MOST_PARTS = 100_000
MOST_ELEMENTS = 20
MOST_DEPTH = 16
LONGEST_NAME = 120
SHOWN, JUDGED, LONGEST = 5, 20, 80

_PLAIN = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_EACH = None  # in a place: every element of the list
Place = tuple[str | None, ...]


@dataclass(frozen=True)
class Source:
    """One field that the samples have.

    `path` is JMESPath, through lists by `[]` (`line_items[].sku`); `names` are its names without
    the lists, `lists` the paths of the lists around it, outermost first. `filled` is how often it
    had a value where its parent was there, 0 to 1. `samples` are up to five distinct values as
    text, `looks` what the values look like, each with the share of values that do (see values.py).
    `position` counts the fields in the order in which they came.
    """

    path: str
    kind: SourceKind
    names: tuple[str, ...]
    lists: tuple[str, ...] = ()
    samples: tuple[str, ...] = ()
    looks: dict[str, float] = field(default_factory=dict)
    filled: float = 0.0
    position: int = 0

    @property
    def parent(self) -> str:
        """The path of what it is in, empty at the top."""
        return self.path.removesuffix(path_of((self.names[-1],))).removesuffix(".")


@dataclass
class _Found:
    kinds: set[SourceKind] = field(default_factory=set)
    filled: int = 0
    values: dict[str, Any] = field(default_factory=dict)


def sources_of(samples: Iterable[Any]) -> tuple[Source, ...]:
    """The fields of raw records as JSON gave them, in the order in which they came.

    Reads no more than MOST_RECORDS records, MOST_FIELDS fields, MOST_DEPTH levels and MOST_ELEMENTS
    elements of one list, and at most MOST_PARTS values altogether.
    """
    found: dict[Place, _Found] = {}
    objects: dict[Place, int] = {}
    top: Place = ()
    stack = [(one, top) for one in islice(samples, MOST_RECORDS)][::-1]
    for _ in range(MOST_PARTS):
        if not stack:
            break
        value, place = stack.pop()
        if place and place[-1] is not _EACH and not _note(value, place, found):
            continue
        if len(place) >= MOST_DEPTH:
            continue
        if isinstance(value, dict):
            objects[place] = objects.get(place, 0) + 1
            named = islice(value.items(), MOST_FIELDS)
            stack += [(v, (*place, str(k))) for k, v in named if len(str(k)) <= LONGEST_NAME][::-1]
        elif isinstance(value, list):
            stack += [(part, (*place, _EACH)) for part in value[:MOST_ELEMENTS]][::-1]
    return tuple(
        _source(place, fact, objects.get(place[:-1], 0), position)
        for position, (place, fact) in enumerate(found.items())
    )


def _note(value: Any, place: Place, found: dict[Place, _Found]) -> bool:
    """Whether the field is one of those that are kept."""
    if place not in found:
        if len(found) >= MOST_FIELDS:
            return False
        found[place] = _Found()
    fact, kind = found[place], _kind_of(value)
    if kind != "empty":
        fact.kinds.add(kind)
        fact.filled += 1
    if kind not in ("empty", "list", "object") and len(fact.values) < JUDGED:
        fact.values.setdefault(str(value)[:LONGEST], value)
    return True


def _kind_of(value: Any) -> SourceKind:
    if value in (None, "", [], {}):
        return "list" if value == [] else "empty"
    for shape, kind in _SHAPES:
        if isinstance(value, shape):
            return kind
    return "text"


# A boolean is an int too: it is asked first.
_SHAPES: tuple[tuple[type, SourceKind], ...] = (
    (bool, "boolean"),
    (int, "whole"),
    (float, "decimal"),
    (list, "list"),
    (dict, "object"),
)


def _source(place: Place, fact: _Found, parents: int, position: int) -> Source:
    kinds = fact.kinds
    if kinds == {"whole", "decimal"}:
        kinds = {"decimal"}
    judged = [looks_of(value) for value in fact.values.values()]
    looks = {
        look: sum(look in one for one in judged) / len(judged)
        for look in sorted(set().union(*judged))
    }
    return Source(
        path=path_of(place),
        kind=next(iter(kinds)) if len(kinds) == 1 else "mixed" if kinds else "empty",
        names=tuple(name for name in place if name is not _EACH),
        lists=tuple(path_of(place[:at]) for at, name in enumerate(place) if name is _EACH),
        samples=tuple(islice(fact.values, SHOWN)),
        looks=looks,
        filled=min(1.0, fact.filled / parents) if parents else 0.0,
        position=position,
    )


def path_of(place: Place) -> str:
    """As JMESPath; a name that is no plain word stands in quotes."""
    path = ""
    for name in place:
        if name is _EACH:
            path += "[]"
        else:
            path += ("." if path else "") + (name if _PLAIN.fullmatch(name) else _quoted(name))
    return path


def _quoted(name: str) -> str:
    return json.dumps(name, ensure_ascii=not name.isprintable())
