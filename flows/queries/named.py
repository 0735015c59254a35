"""Flows and connections by a piece of their name, for whoever wants to be there at once."""

from dataclasses import dataclass

from django.db.models import Q

from connectors.models import Connection
from flows.models import Flow
from flows.operations.stock.streams import is_stock

MOST = 8


@dataclass(frozen=True)
class NamedFlow:
    """`is_stock`: it goes by a formula, and not by a mapping."""

    id: str
    label: str
    source: str
    target: str
    is_on: bool
    is_stock: bool


@dataclass(frozen=True)
class NamedConnection:
    id: str
    label: str
    connector: str


def find_flows(text: str, *, most: int = MOST) -> list[NamedFlow]:
    """Those whose name, or that of either end, has each word; in the order of the chain."""
    found = Flow.objects.select_related("source", "target")
    for word in text.split():
        ends = Q(source__label__icontains=word) | Q(target__label__icontains=word)
        found = found.filter(Q(label__icontains=word) | ends)
    rows = found.defer("source__sealed", "target__sealed").order_by("position", "label", "id")
    return [
        NamedFlow(
            id=one.public_id,
            label=one.label,
            source=one.source.label,
            target=one.target.label,
            is_on=one.is_on,
            is_stock=is_stock(one),
        )
        for one in rows[:most]
    ]


def find_connections(text: str, *, most: int = MOST) -> list[NamedConnection]:
    """Those whose name or connector has each word; by name."""
    found = Connection.objects.defer("sealed")
    for word in text.split():
        found = found.filter(Q(label__icontains=word) | Q(connector__icontains=word))
    rows = found.order_by("label", "id")[:most]
    return [NamedConnection(one.public_id, one.label, one.spec.label) for one in rows]
