"""Lists that page by key: the next page begins after the last row of this one."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

T = TypeVar("T")

SIZE = 50


@dataclass(frozen=True)
class Page(Generic[T]):
    """`next` is the public id to go on after, empty on the last page."""

    rows: Sequence[T]
    next: str = ""
    is_later: bool = False


def cut(rows: Sequence[T], *, ids: Sequence[str], after: str, size: int = SIZE) -> Page[T]:
    """Make a page out of up to `size` + 1 rows, of which `ids` are the public ids."""
    has_more = len(rows) > size
    return Page(rows[:size], ids[size - 1] if has_more else "", bool(after))
