"""What of stock only a person can settle: places that nobody has mapped."""

from dataclasses import dataclass

from django.db.models import Exists, OuterRef, Q

from flows.models import StockLevel, StockLocation
from flows.queries.stock.layout import Layout, find_layout


@dataclass(frozen=True)
class PlaceTask:
    """A place that holds stock, which is offered nowhere."""

    flow_id: str
    system: str
    place: str
    reason: str


def list_place_tasks(layout: Layout | None = None) -> list[PlaceTask]:
    layout = layout or find_layout()
    if not layout.unmapped:
        return []
    holding = _holding(layout)
    return [
        PlaceTask(one.flow.public_id, one.flow.source.label, one.label, one.reason)
        for one in layout.unmapped
        if (one.flow.source_id, one.place) in holding
    ]


def _holding(layout: Layout) -> set[tuple[object, str]]:
    """The places among those that are not mapped where there is anything."""
    some = StockLevel.objects.filter(
        Q(on_hand__gt=0) | Q(available__gt=0),
        connection=OuterRef("connection"),
        location=OuterRef("external_id"),
        is_gone=False,
    )
    places = StockLocation.objects.filter(
        Exists(some),
        connection__in={one.flow.source_id for one in layout.unmapped},
        external_id__in={one.place for one in layout.unmapped},
    )
    return set(places.values_list("connection_id", "external_id"))
