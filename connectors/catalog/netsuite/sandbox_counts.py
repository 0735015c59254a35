"""How many rows a query has in all, told with each page but not counted anew for each."""

import re
import sqlite3
from bisect import bisect_right
from collections import Counter
from collections.abc import Callable
from typing import Any

MOST = 32  # queries whose counts are remembered
# ... AND a >= 1 AND ((a > 1) OR (a = 1 AND b > 2)) ORDER BY a, b: what lies beyond a pair of keys.
PAST = re.compile(
    r"(?P<base>SELECT .*) AND (?P<a>[\w.]+) >= (?P<x>\d+)"
    r" AND \(\((?P=a) > (?P=x)\) OR \((?P=a) = (?P=x) AND (?P<b>[\w.]+) > (?P<y>\d+)\)\)"
    r" ORDER BY (?P=a), (?P=b)\s*",
    re.I | re.S,
)
MANIFOLD = re.compile(
    r"\b(GROUP|DISTINCT|UNION|FROM\b.*\bFROM)\b|\b(COUNT|MAX|MIN|SUM)\(", re.I | re.S
)


class Counts:
    """`changes` counts what may have changed the number of rows, by table; quantities apart."""

    def __init__(self, db: sqlite3.Connection, changes: Counter[str]) -> None:
        self._db, self._changes = db, changes
        self._known: dict[str, tuple[Any, Any]] = {}

    def of(self, sql: str) -> int:
        past = PAST.fullmatch(sql)
        if past is None or MANIFOLD.search(sql) or re.search(r"\bOR\b", past["base"], re.I):
            found = self._remembered(sql, lambda: self._count(sql))
            return int(found)
        keys = self._remembered(past["base"], lambda: self._keys(past))
        return len(keys) - bisect_right(keys, (int(past["x"]), int(past["y"])))

    def _remembered(self, sql: str, read: Callable[[], Any]) -> Any:
        state = self._state_of(sql)
        known = self._known.get(sql)
        if known is None or known[0] != state:
            if len(self._known) >= MOST:
                self._known.clear()
            known = self._known[sql] = (state, read())
        return known[1]

    def _state_of(self, sql: str) -> dict[str, int]:
        """The changes that this query may see: of its tables, and of what its conditions name."""
        words = _rest_of(sql).lower()
        return {name: count for name, count in self._changes.items() if name in words}

    def _count(self, sql: str) -> int:
        counted = f"FROM ({sql})"
        if not MANIFOLD.search(sql):
            counted = re.sub(r" ORDER BY .*", "", _rest_of(sql), flags=re.I | re.S)
        return int(self._db.execute(f"SELECT COUNT(*) {counted}").fetchone()[0])

    def _keys(self, past: re.Match[str]) -> list[tuple[int, int]]:
        a, b, rest = past["a"], past["b"], _rest_of(past["base"])
        return self._db.execute(f"SELECT {a}, {b} {rest} ORDER BY {a}, {b}").fetchall()


def _rest_of(sql: str) -> str:
    """From FROM on, where a query has one."""
    found = re.search(r"\bFROM\b.*", sql, re.I | re.S)
    return found[0] if found else ""
