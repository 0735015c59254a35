"""What a person may change of a flow of stock, and what a change would do."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.db import connection as db

from ekyam.audit.listing import Wanted, list_entries
from flows.models import Flow, Formula, KitPart, LookupRow
from flows.operations.stock.offers import find_offers, locations_table
from flows.operations.stock.streams import is_stock
from flows.queries.stock.layout import Layout, find_layout
from flows.queries.stock.syncs import SyncRow, newest_syncs

SAMPLE = 200
MOST_SHOWN = 10
MOST_KITS = 500
MOST_CHANGES = 50
LEFT_OUT = "-"  # how «Not offered» is said in a form, where nothing at all means nothing chosen


@dataclass(frozen=True)
class Choice:
    """A place of the target; one that is closed is shown and cannot be chosen."""

    value: str
    label: str
    is_active: bool


@dataclass(frozen=True)
class Place:
    """A place of the source. `chosen` is empty where nobody has chosen, LEFT_OUT for «nowhere»."""

    id: str
    label: str
    external_id: str
    is_active: bool
    chosen: str
    warning: str


@dataclass(frozen=True)
class KitRow:
    id: str
    kit: str
    part: str
    quantity: int


@dataclass(frozen=True)
class FlowSettings:
    id: str
    label: str
    source: str
    target: str
    is_on: bool
    usual: str  # the place of the target where all is offered that nobody has mapped
    places: list[Place]
    choices: list[Choice]
    kits: list[KitRow]
    has_more_kits: bool
    last: SyncRow | None


@dataclass(frozen=True)
class Move:
    """How much would be offered of a SKU at a place, instead of what is."""

    sku: str
    place: str
    before: int
    after: int


@dataclass(frozen=True)
class Preview:
    """Of `sampled` SKUs `changed` would be offered otherwise; `moves` are the first of them."""

    sampled: int
    changed: int
    moves: list[Move]


def get_stock_flow(public_id: str) -> Flow:
    """Raises Flow.DoesNotExist, also for a flow of something else."""
    flow = Flow.get_public(public_id)
    if not is_stock(flow):
        raise Flow.DoesNotExist(public_id)
    return flow


def get_settings(flow: Flow) -> FlowSettings:
    layout = find_layout()
    kits = list(KitPart.objects.order_by("kit", "part")[: MOST_KITS + 1])
    usual = str(flow.target.settings.get("location_id") or "")
    return FlowSettings(
        id=flow.public_id,
        label=flow.label,
        source=flow.source.label,
        target=flow.target.label,
        is_on=flow.is_on,
        usual=layout.label(flow.target_id, usual) if usual else "",
        places=_places(flow, layout),
        choices=_choices(flow, layout),
        kits=[KitRow(one.public_id, one.kit, one.part, one.quantity) for one in kits[:MOST_KITS]],
        has_more_kits=len(kits) > MOST_KITS,
        last=newest_syncs([flow]).get(flow.public_id),
    )


def _choices(flow: Flow, layout: Layout) -> list[Choice]:
    there = layout.locations.get(flow.target_id, ())
    return [Choice(one.external_id, str(one), one.is_active) for one in there]


def _places(flow: Flow, layout: Layout) -> list[Place]:
    table = LookupRow.objects.filter(table=locations_table(flow))
    chosen = {key: value or LEFT_OUT for key, value in table.values_list("key", "value")}
    warnings = {one.place: one.reason for one in layout.unmapped if one.flow.pk == flow.pk}
    return [
        Place(
            id=one.public_id,
            label=str(one),
            external_id=one.external_id,
            is_active=one.is_active,
            chosen=chosen.get(one.external_id, ""),
            warning=warnings.get(one.external_id, ""),
        )
        for one in layout.locations.get(flow.source_id, ())
    ]


# Any order will do that is no order of SKUs, and the same one at the next look.
_SAMPLE = """
    SELECT sku FROM (
        SELECT DISTINCT sku FROM flows_stocklevel WHERE connection_id = %s AND NOT is_gone
    ) found ORDER BY md5(sku) LIMIT %s
"""


def who_kept(flow: Flow, name: str) -> str:
    """Who has kept the formula with this term last; nothing where the log does not tell."""
    wanted = Wanted(action="formula.changed", subject=flow.public_id)
    for entry in list_entries(wanted, size=MOST_CHANGES):
        if any(change.name == name for change in entry.changes):
            return entry.actor
    return ""


def preview_formula(flow: Flow, formula: Formula) -> Preview:
    """What would be offered by it of some SKUs, beside what is offered now."""
    with db.cursor() as cursor:
        cursor.execute(_SAMPLE, [flow.source_id, SAMPLE])
        skus = [row[0] for row in cursor.fetchall()]
    before, after = _quantities(flow, skus, None), _quantities(flow, skus, formula)
    layout = find_layout()
    moves = [
        Move(sku, layout.label(flow.target_id, place), quantity, after.get((sku, place), 0))
        for (sku, place), quantity in sorted(before.items())
        if quantity != after.get((sku, place), 0)
    ]
    return Preview(len(skus), len({one.sku for one in moves}), moves[:MOST_SHOWN])


def _quantities(
    flow: Flow, skus: list[str], terms: Formula | None
) -> Mapping[tuple[str, str], int]:
    """Kits that hold one of the SKUs are left out: they were not drawn."""
    drawn: set[Any] = set(skus)
    offered = find_offers(flow, skus, terms=terms)
    return {
        (one.offer.sku, one.offer.place): one.offer.quantity
        for one in offered
        if one.offer.sku in drawn
    }
