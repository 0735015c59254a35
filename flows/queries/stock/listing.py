"""The page of stock: a row for each SKU, with what each system says and what is offered."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import accumulate, islice
from typing import Any
from uuid import UUID

from flows.models import Delivery, Flow, StockLevel
from flows.operations.stock.offers import Offered, key_of, list_offers
from flows.queries.pages import SIZE, Page
from flows.queries.stock.layout import Layout, System
from flows.queries.stock.reasons import Reason, Standing, explain, judge
from flows.queries.stock.skus import Wanted, find_levels
from flows.states import OPEN, State

MOST_SYSTEMS = 6  # side by side, however little they tell


@dataclass(frozen=True)
class Cell:
    """A number; None where the system does not tell it. `differs` from what it should be."""

    number: int | None
    differs: bool = False


@dataclass(frozen=True)
class StockRow:
    sku: str
    cells: list[Cell]  # two for each column of each system
    state: str
    reasons: list[Reason]


def list_stock(layout: Layout, wanted: Wanted, *, size: int = SIZE) -> Page[StockRow]:
    """Ordered by SKU; the key of the next page is the last SKU of this one."""
    found = find_levels(layout, wanted, limit=size + 1)
    shown = dict(islice(found.items(), size))
    following = list(shown)[-1] if len(found) > size else ""
    return Page(_rows(layout, shown), following, bool(wanted.after))


def leave_out_silent(
    systems: Sequence[System], rows: Sequence[StockRow]
) -> tuple[list[System], list[StockRow]]:
    """Where there are many systems, those that tell nothing of these SKUs have no columns."""
    if len(systems) <= MOST_SYSTEMS:
        return list(systems), list(rows)
    ends = list(accumulate(one.width for one in systems))
    spans = [slice(end - one.width, end) for one, end in zip(systems, ends, strict=True)]
    shown = [
        (one, span)
        for one, span in zip(systems, spans, strict=True)
        if any(cell.number is not None for row in rows for cell in row.cells[span])
    ]
    cut = [replace(row, cells=[c for _, span in shown for c in row.cells[span]]) for row in rows]
    return [one for one, _ in shown], cut


def _rows(layout: Layout, levels: Mapping[str, Sequence[StockLevel]]) -> list[StockRow]:
    standings = find_standings(layout, levels)
    return [_row(layout, sku, there, standings[sku]) for sku, there in levels.items()]


def find_standings(
    layout: Layout, levels: Mapping[str, Sequence[StockLevel]]
) -> dict[str, list[Standing]]:
    """Of each SKU: how it stands in each flow that is On, or that has something left to send."""
    found: dict[str, list[Standing]] = {sku: [] for sku in levels}
    found_offers = list_offers(layout.on, levels, layout.places)
    offers = {pk: _by_sku(some) for pk, some in found_offers.items()}
    deliveries = _deliveries(layout, levels, offers)
    for flow in layout.flows:
        places = {one.place for one in layout.unmapped if one.flow is flow}
        for sku, there in levels.items():
            offered = offers.get(flow.pk, {}).get(sku, [])
            unsettled = deliveries[flow.pk, sku]
            left = _unmapped(flow, places, there)
            if offered or unsettled or left:
                told = {one.external_id for one in there if one.connection_id == flow.source_id}
                found[sku].append(Standing(flow, offered, unsettled, left, told))
    return found


def _by_sku(offered: Iterable[Offered]) -> dict[str, list[Offered]]:
    found: dict[str, list[Offered]] = defaultdict(list)
    for one in offered:
        found[one.offer.sku].append(one)
    return found


def _deliveries(
    layout: Layout,
    levels: Mapping[str, Sequence[StockLevel]],
    offers: Mapping[UUID, Mapping[str, Sequence[Offered]]],
) -> dict[tuple[Any, str], list[Delivery]]:
    """By flow and SKU, what is open or dead: of what is offered, of what the target holds, and of
    what the source says, by its own ids, that cannot be read."""
    keys = {key_of(sku, one.location): sku for sku, some in levels.items() for one in some}
    keys |= {one.external_id: sku for sku, some in levels.items() for one in some}
    for some in offers.values():
        keys |= {one.key: sku for sku, each in some.items() for one in each}
    rows = Delivery.objects.filter(
        flow__in=[flow.pk for flow in layout.flows],
        external_id__in=list(keys),
        state__in=[*OPEN, State.DEAD],
    )
    found: dict[tuple[Any, str], list[Delivery]] = defaultdict(list)
    for row in rows.defer("standard").order_by("sequence"):
        found[row.flow_id, keys[row.external_id]].append(row)
    return found


def _unmapped(flow: Flow, places: Collection[str], levels: Iterable[StockLevel]) -> int:
    there = [
        one
        for one in levels
        if one.connection_id == flow.source_id and one.location in places and not one.is_gone
    ]
    return sum(max(one.on_hand or 0, one.available or 0, 0) for one in there)


def _row(
    layout: Layout, sku: str, levels: Sequence[StockLevel], standings: Sequence[Standing]
) -> StockRow:
    offered = {
        (standing.flow.target_id, one.offer.place): one
        for standing in standings
        for one in standing.offered
    }
    is_gone = any(one.is_gone and one.connection_id in layout.targets for one in levels)
    return StockRow(
        sku=sku,
        cells=[cell for one in layout.systems for cell in _cells(one, levels, offered)],
        state=judge(standings, is_gone=is_gone),
        reasons=[reason for standing in standings for reason in explain(layout, standing)],
    )


def _cells(
    system: System, levels: Iterable[StockLevel], offered: dict[tuple[UUID, str], Offered]
) -> list[Cell]:
    """Of a source on hand and available; of a target what it holds and what is offered."""
    mine = [one for one in levels if one.connection_id == system.id and not one.is_gone]
    found = []
    for column in system.columns:
        there = [one for one in mine if one.location in column.places]
        if system.is_target:
            wanted = [
                one
                for (target, place), one in offered.items()
                if target == system.id and place in column.places
            ]
            differs = any(one.differs for one in wanted)
            found.append(Cell(_sum(one.available for one in there), differs))
            found.append(Cell(_sum(one.offer.quantity for one in wanted), differs))
        else:
            found.append(Cell(_sum(one.on_hand for one in there)))
            found.append(Cell(_sum(one.available for one in there)))
    return found


def _sum(numbers: Iterable[int | None]) -> int | None:
    told = [number for number in numbers if number is not None]
    return sum(told) if told else None
