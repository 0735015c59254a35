"""Orders, the newest first: all of them, or those that filters leave."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db.models import Case, CharField, Count, Exists, F, OuterRef, Q, QuerySet, Value, When

from ekyam import ids
from flows.models import Delivery, Link, OrderHold, Record, SearchKey
from flows.queries.called import by_links, by_own
from flows.queries.holds import held_among
from flows.queries.pages import SIZE, Page, cut
from flows.queries.shown import HELD, LACKS_ROW, ON_HOLD
from flows.search import digest_of
from flows.states import OPEN, SENDABLE, State
from flows.waits import RELEASE, ROW

FILTERS = {"all": (), "open": OPEN, "dead": (State.DEAD,)}
FEW = 2000
# The worst comes first: an order is in the worst state that any of its deliveries is in.
_WORST = (
    State.DEAD,
    ON_HOLD,
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


Counted = dict[tuple[str, str], int]  # deliveries, by their state and by what is shown of it


@dataclass(frozen=True)
class Wanted:
    """Which orders. With a state, flow and system are those of the very delivery that is in it.

    `state` is all, open, dead or held; `text` is any id, written out whole.
    """

    state: str = "all"
    system: UUID | None = None
    flow: UUID | None = None
    since: datetime | None = None
    until: datetime | None = None  # not included
    text: str = ""


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
    is_held: bool = False  # by a person


def list_orders(*, wanted: Wanted = Wanted(), after: str = "", size: int = SIZE) -> Page[OrderRow]:
    """Nine queries at most. `after` is the last row's public id."""
    found = Record.objects.filter(resource="order", parent=None)  # parts stand with their whole
    for condition in _conditions(wanted):
        found = found.filter(condition)
    if after:
        found = found.filter(pk__lt=Record.get_public(after).pk)
    records = list(found.order_by("-pk")[: size + 1])
    keys = [one.public_id for one in records]
    return cut(show_orders(records), ids=keys, after=after, size=size)


def _conditions(wanted: Wanted) -> Iterable[Q]:
    """An id holds its time, so a span of time is a stretch of the keys."""
    if wanted.since:
        yield Q(pk__gte=ids.floor(wanted.since))
    if wanted.until:
        yield Q(pk__lt=ids.floor(wanted.until))
    if wanted.text:
        yield _called(wanted.text)
    if wanted.state == "held":
        yield _held(wanted)
    elif wanted.state == "open":  # as its row says it: what is idle is not under way
        yield _of_deliveries(_deliveries(wanted, OPEN).exclude(_IS_IDLE))
    elif wanted.flow or FILTERS.get(wanted.state):
        yield _of_deliveries(_deliveries(wanted, FILTERS.get(wanted.state, ())))
    elif wanted.system:
        links = Link.objects.filter(connection=wanted.system, resource="order")
        yield _among(links, "record_id")


def _deliveries(wanted: Wanted, states: Iterable[str]) -> QuerySet[Delivery]:
    found = Delivery.objects.filter(root__isnull=False)
    if states:
        found = found.filter(state__in=states)
    if wanted.flow:
        found = found.filter(flow=wanted.flow)
    if wanted.system:
        found = found.filter(Q(target=wanted.system) | Q(flow__source=wanted.system))
    return found


def _of_deliveries(deliveries: QuerySet[Delivery]) -> Q:
    return _among(deliveries, "root_id")


def _among(rows: QuerySet, key: str) -> Q:  # type: ignore[type-arg]
    """Few are looked up by their keys; only for many is it quicker to walk along the orders."""
    few = list(rows.values_list(key, flat=True)[: FEW + 1])
    if len(few) <= FEW:
        return Q(pk__in=set(few))
    return Q(Exists(rows.filter(**{key: OuterRef("pk")})))


def _held(wanted: Wanted) -> Q:
    """By a rule or by a person."""
    by_rule = _deliveries(wanted, (State.PARKED,)).filter(waits_for__startswith=RELEASE)
    by_person = OrderHold.objects.filter(released_at=None)
    if wanted.flow or wanted.system:
        roots = _deliveries(wanted, SENDABLE).filter(root_id=OuterRef("record_id"))
        by_person = by_person.filter(Exists(roots))
    return _of_deliveries(by_rule) | _among(by_person, "record_id")


def _called(text: str) -> Q:
    from_ids = [root for root, _ in (*by_links(text), *by_own(text))]
    keys = SearchKey.objects.filter(digest=digest_of(text))
    own, of_parts = keys.filter(record__parent=None), keys.exclude(record__parent=None)
    few = list(of_parts.values_list("record__parent_id", flat=True)[:FEW])
    return Q(pk__in={*from_ids, *few}) | _among(own, "record_id")


def show_orders(records: Sequence[Record]) -> list[OrderRow]:
    """Three queries."""
    keys = [one.pk for one in records]
    held = held_among(keys)
    systems, states = _systems(keys), _states(keys)
    return [
        OrderRow(
            id=one.public_id,
            label=one.label or one.reference,
            reference=one.reference,
            created_at=one.created_at,
            systems=systems[one.pk],
            state=_state(states[one.pk], is_held=one.pk in held),
            counts=[(s, n) for (s, _), n in states[one.pk].items() if s in (*OPEN, State.DEAD)],
            is_held=one.pk in held,
        )
        for one in records
    ]


def _state(states: Counted, *, is_held: bool) -> str:
    shown = [shown for _, shown in states]
    return worst([*shown, ON_HOLD] if is_held else shown)


def _systems(keys: Iterable[UUID]) -> dict[UUID, list[SystemId]]:
    found = defaultdict(list)
    links = Link.objects.filter(record__in=keys, is_primary=True)
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


# As `shown.show_state` has it.
_SHOWN = Case(
    When(state=State.PARKED, waits_for__startswith=RELEASE, then=Value(HELD)),
    When(state=State.PARKED, waits_for__startswith=ROW, then=Value(LACKS_ROW)),
    default=F("state"),
    output_field=CharField(),
)


def _states(keys: Sequence[UUID]) -> dict[UUID, Counted]:
    """How many deliveries of each order, and of what belongs to it, are in which state."""
    mine = Delivery.objects.filter(root__in=keys).exclude(_IS_IDLE)
    found: dict[UUID, Counted] = defaultdict(dict)
    for row in mine.values("root_id", "state", shown=_SHOWN).annotate(count=Count("pk")):
        found[row["root_id"]][row["state"], row["shown"]] = row["count"]
    return found


def worst(states: Iterable[str]) -> str:
    present = set(states)
    return next((str(state) for state in _WORST if state in present), "none")
