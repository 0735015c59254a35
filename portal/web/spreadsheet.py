"""Tables as CSV: page by page as they are read, and safe to open in a spreadsheet."""

import csv
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from django.http import StreamingHttpResponse

from ekyam.audit.record import record
from ekyam.tenants.models import Tenant
from ekyam.tenants.scope import tenant_scope

PAGE = 500
_NUMBER = re.compile(r"[+-]?\d+(\.\d+)?")
_STARTS = ("=", "+", "-", "@", "\t", "\r")

Turn = Callable[[str], tuple[list[Sequence[Any]], str]]


def spreadsheet(
    tenant: Tenant,
    name: str,
    header: Sequence[str],
    turn: Turn,
    *,
    filters: Mapping[str, str] | None = None,
) -> StreamingHttpResponse:
    """`turn(after)` returns the rows of a page and the key of the next, empty after the last.

    Needs a tenant scope: who takes a table out of Ekyam is told to the audit log.
    """
    record("table.exported", label=f"{name}.csv", after=dict(filters or {}))
    answer = StreamingHttpResponse(_lines(tenant, header, turn), content_type="text/csv")
    answer["Content-Disposition"] = f'attachment; filename="{name}.csv"'
    return answer


class _Line:
    """Gives back what the writer writes."""

    def write(self, text: str) -> str:
        return text


def _lines(tenant: Tenant, header: Sequence[str], turn: Turn) -> Iterator[str]:
    """Each page in a scope of its own: the view's has ended when this runs."""
    writer: Any = csv.writer(_Line())
    yield writer.writerow(header)
    after = ""
    while True:
        with tenant_scope(tenant):
            rows, after = turn(after)
        yield from (writer.writerow([tame(cell) for cell in row]) for row in rows)
        if not after:
            return


def tame(cell: Any) -> str:
    """A cell that a spreadsheet would take for a formula begins with an apostrophe."""
    text = "" if cell is None else str(cell)
    if text.startswith(_STARTS) and not _NUMBER.fullmatch(text):
        return f"'{text}"
    return text
