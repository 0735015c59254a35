"""What a flow offers of some SKUs now, beside what its target holds of them."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple
from uuid import UUID

from django.db import connection as db
from django.db.models import Q
from django.utils.translation import gettext

from flows.formula import Offer, Places, Shelf, Sold, kit_offers, offers_of
from flows.models import Flow, Formula, KitPart, LookupRow, StockLevel, StockLocation
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


def list_places(flows: Iterable[Flow]) -> dict[UUID, Places]:
    """By the keys of flows, by one query. A place without a row is offered at the target's own
    location for stock, if one is set."""
    named = {locations_table(flow): flow for flow in flows}
    chosen: dict[str, dict[str, str | None]] = defaultdict(dict)
    rows = LookupRow.objects.filter(table__in=list(named))
    for table, key, value in rows.values_list("table", "key", "value"):
        chosen[table][key] = value
    return {flow.pk: _Places(chosen[table], _usual(flow)) for table, flow in named.items()}


def _usual(flow: Flow) -> str | None:
    return str(flow.target.settings.get("location_id") or "") or None


def refuse_rivals(flow: Flow) -> None:
    """Of one place, one flow says how much there is: two would take turns for ever."""
    others = Flow.objects.filter(target=flow.target, is_on=True).exclude(pk=flow.pk)
    for other in stock_flows(others.select_related("source", "target")):
        if _offered_at(flow) & _offered_at(other):
            raise IllegalMove(
                gettext(
                    "«{label}» offers stock at the same place of {flow_target_label}: switch it "
                    "off first, or offer this one's at another place."
                ).format(label=other.label, flow_target_label=flow.target.label)
            )


def _offered_at(flow: Flow) -> set[str]:
    """The places of the target; where the source's are not known yet, the usual one."""
    places = list_places([flow])[flow.pk]
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
    formulas = {flow.pk: terms or formula_of(flow)} if skus else {}
    places = list_places([flow]) if skus else {}
    return _find_offers([flow], skus, formulas, places)[flow.pk]


def list_offers(
    flows: Sequence[Flow],
    levels: Mapping[str, Iterable[StockLevel]],
    places: Mapping[UUID, Places],
) -> dict[UUID, list[Offered]]:
    """The same of many flows, whose places are known, and of SKUs with all that any system says of
    them: four queries, whatever their number."""
    rows = Formula.objects.filter(flow__in=[flow.pk for flow in flows])
    formulas = {flow.pk: Formula(tenant_id=flow.tenant_id, flow=flow) for flow in flows}
    formulas |= {one.flow_id: one for one in rows}
    return _find_offers(flows, levels.keys(), formulas, places, levels)


def _find_offers(
    flows: Sequence[Flow],
    skus: Collection[str],
    formulas: Mapping[UUID, Formula],
    places: Mapping[UUID, Places],
    known: Mapping[str, Iterable[StockLevel]] | None = None,
) -> dict[UUID, list[Offered]]:
    if not skus or not flows:
        return {flow.pk: [] for flow in flows}
    kits = find_kits(skus)
    wanted = {*skus, *(part for parts in kits.values() for part in parts)}
    levels, sold = _levels(flows, wanted, known or {}), _sold(flows, wanted)
    return {
        flow.pk: _offered_by(flow, skus, formulas[flow.pk], places[flow.pk], kits, levels, sold)
        for flow in flows
    }


def _offered_by(
    flow: Flow,
    skus: Collection[str],
    terms: Formula,
    places: Places,
    kits: Mapping[str, Mapping[str, int]],
    levels: "_Levels",
    sold: Mapping[str, Sequence["_SoldRow"]],
) -> list[Offered]:
    source, target = levels[flow.source_id], _known(levels[flow.target_id])
    offers = {
        sku: _offers(sku, flow, rows, sold.get(sku, ()), terms, places, target.get(sku, {}))
        for sku, rows in source.items()
        if sku not in kits
    }
    for kit, parts in kits.items():
        offers[kit] = kit_offers(kit, parts, offers)
    found = []
    for sku in sorted({*skus, *kits}):
        known = target.get(sku, {})
        for offer in offers.get(sku, ()):
            offer.add("Buffer", -terms.buffer, "buffer")
            found.append(Offered(offer, known.get(offer.place)))
    return found


class _Row(NamedTuple):
    """A level; times are seconds since the epoch, which are read faster."""

    external_id: str
    item_id: str
    location: str
    as_of: float
    shelf: Sequence[int | None]


_Levels = Mapping[UUID, Mapping[str, Sequence[_Row]]]
_SHELF = ("on_hand", "available", "committed", "safety", "damaged", "quarantined")
_LEVELS = f"""
    SELECT connection_id, sku, external_id, item_id, location, date_part('epoch', as_of),
           {", ".join(_SHELF)}
    FROM flows_stocklevel
    WHERE sku = ANY(%s) AND connection_id = ANY(%s) AND NOT is_gone
"""


def _levels(
    flows: Iterable[Flow], skus: Iterable[str], known: Mapping[str, Iterable[StockLevel]]
) -> _Levels:
    """By system and SKU: what it says, or holds, at its places; read, where it is not known."""
    ends = {id_ for flow in flows for id_ in (flow.source_id, flow.target_id)}
    found: dict[UUID, dict[str, list[_Row]]] = {end: {} for end in ends}
    for sku, some in known.items():
        for one in some:
            if one.connection_id in ends and not one.is_gone:
                found[one.connection_id].setdefault(sku, []).append(_row(one))
    if missing := [sku for sku in skus if sku not in known]:
        with db.cursor() as cursor:
            cursor.execute(_LEVELS, [missing, list(ends)])
            for end, sku, external_id, item_id, location, as_of, *shelf in cursor.fetchall():
                row = _Row(external_id, item_id, location, as_of, shelf)
                found[end].setdefault(sku, []).append(row)
    return found


def _row(level: StockLevel) -> _Row:
    shelf = [getattr(level, name) for name in _SHELF]
    as_of = level.as_of.timestamp()
    return _Row(level.external_id, level.item_id, level.location, as_of, shelf)


def _known(levels: Mapping[str, Sequence[_Row]]) -> dict[str, dict[str, Known]]:
    """By SKU and place, what a target holds."""
    return {
        sku: {row.location: Known(row.external_id, row.item_id, row.shelf[1]) for row in rows}
        for sku, rows in levels.items()
    }


@dataclass(slots=True)
class _SoldRow:
    """`landed_at`: since when each source knows of the order."""

    order: str
    quantity: int
    landed_at: dict[UUID, float]


_SOLD = """
    SELECT r.id, r.sku, COALESCE(NULLIF(o.label, ''), o.reference), r.quantity, k.connection_id,
           date_part('epoch', k.created_at)
    FROM flows_reservation r
    JOIN flows_record o ON o.id = r.record_id
    LEFT JOIN flows_link k
        ON k.record_id = r.record_id AND k.connection_id = ANY(%s) AND k.is_primary
    WHERE r.sku = ANY(%s)
    ORDER BY r.created_at
"""


def _sold(flows: Iterable[Flow], skus: Iterable[str]) -> dict[str, list[_SoldRow]]:
    found: dict[str, dict[UUID, _SoldRow]] = defaultdict(dict)
    with db.cursor() as cursor:
        cursor.execute(_SOLD, [list({flow.source_id for flow in flows}), list(skus)])
        for id_, sku, order, quantity, source, landed_at in cursor.fetchall():
            row = found[sku].setdefault(id_, _SoldRow(order, quantity, {}))
            if source is not None:
                row.landed_at[source] = landed_at
    return {sku: list(rows.values()) for sku, rows in found.items()}


def _offers(
    sku: str,
    flow: Flow,
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
        if (landed_at := one.landed_at.get(flow.source_id)) is None or landed_at > as_of
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
