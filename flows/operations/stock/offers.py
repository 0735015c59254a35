"""What a flow offers of some SKUs now, beside what its target holds of them."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple
from uuid import UUID

from django.db import connection as db
from django.db.models import Q

from flows.formula import Offer, Places, Shelf, Sold, kit_offers, offers_of
from flows.models import Flow, Formula, KitPart, LookupRow, StockLocation
from flows.operations.stock.streams import stock_flows
from flows.states import IllegalMove


@dataclass(frozen=True, slots=True)
class Known:
    """A level of the target, as far as we know."""

    external_id: str
    item_id: str
    quantity: int | None


@dataclass(frozen=True, slots=True)
class Offered:
    """`known` is None where we know no such level in the target."""

    offer: Offer
    known: Known | None

    @property
    def key(self) -> str:
        return key_of(self.offer.sku, self.offer.place)

    @property
    def differs(self) -> bool:
        return self.known is None or self.known.quantity != self.offer.quantity


def key_of(sku: str, place: str) -> str:
    """By what a flow names a level of its target."""
    return f"{sku}@{place}"[:255]


def locations_table(flow: Flow) -> str:
    """The lookup table that says where each place of the source is offered in the target."""
    return f"locations {flow.public_id}"


def formula_of(flow: Flow) -> Formula:
    found = Formula.objects.filter(flow=flow).first()
    return found or Formula(tenant_id=flow.tenant_id, flow=flow)


def places_of(flow: Flow) -> Places:
    """A place without a row is offered at the target's own location for stock, if one is set."""
    return places_of_each([flow])[flow.pk]


def places_of_each(flows: Iterable[Flow]) -> dict[UUID, Places]:
    """The same of several flows, by their keys; one query."""
    tables = {locations_table(flow): flow for flow in flows}
    rows: dict[str, dict[str, str]] = {table: {} for table in tables}
    for one in LookupRow.objects.filter(table__in=tables) if tables else ():
        rows[one.table][one.key] = one.value
    return {
        flow.pk: _Places(rows[table], str(flow.target.settings.get("location_id") or "") or None)
        for table, flow in tables.items()
    }


def refuse_rivals(flow: Flow) -> None:
    """Of one place, one flow says how much there is: two would take turns for ever."""
    others = Flow.objects.filter(target=flow.target, is_on=True).exclude(pk=flow.pk)
    for other in stock_flows(others.select_related("source", "target")):
        if _offered_at(flow) & _offered_at(other):
            raise IllegalMove(
                f"«{other.label}» offers stock at the same place of {flow.target.label}: switch it"
                " off first, or offer this one's at another place."
            )


def _offered_at(flow: Flow) -> set[str]:
    """The places of the target; where the source's are not known yet, the usual one."""
    places = places_of(flow)
    known = StockLocation.objects.filter(connection=flow.source)
    ids = list(known.values_list("external_id", flat=True)) or [""]
    return {place for id_ in ids if (place := places.get(id_))}


class _Places(dict[str, str | None]):
    def __init__(self, rows: Mapping[str, str | None], usual: str | None) -> None:
        super().__init__(rows)
        self.usual = usual

    def get(self, key: str, default: Any = None) -> str | None:
        return super().get(key, self.usual)


def find_offers(
    flow: Flow, skus: Collection[str], *, terms: Formula | None = None
) -> list[Offered]:
    """Of these SKUs, and of the kits that they are part of; by other terms, as if they held."""
    if not skus:
        return []
    terms, places = terms or formula_of(flow), places_of(flow)
    kits = find_kits(skus)
    wanted = {*skus, *(part for parts in kits.values() for part in parts)}
    source, target = _levels(flow, wanted)
    sold = _sold(flow, wanted)
    offers = {
        sku: _offers(
            sku, source.get(sku, ()), sold.get(sku, ()), terms, places, target.get(sku, {})
        )
        for sku, levels in source.items()
        if sku not in kits
    }
    for kit, parts in kits.items():
        offers[kit] = kit_offers(kit, parts, offers)
    asked = {*skus, *kits}
    found = []
    for sku in sorted(asked):
        known = target.get(sku, {})
        for offer in offers.get(sku, ()):
            offer.add("Buffer", -terms.buffer, "buffer")
            found.append(Offered(offer, known.get(offer.place)))
    return found


class _Row(NamedTuple):
    """A level of the source; times are seconds since the epoch, which are read faster."""

    location: str
    as_of: float
    shelf: Sequence[int | None]


_LEVELS = """
    SELECT sku, connection_id = %s, external_id, item_id, location, date_part('epoch', as_of),
           on_hand, available, committed, safety, damaged, quarantined
    FROM flows_stocklevel
    WHERE sku = ANY(%s) AND connection_id IN (%s, %s) AND NOT is_gone
"""


def _levels(
    flow: Flow, skus: Iterable[str]
) -> tuple[dict[str, list[_Row]], dict[str, dict[str, Known]]]:
    """By SKU: what the source says, and what the target holds at its places."""
    source: dict[str, list[_Row]] = {}
    target: dict[str, dict[str, Known]] = {}
    with db.cursor() as cursor:
        cursor.execute(_LEVELS, [flow.target_id, list(skus), flow.source_id, flow.target_id])
        for sku, is_target, external_id, item_id, location, as_of, *shelf in cursor.fetchall():
            if is_target:
                target.setdefault(sku, {})[location] = Known(external_id, item_id, shelf[1])
            else:
                source.setdefault(sku, []).append(_Row(location, as_of, shelf))
    return source, target


class _SoldRow(NamedTuple):
    sku: str
    order: str
    quantity: int
    landed_at: float | None


_SOLD = """
    SELECT r.sku, COALESCE(NULLIF(o.label, ''), o.reference), r.quantity,
           date_part('epoch', k.created_at)
    FROM flows_reservation r
    JOIN flows_record o ON o.id = r.record_id
    LEFT JOIN flows_link k
        ON k.record_id = r.record_id AND k.connection_id = %s AND k.is_primary
    WHERE r.sku = ANY(%s)
    ORDER BY r.created_at
"""


def _sold(flow: Flow, skus: Iterable[str]) -> dict[str, list[_SoldRow]]:
    found = defaultdict(list)
    with db.cursor() as cursor:
        cursor.execute(_SOLD, [flow.source_id, list(skus)])
        for row in cursor.fetchall():
            found[row[0]].append(_SoldRow(*row))
    return found


def _offers(
    sku: str,
    source: Sequence[_Row],
    sold: Sequence[_SoldRow],
    terms: Formula,
    places: Places,
    target: Mapping[str, Known],
) -> list[Offer]:
    """What an order has sold counts until the source was read after it knew of the order."""
    as_of = min(row.as_of for row in source)
    unknown = [
        Sold(one.order, one.quantity)
        for one in sold
        if one.landed_at is None or one.landed_at > as_of
    ]
    shelves = [Shelf(row.location, *row.shelf) for row in source]
    known = {place: one.quantity for place, one in target.items() if one.quantity is not None}
    return offers_of(sku, shelves, unknown, terms=terms, places=places, known=known)


def find_kits(skus: Collection[str]) -> dict[str, dict[str, int]]:
    """The kits among these SKUs and those that hold one of them, with all of their parts."""
    if not KitPart.objects.exists():
        return {}
    named = list(skus)
    touched = KitPart.objects.filter(Q(kit__in=named) | Q(part__in=named)).values("kit")
    found: dict[str, dict[str, int]] = defaultdict(dict)
    for row in KitPart.objects.filter(kit__in=touched):
        found[row.kit][row.part] = row.quantity
    return found
