"""Which fields a path reads, as `flows.suggest.sources` writes them: for drawing a line from each.
Pure."""

from collections.abc import Iterator
from functools import lru_cache
from typing import Any

import jmespath

from connectors.lines import Line
from flows.mapping.edit import Lines, Place, walk
from flows.suggest.sources import path_of

WHOLE = "@"  # the record itself
MOST = 6
_EACH = "[]"


@lru_cache(maxsize=4096)
def fields_read(path: str) -> tuple[str, ...]:
    """`shipping_lines[0].price || total` reads `shipping_lines[].price` and `total`. What cannot be
    read as a path reads nothing."""
    if not path:
        return ()
    try:
        found = list(_ends(jmespath.compile(path).parsed, ""))
    except Exception:  # it is being typed
        return ()
    return tuple(dict.fromkeys(one or WHOLE for one in found))[:MOST]


def reads_of(lines: Lines) -> dict[Place, tuple[str, ...]]:
    """What each line reads, from the top of the record on."""
    found: dict[Place, tuple[str, ...]] = {}
    for place, line in walk(lines):
        around = _around(found.get(place[:-1], ())) if len(place) > 1 else ""
        found[place] = tuple(_inside(around, one) for one in fields_read(line.source))
    return found


def targets_of(lines: Lines) -> dict[Place, str]:
    """What each line fills, from the top on: `lines[].sku`."""
    found: dict[Place, str] = {}
    for place, line in walk(lines):
        around = f"{found[place[:-1]]}{_EACH}." if len(place) > 1 else ""
        found[place] = f"{around}{line.target}"
    return found


def find_whole(lines: Lines, attribute: str) -> Line | None:
    """The line that makes what the attribute is in as a whole, if one does."""
    names = attribute.split(f"{_EACH}.")
    for at, name in enumerate(names):
        is_last = at == len(names) - 1
        line = next((one for one in lines if _covers(one, name, is_last=is_last)), None)
        if line is None or not line.each:
            return line
        lines = line.each
    return None


def _covers(line: Line, name: str, *, is_last: bool) -> bool:
    if line.target == name:
        return not is_last
    return name.startswith(f"{line.target}.")


def _around(reads: tuple[str, ...]) -> str:
    """Before what is read of each element; a list of the whole record has it as its element."""
    if not reads or reads[0] == WHOLE:
        return ""
    return f"{reads[0].removesuffix(_EACH)}{_EACH}"


def _inside(around: str, path: str) -> str:
    if path == WHOLE:
        return around.removesuffix(_EACH) or WHOLE
    return f"{around}.{path}" if around else path


def _ends(node: Any, base: str) -> Iterator[str]:
    kind, inner = node["type"], node["children"]
    if kind == "field":
        name = path_of((node["value"],))
        yield f"{base}.{name}" if base else name
    elif kind in ("current", "identity"):
        yield base
    elif kind in ("subexpression", "pipe", "index_expression", "flatten"):
        yield from _chain(inner, base)
    elif kind in ("projection", "filter_projection"):
        for left in _ends(inner[0], base):
            yield from _ends(inner[1], f"{left.removesuffix(_EACH)}{_EACH}")
    elif kind == "value_projection":
        yield from _ends(inner[0], base)
    elif kind in ("index", "slice"):
        yield f"{base.removesuffix(_EACH)}{_EACH}"
    else:
        for child in inner:
            if isinstance(child, dict):
                yield from _ends(child, base)


def _chain(nodes: list[Any], base: str) -> Iterator[str]:
    """Each from where the one before it has come to."""
    first, *rest = nodes
    for one in _ends(first, base):
        if rest:
            yield from _chain(rest, one)
        else:
            yield one
