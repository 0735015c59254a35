"""Fields and attributes put together by the list or the object that they are in."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar

EACH = "[]"
_FIRST = re.compile(r'("(?:\\.|[^"\\])*"|[^."]+)\.(.+)', re.DOTALL)


class HasPath(Protocol):
    @property
    def path(self) -> str: ...


T = TypeVar("T", bound=HasPath)


@dataclass(frozen=True)
class Named(Generic[T]):
    """`name` is what is left of the path inside the group; empty for what the group is of."""

    name: str
    row: T


@dataclass(frozen=True)
class Group(Generic[T]):
    """`path` is «line_items[]», «customer», or "" for what is in neither."""

    path: str
    rows: Sequence[Named[T]]
    is_open: bool = True

    @property
    def title(self) -> str:
        return self.path.replace(f"{EACH}.", " / ").removesuffix(EACH)

    @property
    def is_list(self) -> bool:
        return self.path.endswith(EACH)


def group_rows(rows: Iterable[T]) -> list[Group[T]]:
    """In the order in which they came, each group where its first is; what is in none first."""
    rows = list(rows)
    keys = {_split(one.path)[0] for one in rows}
    found: dict[str, list[Named[T]]] = {"": []}
    for one in rows:
        group, name = _split(one.path)
        for own in (f"{one.path}{EACH}", one.path):
            if own in keys:
                group, name = own, ""
                break
        found.setdefault(group, []).append(Named(name, one))
    return [Group(path, named) for path, named in found.items() if named]


def _split(path: str) -> tuple[str, str]:
    around, each, name = path.rpartition(f"{EACH}.")
    if each:
        return f"{around}{EACH}", name
    inside = _FIRST.fullmatch(path)
    return (inside[1], inside[2]) if inside else ("", path)
