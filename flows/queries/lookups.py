"""Lookup tables, and the values that have no row yet."""

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any

import msgspec
from django.db.models import Count, Max, Min, Q, QuerySet

from connectors.registry import get_connector
from flows.models import Delivery, Flow, LookupRow, Version, VersionState
from flows.operations.lookups import COLUMNS, OF_STOCK
from flows.queries.dead_letters import label_of
from flows.queries.pages import SIZE, Page, cut
from flows.sheet import write_sheet
from flows.states import State
from flows.waits import ROW, row_of

_IN_CEL = re.compile(r"""\brow\(\s*["']([^"'\\]{1,60})["']""")


@dataclass(frozen=True)
class Table:
    """`flows` are the labels of those whose logic asks it; `values` have no row yet."""

    name: str
    rows: int
    missing: int  # deliveries that wait for a row of it
    values: int
    flows: list[str]


@dataclass(frozen=True)
class Missing:
    """A value without a row, and what waits for it."""

    table: str
    key: str
    count: int
    since: datetime
    example_id: str
    example_label: str

    @property
    def name(self) -> str:
        return f"{self.table}:{self.key}"


@dataclass(frozen=True)
class Row:
    id: str
    table: str
    key: str
    value: str


def list_tables() -> list[Table]:
    """Those that have rows, and those that a mapping or a rule names; by name. Four queries."""
    counts = dict(
        LookupRow.objects.exclude(table__startswith=OF_STOCK)
        .values_list("table")
        .annotate(Count("pk"))
    )
    users = _users()
    missing, values = Counter[str](), Counter[str]()
    for one in _lacking().values("waits_for").annotate(count=Count("pk")).order_by():
        table, _ = row_of(one["waits_for"])
        missing[table] += one["count"]
        values[table] += 1
    return [
        Table(name, counts.get(name, 0), missing[name], values[name], sorted(users.get(name, ())))
        for name in sorted({*counts, *users, *missing})
    ]


def list_rows(table: str = "", *, search: str = "", after: str = "", size: int = SIZE) -> Page[Row]:
    """Of one table or of all, by table and key. Raises LookupRow.DoesNotExist for an `after` that
    is none."""
    found = LookupRow.objects.exclude(table__startswith=OF_STOCK).order_by("table", "key")
    found = found.filter(table=table) if table else found
    if search:
        found = found.filter(Q(key__icontains=search) | Q(value__icontains=search))
    if after:
        last = LookupRow.get_public(after)
        found = found.filter(Q(table__gt=last.table) | Q(table=last.table, key__gt=last.key))
    shown = [_row(one) for one in found[: size + 1]]
    return cut(shown, ids=[one.id for one in shown], after=after, size=size)


def find_row(table: str, key: str) -> Row:
    """Raises LookupRow.DoesNotExist."""
    return _row(LookupRow.objects.get(table=table, key=key))


def _row(one: LookupRow) -> Row:
    return Row(one.public_id, one.table, one.key, one.value)


def export_rows(table: str) -> str:
    """CSV that can be imported again."""
    rows = LookupRow.objects.filter(table=table).order_by("key")
    return write_sheet(COLUMNS, rows.values_list("key", "value"))


def list_missing(*, table: str = "", most: int | None = None) -> list[Missing]:
    """What holds up most first; two queries."""
    groups = list(
        _lacking(table)
        .values("waits_for")
        .annotate(count=Count("pk"), since=Min("parked_at"), newest=Max("sequence"))
        .order_by("-count", "waits_for")[:most]
    )
    examples = {
        row.sequence: row
        for row in Delivery.objects.filter(sequence__in=[one["newest"] for one in groups])
        .select_related("record")
        .only("sequence", "external_id", "record")
    }
    return [_missing(dict(one), examples[one["newest"]]) for one in groups]


def _lacking(table: str = "") -> QuerySet[Delivery]:
    """What waits for a row, of this table or of any."""
    start = f"{ROW}{table}:" if table else ROW
    return Delivery.objects.filter(state=State.PARKED, waits_for__startswith=start)


def _missing(found: dict[str, Any], example: Delivery) -> Missing:
    table, key = row_of(found["waits_for"])
    return Missing(
        table=table,
        key=key,
        count=found["count"],
        since=found["since"],
        example_id=example.public_id,
        example_label=label_of(example),
    )


def _users() -> dict[str, set[str]]:
    """By table: the flows whose mapping, rules or draft ask it."""
    found: dict[str, set[str]] = {}
    flows = list(
        Flow.objects.select_related("source", "target").defer("source__sealed", "target__sealed")
    )
    logics: dict[Any, list[Any]] = {}
    for version in Version.objects.exclude(state=VersionState.RETIRED):
        logics.setdefault(version.flow_id, []).append(version.logic)
    for flow in flows:
        own = _tables_of_own(flow.source.connector, flow.stream, flow.target.connector, flow.action)
        for table in {*own, *_tables_in(logics.get(flow.pk, []))}:
            found.setdefault(table, set()).add(flow.label)
    return found


@cache
def _tables_of_own(source: str, stream: str, target: str, action: str) -> frozenset[str]:
    """Those that the connectors' own mappings ask: they do not change while we run."""
    reader = get_connector(source).stream(stream).reader
    writer = get_connector(target).action(action).writer
    return frozenset(_tables_in([msgspec.to_builtins(one) for one in (reader, writer)]))


def _tables_in(data: Any) -> Iterator[str]:
    if isinstance(data, dict):
        if data.get("step") == "lookup":
            yield str(data.get("table", ""))
        for part in data.values():
            yield from _tables_in(part)
    elif isinstance(data, list | tuple):
        for part in data:
            yield from _tables_in(part)
    elif isinstance(data, str) and "row(" in data:
        yield from _IN_CEL.findall(data)
