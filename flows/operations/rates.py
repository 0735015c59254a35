"""Imports currency rates from a CSV: base, quote, day, rate."""

import re
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, InvalidOperation

from django.utils.translation import gettext

from ekyam.audit.record import record
from ekyam.tenants.scope import current_tenant_id
from flows.models import Rate
from flows.operations.lookups import RowRefused
from flows.sheet import BadLine, read_sheet

COLUMNS = ("base", "quote", "day", "rate")
_CODE = re.compile(r"[A-Z]{3}", re.ASCII)
_PLACES, _MOST = Decimal("1e-10"), Decimal("1e10")

Given = tuple[str, str, date, Decimal]


@dataclass(frozen=True)
class RatePlan:
    added: list[Given]
    changed: list[Given]
    same: int
    bad: list[BadLine]


def plan_rates(text: str) -> RatePlan:
    sheet = read_sheet(text, COLUMNS, _read, lambda row: row[:3])
    bases = {row[0] for row in sheet.rows}
    days = [row[2] for row in sheet.rows]
    stored = Rate.objects.filter(base__in=bases)
    if days:
        stored = stored.filter(day__range=(min(days), max(days)))
    known = {tuple(row[:3]): row[3] for row in stored.values_list("base", "quote", "day", "rate")}
    added = [row for row in sheet.rows if row[:3] not in known]
    changed = [row for row in sheet.rows if row[:3] in known and known[row[:3]] != row[3]]
    return RatePlan(added, changed, len(sheet.rows) - len(added) - len(changed), sheet.bad)


def import_rates(text: str) -> RatePlan:
    """All of it or, with a bad line, none: raises RowRefused."""
    plan, tenant_id = plan_rates(text), current_tenant_id()
    if plan.bad:
        first = plan.bad[0]
        raise RowRefused(
            gettext("Line {number}: {words} Nothing was imported.").format(
                number=first.number, words=first.words
            )
        )
    assert tenant_id is not None
    Rate.objects.bulk_create(
        [
            Rate(tenant_id=tenant_id, base=base, quote=quote, day=day, rate=rate)
            for base, quote, day, rate in (*plan.added, *plan.changed)
        ],
        update_conflicts=True,
        unique_fields=["tenant", "base", "quote", "day"],
        update_fields=["rate"],
        batch_size=1000,
    )
    after = {"added": len(plan.added), "changed": len(plan.changed), "same": plan.same}
    record("rates.imported", label="Currency rates", after=after)
    return plan


def _read(base: str, quote: str, day: str, rate: str) -> Given:
    """Raises ValueError, in words."""
    codes = [code.strip().upper() for code in (base, quote)]
    for code in codes:
        if not _CODE.fullmatch(code):
            raise ValueError(
                gettext("«{code}» is no currency code of three letters.").format(code=code[:20])
            )
    if codes[0] == codes[1]:
        raise ValueError(gettext("Both currencies are the same."))
    try:
        on = date.fromisoformat(day.strip())
    except ValueError as error:
        raise ValueError(
            gettext("«{day}» is no day such as 2026-05-01.").format(day=day[:20])
        ) from error
    return codes[0], codes[1], on, _number(rate.strip())


def _number(text: str) -> Decimal:
    try:
        found = Decimal(text)
    except InvalidOperation as error:
        raise ValueError(
            gettext("«{text}» is no number such as 83.1250.").format(text=text[:20])
        ) from error
    if not (found.is_finite() and 0 < found < _MOST):
        raise ValueError(gettext("«{text}» is no rate: it must be above 0.").format(text=text[:20]))
    if found != found.quantize(_PLACES):
        raise ValueError(gettext("«{text}» has more than 10 decimals.").format(text=text[:20]))
    return found
