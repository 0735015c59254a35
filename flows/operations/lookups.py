"""Changes lookup tables, row by row or by a CSV, and wakes what waited for a row."""

from collections.abc import Iterable
from dataclasses import dataclass
from uuid import UUID

from django.utils import timezone
from django.utils.translation import gettext, gettext_lazy, ngettext

from connectors.errors import Failure
from ekyam.audit.record import record
from ekyam.tenants.scope import current_tenant_id
from flows.models import LookupRow
from flows.operations.heal import keys_waited_for, wake
from flows.operations.tables import forget_row
from flows.sheet import BadLine, read_sheet
from flows.waits import LONGEST_KEY, LONGEST_TABLE, LONGEST_VALUE

COLUMNS = ("key", "value")
OF_STOCK = "locations "  # such tables belong to a flow of stock, and are set there
SHOWN = 50  # changes of an import that the audit log names


class RowRefused(Failure):
    """What was given cannot be a row."""

    code = "row_refused"
    blame = "tenant"


@dataclass(frozen=True)
class Changed:
    key: str
    before: str
    after: str


@dataclass(frozen=True)
class Plan:
    """What an import would do to a table; rows that are not in the file stay."""

    added: list[tuple[str, str]]
    changed: list[Changed]
    same: int
    bad: list[BadLine]


def set_row(table: str, key: str, value: str) -> int:
    """Keys are exact: «Visa» is not «visa». Returns how many deliveries it woke.

    Raises RowRefused.
    """
    check_table(table)
    try:
        check_row(key, value)
    except ValueError as error:
        raise RowRefused(str(error)) from error
    known = LookupRow.objects.filter(table=table, key=key)
    before = known.values_list("value", flat=True).first()
    woken = _put(_tenant(), table, [(key, value)])
    record(
        "lookup_row.set",
        subject=table,
        label=f"{table}: {key}",
        before={"value": before} if before is not None else None,
        after={"value": value, "woken": woken},
    )
    return woken


def remove_row(table: str, key: str) -> None:
    """Raises LookupRow.DoesNotExist."""
    check_table(table)
    row = LookupRow.objects.get(table=table, key=key)
    before = {"value": row.value}
    row.delete()
    forget_row(_tenant(), table, key)
    record("lookup_row.removed", subject=table, label=f"{table}: {key}", before=before)


def plan_import(table: str, text: str) -> Plan:
    """What `import_rows` would do. Raises RowRefused for a table that is none."""
    check_table(table)
    sheet = read_sheet(text, COLUMNS, _read, lambda row: row[0])
    known = dict(LookupRow.objects.filter(table=table).values_list("key", "value"))
    added = [row for row in sheet.rows if row[0] not in known]
    changed = [
        Changed(key, known[key], value)
        for key, value in sheet.rows
        if key in known and known[key] != value
    ]
    same = len(sheet.rows) - len(added) - len(changed)
    return Plan(added, changed, same, sheet.bad)


def import_rows(table: str, text: str) -> tuple[Plan, int]:
    """All of it or, with a bad line, none: raises RowRefused. Returns what it did, and how many
    deliveries it woke."""
    plan = plan_import(table, text)
    if plan.bad:
        first = plan.bad[0]
        said, bad = gettext("Line {number}: {words}"), len(plan.bad)
        said = said.format(number=first.number, words=first.words)
        if bad > 1:
            said += " " + ngettext(
                "{bad} lines are bad in all.", "{bad} lines are bad in all.", bad
            ).format(bad=bad)
        raise RowRefused(f"{said} {gettext('Nothing was imported.')}")
    rows = [*plan.added, *((one.key, one.after) for one in plan.changed)]
    woken = _put(_tenant(), table, rows)
    record(
        "lookup_table.imported",
        subject=table,
        label=table,
        before={one.key: one.before for one in plan.changed[:SHOWN]},
        after={
            "added": len(plan.added),
            "changed": len(plan.changed),
            "same": plan.same,
            "woken": woken,
            "rows": dict(rows[:SHOWN]),
        },
    )
    return plan, woken


def _put(tenant_id: UUID, table: str, rows: Iterable[tuple[str, str]]) -> int:
    found, now = list(rows), timezone.now()
    LookupRow.objects.bulk_create(
        [LookupRow(tenant_id=tenant_id, table=table, key=key, value=value) for key, value in found],
        update_conflicts=True,
        unique_fields=["tenant", "table", "key"],
        update_fields=["value"],
        batch_size=1000,
    )
    for key, _ in found:
        forget_row(tenant_id, table, key)
    keys = keys_waited_for(table) & {key for key, _ in found}
    return sum(wake(table, key, tenant_id=tenant_id, now=now) for key in sorted(keys))


def _read(key: str, value: str) -> tuple[str, str]:
    check_row(key, value)
    return key, value


def check_row(key: str, value: str) -> None:
    """Raises ValueError, in words."""
    for words, text, longest in (
        (_OF_KEY, key, LONGEST_KEY),
        (_OF_VALUE, value, LONGEST_VALUE),
    ):
        is_empty, is_longer, is_unprintable = words
        if not text.strip():
            raise ValueError(str(is_empty))
        if len(text) > longest:
            raise ValueError(is_longer.format(longest=longest))
        if not text.isprintable():
            raise ValueError(str(is_unprintable))


_OF_KEY = (
    gettext_lazy("The key is empty."),
    gettext_lazy("The key is longer than {longest} characters."),
    gettext_lazy("The key has a character that cannot be shown."),
)
_OF_VALUE = (
    gettext_lazy("The value is empty."),
    gettext_lazy("The value is longer than {longest} characters."),
    gettext_lazy("The value has a character that cannot be shown."),
)


def check_table(table: str) -> None:
    """Raises RowRefused."""
    if not 0 < len(table.strip()) <= len(table) <= LONGEST_TABLE or not table.isprintable():
        raise RowRefused(
            gettext("A lookup table's name has 1 to {longest_table} characters.").format(
                longest_table=LONGEST_TABLE
            )
        )
    if ":" in table:
        raise RowRefused(gettext("A lookup table's name has no colon."))
    if table.startswith(OF_STOCK):
        raise RowRefused(gettext("The places of stock are set on the page of their flow."))


def _tenant() -> UUID:
    found = current_tenant_id()
    assert found is not None
    return found
