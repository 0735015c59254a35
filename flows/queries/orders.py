"""Orders, the newest first, and finding one by any of its ids."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db.models import Count, Exists, F, OuterRef, Q, QuerySet
from django.db.models.functions import Coalesce
from django.utils import timezone

from ekyam import ids
from flows.models import Delivery, Link, Record
from flows.queries.pages import SIZE, Page, cut
from flows.queries.shown import HELD, LACKS_ROW
from flows.states import OPEN, State

FILTERS = {"all": (), "open": OPEN, "dead": (State.DEAD,)}
MOST_FOUND = 20
FEW = 2000
# No index covers what is inside a standard record: this far back it is read through.
DEEP_SEARCH_DAYS = 60
# The worst comes first: an order is in the worst state that any of its deliveries is in.
_WORST = (
    State.DEAD,
    HELD,
    LACKS_ROW,
    State.PARKED,
    State.IN_DOUBT,
    State.RETRYING,
    State.SENDING,
    State.PENDING,
    State.SUCCEEDED,
    State.UNCHANGED,
    State.SUPERSEDED,
    State.CANCELLED,
)


@dataclass(frozen=True)
class SystemId:
    system: str
    text: str


@dataclass(frozen=True)
class OrderRow:
    id: str
    label: str
    reference: str
    created_at: datetime
    systems: list[SystemId]
    state: str
    counts: list[tuple[str, int]]  # unsettled states and how many deliveries are in each


def list_orders(*, state: str = "all", after: str = "", size: int = SIZE) -> Page[OrderRow]:
    """Five queries at most. `state` is all, open or dead; `after` is the last row's public id."""
    found = Record.objects.filter(resource="order", parent=None)  # parts stand with their whole
    if FILTERS.get(state):
        found = found.filter(pk__in=_roots_in(FILTERS[state]))
    if after:
        found = found.filter(pk__lt=Record.get_public(after).pk)
    records = list(found.order_by("-pk")[: size + 1])
    keys = [one.public_id for one in records]
    return cut(_rows(records), ids=keys, after=after, size=size)


def _roots_in(states: Iterable[State]) -> Any:
    """Few are looked up by their keys; only for many is it quicker to walk along the orders."""
    roots = _roots_of(Delivery.objects.filter(state__in=states))
    few = list(roots.values_list("top", flat=True)[: FEW + 1])
    return few if len(few) <= FEW else roots


def _roots_of(deliveries: QuerySet[Delivery]) -> QuerySet[Any, Any]:
    """The orders that these deliveries, or those of their parts, belong to."""
    return (
        deliveries.filter(record__isnull=False)
        .annotate(top=Coalesce(F("record__parent_id"), F("record_id")))
        .values("top")
    )


def _rows(records: Sequence[Record]) -> list[OrderRow]:
    systems, states = _systems(records), _states(records)
    return [
        OrderRow(
            id=one.public_id,
            label=one.label or one.reference,
            reference=one.reference,
            created_at=one.created_at,
            systems=systems[one.pk],
            state=worst(states[one.pk]),
            counts=[(s, n) for s, n in states[one.pk].items() if s in (*OPEN, State.DEAD)],
        )
        for one in records
    ]


def _systems(records: Iterable[Record]) -> dict[UUID, list[SystemId]]:
    found = defaultdict(list)
    links = Link.objects.filter(record__in=[one.pk for one in records], is_primary=True)
    for link in links.select_related("connection").defer("connection__sealed").order_by("pk"):
        text = link.label or link.external_id
        found[link.record_id].append(SystemId(link.connection.label, text))
    return found


# What waits for what may as well never come, and what only waits behind that.
_IS_IDLE = Q(state__in=(State.PARKED, State.PENDING)) & Exists(
    Delivery.objects.filter(
        record=OuterRef("record_id"), target=OuterRef("target_id"), state=State.PARKED, note__gt=""
    )
)


def _states(records: Iterable[Record]) -> dict[UUID, dict[str, int]]:
    """Two queries: an OR over the records and their parents would read every delivery."""
    keys = [one.pk for one in records]
    roots = dict(Record.objects.filter(parent__in=keys).values_list("pk", "parent_id"))
    mine = Delivery.objects.filter(record__in=[*keys, *roots])
    mine = mine.exclude(_IS_IDLE)
    found: dict[UUID, dict[str, int]] = defaultdict(lambda: defaultdict(int))
    for row in mine.values("record_id", "state").annotate(count=Count("pk")):
        found[roots.get(row["record_id"], row["record_id"])][row["state"]] += row["count"]
    return found


def worst(states: Iterable[str]) -> str:
    present = set(states)
    return next((str(state) for state in _WORST if state in present), "none")


def find_orders(text: str) -> list[OrderRow]:
    """Orders that any system knows by this id, name, e-mail or tracking number, newest first."""
    wanted = text.strip()
    if not wanted:
        return []
    roots = _by_ids(wanted) or _by_label(wanted) or _by_content(wanted)
    records = Record.objects.filter(pk__in=roots, resource="order").order_by("-pk")
    return _rows(list(records[:MOST_FOUND]))


def _by_ids(wanted: str) -> set[UUID]:
    """Exact, by index: an id or label in any system, our reference, our public id."""
    spellings = _spellings(wanted)
    is_linked = Q(external_id__in=spellings) | Q(label__in=spellings)
    linked = Link.objects.filter(is_linked).select_related("record")
    found = {link.record.parent_id or link.record_id for link in linked[:MOST_FOUND]}
    for one in Record.objects.filter(Q(reference=wanted) | Q(pk=_public(wanted)))[:MOST_FOUND]:
        found.add(one.parent_id or one.pk)
    return found


def _spellings(wanted: str) -> list[str]:
    """#1001 and 1001 are one order number to people."""
    return list(dict.fromkeys((wanted, wanted.upper(), f"#{wanted}", wanted.removeprefix("#"))))


def _public(wanted: str) -> UUID | None:
    try:
        return ids.parse(Record.prefix, wanted)
    except ids.UnknownId:
        return None


def _by_label(wanted: str) -> set[UUID]:
    orders = Record.objects.filter(resource="order", label__in=_spellings(wanted))
    return set(orders.values_list("pk", flat=True)[:MOST_FOUND])


def _by_content(wanted: str) -> set[UUID]:
    since = ids.floor(timezone.now() - timedelta(days=DEEP_SEARCH_DAYS))
    recent = Delivery.objects.filter(pk__gte=since)
    if "@" in wanted:
        inside = Q(standard__contains={"email": wanted}) | Q(
            standard__contains={"email": wanted.lower()}
        )
    else:
        inside = Q(standard__contains={"parcels": [{"tracking_number": wanted}]})
    roots = _roots_of(recent.filter(inside))
    return set(roots.values_list("top", flat=True)[:MOST_FOUND])
