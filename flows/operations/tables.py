"""Answers a mapping's questions of a company's own tables: which row is it, what is the rate."""

import time
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db.models import Sum

from flows.models import Flow, LookupRow, Rate, StockLevel
from flows.operations.stock.streams import is_stock

KEPT, KEPT_SECONDS = 50_000, 2.0
_kept: dict[tuple[Any, ...], tuple[Any, float]] = {}


@dataclass(frozen=True)
class Tables:
    """People change rows, and expect it to be heeded: answers are kept for a moment only.

    Every question is asked inside `scope()`, for a plan asks from a thread of its own.
    """

    tenant_id: UUID
    scope: Callable[[], AbstractContextManager[None]] = nullcontext

    def find_row(self, table: str, key: str) -> str | None:
        if "\x00" in key:
            return None  # PostgreSQL keeps no such text
        found: str | None = self._ask(_row, table, key)
        return found

    def find_rate(self, base: str, quote: str, day: date) -> Decimal | None:
        """The newest on the day or before it, unless that is too old."""
        if base == quote:
            return Decimal(1)
        found: Decimal | None = self._ask(_rate, base, quote, day)
        return found

    def find_available(self, sku: str) -> Decimal | None:
        """What the sources of flows of stock call available, all their places together."""
        found: Decimal | None = self._ask(_available, sku)
        return found

    def _ask(self, look: Callable[..., Any], *wanted: Any) -> Any:
        question = (look, self.tenant_id, *wanted)
        known = _kept.get(question)
        if known is None or known[1] < time.monotonic():
            if len(_kept) > KEPT:
                _kept.clear()
            with self.scope():
                known = _kept[question] = (look(*wanted), time.monotonic() + KEPT_SECONDS)
        return known[0]


def forget_row(tenant_id: UUID, table: str, key: str) -> None:
    """What is kept of it in this process; others keep it for a moment longer."""
    _kept.pop((_row, tenant_id, table, key), None)


def _row(table: str, key: str) -> str | None:
    rows = LookupRow.objects.filter(table=table, key=key)
    return rows.values_list("value", flat=True).first()


def _available(sku: str) -> Decimal | None:
    flows = Flow.objects.filter(is_on=True).select_related("source").defer("source__sealed")
    sources = {flow.source_id for flow in flows if is_stock(flow)}
    levels = StockLevel.objects.filter(sku=sku, is_gone=False, connection__in=sources)
    found = levels.aggregate(found=Sum("available"))["found"]
    return None if found is None else Decimal(found)


def _rate(base: str, quote: str, day: date) -> Decimal | None:
    oldest = day - timedelta(days=settings.EKYAM_RATE_DAYS)
    found = Rate.objects.filter(base=base, quote=quote, day__range=(oldest, day)).order_by("-day")
    return found.values_list("rate", flat=True).first()
