"""SuiteQL: requests, and paging by key so that no page overlaps and none leaves a gap."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from connectors.catalog.netsuite.clock import lower_bound
from connectors.pagination import pack, unpack
from connectors.spec import Context, Plan, Position, Request, Response

PATH = "/services/rest/query/v1/suiteql"
MOST = 1000
LISTED = 500
Row = dict[str, Any]


def query(sql: str, limit: int = MOST, offset: int = 0) -> Request:
    return Request(
        "POST",
        PATH,
        params={"limit": str(limit), "offset": str(offset)},
        json={"q": " ".join(sql.split())},
        headers={"Prefer": "transient"},
    )


def rows_of(response: Response) -> list[Row]:
    """The rows; a null column is not in them."""
    rows: list[Row] = response.json().get("items", [])
    return [{name: value for name, value in row.items() if name != "links"} for row in rows]


def every_row(sql: str) -> Plan[list[Row]]:
    """The rows of all pages; the query must order them by a key."""
    rows: list[Row] = []
    while True:
        answer: Response = yield query(sql, offset=len(rows))
        rows += rows_of(answer)
        if not answer.json().get("hasMore"):
            return rows


def rows_for(ids: Iterable[str], sql: str) -> Plan[list[Row]]:
    """The rows for these ids, which stand in the query as {ids}; Oracle lists 1000 at most."""
    wanted = sorted({int(one) for one in ids})
    rows: list[Row] = []
    for start in range(0, len(wanted), LISTED):
        some = ", ".join(str(one) for one in wanted[start : start + LISTED])
        rows += yield from every_row(sql.replace("{ids}", some))
    return rows


def quote(text: str) -> str:
    """A text literal; SuiteQL takes no parameters by REST."""
    return "'" + text.replace("'", "''") + "'"


def moment(column: str) -> str:
    """A time column as text to the second, which sorts as the time does."""
    return f"TO_CHAR({column}, 'YYYY-MM-DD\"T\"HH24:MI:SS')"


@dataclass(frozen=True)
class Changes:
    """What changed in one table: `stamp` is its time column, `keys` make a row unique.

    Rows come in the order of their second and their keys. The second is compared as text, because
    what lies below it is not shown, and rows of one second must not be passed over.
    """

    columns: str
    source: str
    where: str
    stamp: str
    keys: tuple[str, ...]
    size: int

    def read(self, position: Position, context: Context) -> Plan[tuple[list[Row], str]]:
        """One page of rows, each with its `changed` and key1, key2…; and the next page's mark."""
        rows = rows_of((yield query(self.sql(position, context), self.size)))
        if len(rows) < self.size:
            return rows, ""
        return rows, pack(changed=rows[-1]["changed"], **self._keys_of(rows[-1]))

    def sql(self, position: Position, context: Context) -> str:
        wanted = [self.where, *self._after(position, context)]
        return self._select(wanted, (self._second, *self.keys))

    def read_all(self, position: Position) -> Plan[tuple[list[Row], str, int | None]]:
        """One page of every row there is, in the order of the keys; the mark; how many in all.

        Each page asks for what lies beyond the last key: pages by offset shift under a change, and
        NetSuite ends them at 100,000 rows.
        """
        mark = unpack(position.page)
        answer: Response = yield query(self._select([self.where, *self._past(mark)], self.keys))
        rows = rows_of(answer)
        total = None if mark else int(answer.json().get("totalResults", len(rows)))
        if not answer.json().get("hasMore"):
            return rows, "", total
        return rows, pack(**self._keys_of(rows[-1])), total

    def _select(self, wanted: Sequence[str], order: Sequence[str]) -> str:
        keys = ", ".join(f"{self.keys[n - 1]} AS key{n}" for n in self._numbers())
        return f"""SELECT {self.columns}, {keys}, {self._second} AS changed FROM {self.source}
            WHERE {" AND ".join(wanted)} ORDER BY {", ".join(order)}"""

    def _keys_of(self, row: Row) -> dict[str, str]:
        return {f"key{number}": row[f"key{number}"] for number in self._numbers()}

    def _past(self, mark: Mapping[str, Any]) -> list[str]:
        """Beyond these keys; the first is bounded by itself, so that an index can be used."""
        if not mark:
            return []
        steps = [(self.keys[n - 1], str(int(mark[f"key{n}"]))) for n in self._numbers()]
        return [f"{steps[0][0]} >= {steps[0][1]}", _beyond(steps)]

    @property
    def _second(self) -> str:
        return f"NVL({moment(self.stamp)}, '0000')"

    def _numbers(self) -> Sequence[int]:
        return range(1, len(self.keys) + 1)

    def _after(self, position: Position, context: Context) -> list[str]:
        mark = unpack(position.page)
        since = str(mark["changed"]) if mark else self._since(position, context)
        bounds = []
        if since and since != "0000":
            bound = quote(since.replace("T", " "))
            bounds.append(f"{self.stamp} >= TO_DATE({bound}, 'YYYY-MM-DD HH24:MI:SS')")
        if mark:
            keys = [(self.keys[n - 1], str(int(mark[f"key{n}"]))) for n in self._numbers()]
            bounds.append(_beyond([(self._second, quote(str(mark["changed"]))), *keys]))
        return bounds

    def _since(self, position: Position, context: Context) -> str:
        if position.since is None:
            return ""
        now = context.now or position.since
        return lower_bound(position.since, now, context.settings)


def _beyond(steps: Sequence[tuple[str, str]]) -> str:
    """(column, column, ...) > (value, value, ...), spelled out: SuiteQL compares no tuples."""
    cases = []
    for depth, (name, value) in enumerate(steps):
        same = [f"{column} = {known}" for column, known in steps[:depth]]
        cases.append(" AND ".join([*same, f"{name} > {value}"]))
    return "(" + " OR ".join(f"({case})" for case in cases) + ")"
