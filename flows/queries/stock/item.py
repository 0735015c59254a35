"""One SKU with all that is known of its stock: the sum, the systems, the orders, the way."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Q
from django.utils.translation import gettext, ngettext

from flows.models import Delivery, Flow, KitPart, Link, Record, Reservation, StockLevel
from flows.operations.stock.offers import Offered, key_of
from flows.operations.stock.streams import LEVELS
from flows.queries.stock.corrections import Correction, show_correction
from flows.queries.stock.layout import Layout, find_layout
from flows.queries.stock.listing import find_standings
from flows.queries.stock.reasons import Reason, Standing, describe, explain, judge
from flows.states import State

NEWEST = 20
MOST_SHOWN = 200


@dataclass(frozen=True)
class Line:
    words: str
    amount: int


@dataclass(frozen=True)
class Sum:
    """How much is offered at one place of one target, term by term."""

    flow_id: str
    flow: str
    source: str
    target: str
    place: str
    lines: list[Line]
    sum: int
    quantity: int
    held: int | None
    is_there: bool
    differs: bool


@dataclass(frozen=True)
class Level:
    system: str
    place: str
    quantities: list[int | None]
    as_of: datetime
    changed_at: datetime | None
    is_gone: bool


QUANTITIES = ("on_hand", "available", "committed", "safety", "damaged", "quarantined")


@dataclass(frozen=True)
class Sold:
    """`counts` while no source of it has told of its stock since it knew of the order."""

    order_id: str
    order: str
    quantity: int
    since: datetime
    counts: bool


@dataclass(frozen=True)
class Kit:
    """The other SKU, and how many of the part a kit holds."""

    sku: str
    quantity: int


@dataclass(frozen=True)
class Item:
    sku: str
    answer: str
    state: str
    sums: list[Sum]
    reasons: list[Reason]
    levels: list[Level]
    sold: list[Sold]
    kits: list[Kit]  # that it is part of
    parts: list[Kit]  # that it is made of
    deliveries: list[Correction]
    has_dead: bool


def get_item(sku: str) -> Item:
    """Raises StockLevel.DoesNotExist for what no system holds, no order and no kit names."""
    layout = find_layout()
    levels = list(StockLevel.objects.filter(sku=sku))
    sold, (kits, parts) = _sold(layout, sku, levels), _kits(sku)
    if not (levels or sold or kits or parts):
        raise StockLevel.DoesNotExist(sku)
    standings = find_standings(layout, {sku: levels})[sku]
    is_gone = any(one.is_gone and one.connection_id in layout.targets for one in levels)
    sums = [_sum(layout, one.flow, offered) for one in standings for offered in one.offered]
    state = judge(standings, is_gone=is_gone)
    return Item(
        sku=sku,
        answer=_answer(sums),
        state=state,
        sums=sums,
        reasons=[reason for standing in standings for reason in explain(layout, standing)],
        levels=_levels(layout, levels),
        sold=sold,
        kits=kits,
        parts=parts,
        deliveries=_deliveries(layout, sku, levels, standings),
        has_dead=any(d.state == State.DEAD for one in standings for d in one.deliveries),
    )


def _answer(sums: Sequence[Sum]) -> str:
    """«37 are offered at Main in Shopify, which holds 35.»"""
    return " ".join(map(_offered, sums[:3])) or gettext("It is offered nowhere.")


def _offered(one: Sum) -> str:
    if not one.is_there:
        said = ngettext(
            "{many:,} is offered at {place} in {target}, which does not have it.",
            "{many:,} are offered at {place} in {target}, which does not have it.",
            one.quantity,
        )
    elif one.differs:
        said = ngettext(
            "{many:,} is offered at {place} in {target}, which holds {held}.",
            "{many:,} are offered at {place} in {target}, which holds {held}.",
            one.quantity,
        )
    else:
        said = ngettext(
            "{many:,} is offered at {place} in {target}, as it should be.",
            "{many:,} are offered at {place} in {target}, as it should be.",
            one.quantity,
        )
    held = "?" if one.held is None else f"{one.held:,}"
    return said.format(many=one.quantity, place=one.place, target=one.target, held=held)


def _sum(layout: Layout, flow: Flow, one: Offered) -> Sum:
    return Sum(
        flow_id=flow.public_id,
        flow=flow.label,
        source=flow.source.label,
        target=flow.target.label,
        place=layout.label(flow.target_id, one.offer.place),
        lines=[Line(describe(layout, flow, term), term.amount) for term in one.offer.terms],
        sum=one.offer.sum,
        quantity=one.offer.quantity,
        held=one.known.quantity if one.known else None,
        is_there=one.known is not None,
        differs=one.differs,
    )


def _levels(layout: Layout, levels: Iterable[StockLevel]) -> list[Level]:
    names = {one.id: (number, one.label) for number, one in enumerate(layout.systems)}
    rows = [
        (
            names.get(one.connection_id, (len(names), ""))[0],
            Level(
                system=names.get(one.connection_id, (0, gettext("Another system")))[1],
                place=layout.label(one.connection_id, one.location),
                quantities=[getattr(one, name) for name in QUANTITIES],
                as_of=one.as_of,
                changed_at=one.changed_at,
                is_gone=one.is_gone,
            ),
        )
        for one in levels
    ]
    ordered = sorted(rows, key=lambda row: (row[0], row[1].place))
    return [level for _, level in ordered[:MOST_SHOWN]]


def _sold(layout: Layout, sku: str, levels: Sequence[StockLevel]) -> list[Sold]:
    found = Reservation.objects.filter(sku=sku).select_related("record").order_by("-created_at")
    rows = list(found[:MOST_SHOWN])
    sources = {flow.source_id for flow in layout.on}
    as_of: dict[Any, datetime] = {}
    for level in levels:
        if level.connection_id in sources and not level.is_gone:
            before = as_of.get(level.connection_id, level.as_of)
            as_of[level.connection_id] = min(before, level.as_of)
    links = Link.objects.filter(
        record__in=[row.record_id for row in rows], connection__in=sources, is_primary=True
    )
    landed = {(one.record_id, one.connection_id): one.created_at for one in links}
    return [
        Sold(
            order_id=row.record.public_id,
            order=row.record.label or row.record.reference,
            quantity=row.quantity,
            since=row.created_at,
            counts=any(
                landed.get((row.record_id, source)) is None
                or landed[row.record_id, source] > known_at
                for source, known_at in as_of.items()
            ),
        )
        for row in rows
    ]


def _kits(sku: str) -> tuple[list[Kit], list[Kit]]:
    """The kits that it is part of, and the parts that it is made of."""
    rows = KitPart.objects.filter(Q(part=sku) | Q(kit=sku)).order_by("kit", "part")[:MOST_SHOWN]
    return (
        [Kit(row.kit, row.quantity) for row in rows if row.part == sku],
        [Kit(row.part, row.quantity) for row in rows if row.kit == sku],
    )


def _deliveries(
    layout: Layout, sku: str, levels: Iterable[StockLevel], standings: Iterable[Standing]
) -> list[Correction]:
    """The newest ones at any place that its targets have, or had."""
    keys = {one.key for standing in standings for one in standing.offered}
    keys |= {key_of(sku, one.location) for one in levels if one.connection_id in layout.targets}
    accounts = {flow.target.account for flow in layout.flows}
    references = [f"{account}:{key}"[:255] for account in accounts for key in keys]
    records = Record.objects.filter(resource=LEVELS, reference__in=references)
    rows = (
        Delivery.objects.filter(record__in=list(records.values_list("pk", flat=True)))
        .select_related("target")
        .defer("target__sealed")
        .order_by("-sequence")
    )
    return [show_correction(layout, one) for one in rows[:NEWEST]]
