"""Which systems stand beside each other on the pages of stock, and their places."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from uuid import UUID

from django.utils.translation import gettext

from flows.formula import Places
from flows.models import Flow, StockLocation
from flows.operations.stock.offers import list_places
from flows.operations.stock.streams import stock_flows, stock_streams

MOST_PLACES = 4  # of one system, side by side; of more, one column tells the sum


@dataclass(frozen=True)
class Column:
    """One place of a system; of a system with many, all of them together."""

    label: str
    places: frozenset[str]


@dataclass(frozen=True)
class System:
    """What it is told (`is_target`), or what it tells."""

    id: UUID
    label: str
    is_target: bool
    columns: list[Column]

    @property
    def width(self) -> int:
        """So many numbers stand under it."""
        return 2 * len(self.columns)


@dataclass(frozen=True)
class Unmapped:
    """A place of a source that is offered nowhere, though nobody has said so."""

    flow: Flow
    place: str
    label: str
    reason: str


@dataclass
class Layout:
    """`on` are the flows that offer stock just now, `flows` all that could; `places` says where
    each of those that are on offers what lies where, `locations` what each system calls its own."""

    flows: list[Flow]
    systems: list[System]
    labels: dict[tuple[UUID, str], str]
    locations: Mapping[UUID, list[StockLocation]]
    unmapped: list[Unmapped] = field(default_factory=list)
    places: Mapping[UUID, Places] = field(default_factory=dict)

    @property
    def on(self) -> list[Flow]:
        return [flow for flow in self.flows if flow.is_on]

    @property
    def targets(self) -> list[UUID]:
        return list({flow.target_id: None for flow in self.flows})

    def label(self, connection_id: UUID, place: str) -> str:
        return self.labels.get((connection_id, place)) or place


def find_layout(flows: list[Flow] | None = None) -> Layout:
    """Of all flows of stock, or of those given. Three queries at most."""
    flows = list_stock_flows() if flows is None else flows
    places: dict[UUID, list[StockLocation]] = defaultdict(list)
    for one in StockLocation.objects.order_by("label", "external_id"):
        places[one.connection_id].append(one)
    labels = {
        (one.connection_id, one.external_id): str(one) for known in places.values() for one in known
    }
    layout = Layout(flows, _systems(flows, places), labels, places)
    layout.places = chosen = list_places(layout.on)
    for flow in layout.on:
        layout.unmapped += _unmapped(flow, places, chosen[flow.pk])
    return layout


def list_stock_flows() -> list[Flow]:
    """In the order of the chain."""
    named = Flow.objects.filter(stream__in=stock_streams())
    rows = named.select_related("source", "target").order_by("position", "id")
    return stock_flows(rows.defer("source__sealed", "target__sealed"))


def _systems(flows: Iterable[Flow], places: Mapping[UUID, list[StockLocation]]) -> list[System]:
    """Sources first; one that says nothing and is not asked is left out."""
    sources = {flow.source_id: flow for flow in flows if flow.is_on or places.get(flow.source_id)}
    targets = {flow.target_id: flow for flow in flows}
    return [
        *(_system(id_, flow.source.label, False, places) for id_, flow in sources.items()),
        *(_system(id_, flow.target.label, True, places) for id_, flow in targets.items()),
    ]


def _system(
    id_: UUID, label: str, is_target: bool, places: Mapping[UUID, list[StockLocation]]
) -> System:
    known = [one for one in places.get(id_, ()) if one.is_active or not is_target]
    if 0 < len(known) <= MOST_PLACES:
        columns = [Column(str(one), frozenset((one.external_id,))) for one in known]
    else:
        named = (
            gettext("All {known} places").format(known=len(known))
            if known
            else gettext("All places")
        )
        columns = [Column(named, frozenset(one.external_id for one in known))]
    return System(id_, label, is_target, columns)


def _unmapped(
    flow: Flow, places: Mapping[UUID, list[StockLocation]], chosen: Places
) -> list[Unmapped]:
    """Whether or not they hold stock: see flows.queries.stock.tasks."""
    closed = {one.external_id: one for one in places.get(flow.target_id, ()) if not one.is_active}
    found = []
    for one in places.get(flow.source_id, ()):
        place = chosen.get(one.external_id)
        if place is None:
            reason = gettext("Nobody has said where it is offered in {label}.").format(
                label=flow.target.label
            )
        elif place in closed:
            reason = gettext("It is offered at {closed} in {label}, which is closed.").format(
                closed=closed[place], label=flow.target.label
            )
        else:
            continue
        found.append(Unmapped(flow, one.external_id, str(one), reason))
    return found
