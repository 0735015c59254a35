"""Which SKUs a filter shows, in their order; and how many, up to so many.

Each is a walk along an index that ends as soon as the page is full.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.db import connection as db

from flows.models import StockLevel
from flows.queries.stock.layout import Layout
from flows.states import OPEN, State

SHOWS = ("all", "correcting", "stuck", "on_the_way", "unmapped", "gone")


@dataclass(frozen=True)
class Wanted:
    """`prefix` begins a SKU, as typed or in capitals; `after` is the last of the page before."""

    show: str = "all"
    prefix: str = ""
    after: str = ""


def find_levels(layout: Layout, wanted: Wanted, *, limit: int) -> dict[str, list[StockLevel]]:
    """By SKU, in their order: what any system says of it."""
    rows, parameters = _rows(layout, wanted.show)
    if not rows:
        return {}
    conditions, more = _conditions(wanted)
    sentence = f"""
        SELECT l.*, shown.sku AS shown FROM (
            SELECT DISTINCT sku FROM ({rows}) found WHERE {conditions} ORDER BY sku LIMIT %s
        ) shown LEFT JOIN flows_stocklevel l ON l.sku = shown.sku ORDER BY shown.sku
    """
    levels: dict[str, list[StockLevel]] = {}
    for one in StockLevel.objects.raw(sentence, [*parameters, *more, limit]):
        there = levels.setdefault(getattr(one, "shown"), [])  # noqa: B009 -- beside the columns
        if one.pk:  # not so for what has only been sold, or is on its way
            there.append(one)
    return levels


def count_skus(layout: Layout, shows: Sequence[str], *, most: int) -> list[int]:
    """Of each show, all by one query; `most` says that there are so many or more."""
    counts = [_count(layout, show, most) for show in shows]
    sentence = f"SELECT {', '.join(sentence for sentence, _ in counts)}"
    with db.cursor() as cursor:
        cursor.execute(sentence, [one for _, parameters in counts for one in parameters])
        return [int(count) for count in cursor.fetchone()]


def _count(layout: Layout, show: str, most: int) -> tuple[str, list[Any]]:
    rows, parameters = _rows(layout, show)
    if not rows:
        return "0", []
    if show in _OF_DELIVERIES:
        # They are in no order of SKUs. Of each SKU there are few, so that these are enough.
        rows = f"{rows} LIMIT {10 * most}"
    found = f"SELECT DISTINCT sku FROM ({rows}) found WHERE sku > '' LIMIT %s"
    return f"(SELECT count(*) FROM ({found}) n)", [*parameters, most]


def _conditions(wanted: Wanted) -> tuple[str, list[str]]:
    words, parameters = ["sku > %s"], [wanted.after]
    if wanted.prefix:
        spellings = sorted({wanted.prefix, wanted.prefix.upper()})
        words += ["sku >= %s", f"({' OR '.join(['starts_with(sku, %s)'] * len(spellings))})"]
        parameters += [spellings[0], *spellings]
    return " AND ".join(words), parameters


def _rows(layout: Layout, show: str) -> tuple[str, list[Any]]:
    """A SELECT of SKUs, in any order and more than once each; empty where there can be none."""
    if show == "all":
        return "SELECT sku FROM flows_stocklevel", []
    if show == "gone":
        where = "connection_id = ANY(%s) AND is_gone"
        return f"SELECT sku FROM flows_stocklevel WHERE {where}", [layout.targets]
    if show == "on_the_way":
        return _ON_THE_WAY, [[flow.pk for flow in layout.on]]
    if show == "unmapped":
        return _unmapped(layout)
    if show == "offered":
        return _OFFERED, [[flow.pk for flow in layout.on]]
    return _of_deliveries(layout, _OF_DELIVERIES[show])


_OF_DELIVERIES: dict[str, Sequence[State]] = {"correcting": OPEN, "stuck": (State.DEAD,)}


_IS_UNMAPPED = """
    SELECT sku FROM flows_stocklevel
    WHERE connection_id = %s AND location = ANY(%s) AND NOT is_gone
        AND (on_hand > 0 OR available > 0)
"""


def _unmapped(layout: Layout) -> tuple[str, list[Any]]:
    parts, parameters = [], []
    for flow in layout.on:
        places = [one.place for one in layout.unmapped if one.flow is flow]
        if places:
            parts.append(_IS_UNMAPPED)
            parameters += [flow.source_id, places]
    return " UNION ALL ".join(parts), parameters


def _of_deliveries(layout: Layout, states: Sequence[State]) -> tuple[str, list[Any]]:
    """The states stand in it as words: so PostgreSQL knows which index will do. A level that cannot
    be read has no standard record; by its id it is known which SKU it was of."""
    named = ", ".join(f"'{state.value}'" for state in states)
    sentence = f"""
        SELECT coalesce(d.standard ->> 'sku', l.sku) AS sku FROM flows_delivery d
        JOIN flows_flow f ON f.id = d.flow_id
        LEFT JOIN flows_stocklevel l ON d.standard IS NULL
            AND l.connection_id = f.source_id AND l.external_id = d.external_id
        WHERE d.state IN ({named}) AND d.target_id = ANY(%s) AND d.flow_id = ANY(%s)
    """
    return sentence, [layout.targets, [flow.pk for flow in layout.flows]]


# What the target of a flow holds, and its source tells of.
_OFFERED = """
    SELECT l.sku FROM flows_stocklevel l
    WHERE NOT l.is_gone AND EXISTS (
        SELECT FROM flows_flow f
        JOIN flows_stocklevel s ON s.connection_id = f.source_id AND s.sku = l.sku
        WHERE f.id = ANY(%s) AND f.target_id = l.connection_id AND NOT s.is_gone
    )
"""

# What an order has sold counts until the source was read after it knew of the order: so says
# flows.operations.stock.offers too.
_ON_THE_WAY = """
    SELECT r.sku FROM flows_reservation r
    JOIN flows_flow f ON f.id = ANY(%s)
    JOIN flows_stocklevel l ON l.connection_id = f.source_id AND l.sku = r.sku AND NOT l.is_gone
    LEFT JOIN flows_link k
        ON k.record_id = r.record_id AND k.connection_id = f.source_id AND k.is_primary
    WHERE k.created_at IS NULL OR k.created_at > l.as_of
"""
