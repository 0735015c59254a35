"""Currency rates by day."""

from dataclasses import dataclass
from datetime import date

from django.db.models import Count, Max, Q

from flows.models import Rate
from flows.operations.rates import COLUMNS
from flows.queries.pages import SIZE, Page, cut
from flows.sheet import write_sheet


@dataclass(frozen=True)
class RateRow:
    id: str
    base: str
    quote: str
    day: date
    rate: str


@dataclass(frozen=True)
class Pair:
    base: str
    quote: str
    count: int
    newest: date


def list_pairs() -> list[Pair]:
    """One query."""
    rows = Rate.objects.values("base", "quote").annotate(count=Count("pk"), newest=Max("day"))
    return [Pair(**one) for one in rows.order_by("base", "quote")]


def list_rates(*, after: str = "", size: int = SIZE) -> Page[RateRow]:
    """The newest day first. Raises Rate.DoesNotExist for an `after` that is none."""
    found = Rate.objects.order_by("-day", "base", "quote")
    if after:
        last = Rate.get_public(after)
        same_day = Q(day=last.day)
        later = Q(base__gt=last.base) | Q(base=last.base, quote__gt=last.quote)
        found = found.filter(Q(day__lt=last.day) | (same_day & later))
    rows = [
        RateRow(one.public_id, one.base, one.quote, one.day, f"{one.rate.normalize():f}")
        for one in found[: size + 1]
    ]
    return cut(rows, ids=[one.id for one in rows], after=after, size=size)


def export_rates() -> str:
    """CSV that can be imported again."""
    found = Rate.objects.order_by("base", "quote", "day")
    rows = found.values_list("base", "quote", "day", "rate")
    cells = ((base, quote, day, f"{rate.normalize():f}") for base, quote, day, rate in rows)
    return write_sheet(COLUMNS, cells)
