"""Pages of what is read as a whole, since there is little of it."""

from collections.abc import Sequence
from typing import TypeVar

from flows.queries.pages import Page
from portal.api.problems import Problem

T = TypeVar("T")


def cut_all(rows: Sequence[T], *, after: str, size: int, key: str = "id") -> Page[T]:
    """The rows after the one whose `key` is `after`. Raises Problem if that one is gone."""
    keys = [str(getattr(row, key)) for row in rows]
    if after and after not in keys:
        raise Problem("unknown_cursor")
    start = keys.index(after) + 1 if after else 0
    shown = rows[start : start + size]
    has_more = len(rows) > start + size
    return Page(shown, keys[start + size - 1] if has_more else "", bool(after))
