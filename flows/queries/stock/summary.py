"""How stock is, in a sentence or two."""

from dataclasses import dataclass

from flows.models import Sync, SyncState
from flows.queries.home import plural
from flows.queries.stock.layout import Layout
from flows.queries.stock.skus import count_skus
from flows.queries.stock.tasks import PlaceTask

MANY = 1000
MOST_NAMED = 3


@dataclass(frozen=True)
class Counts:
    """Up to MANY and one of each: of more it is said that there are more."""

    offered: int
    correcting: int
    stuck: int


def count_stock(layout: Layout) -> Counts:
    """One query. What is offered are SKUs of a target that its source tells of."""
    return Counts(*count_skus(layout, ("offered", "correcting", "stuck"), most=MANY + 1))


def summarise(layout: Layout, counts: Counts, places: list[PlaceTask]) -> str:
    if not layout.flows:
        return "No flow of stock is set up yet."
    if not layout.on:
        return "No flow of stock is on, so nothing is offered anywhere."
    targets = _named([*{flow.target.label: None for flow in layout.on}])
    offered = f"{_many(counts.offered)} {plural('SKU', counts.offered)}"
    said = [f"{offered} {_are(counts.offered)} offered in {targets}."]
    troubles = _troubles(counts, len(places))
    if troubles:
        said.append(f"{', '.join(troubles)}.")
    elif not Sync.objects.filter(flow__in=layout.on, state=SyncState.DONE).exists():
        said.append("They have not been compared as a whole yet.")
    elif counts.offered:
        said.append("All are as they should be.")
    return " ".join(said)


def _named(labels: list[str]) -> str:
    if len(labels) > MOST_NAMED:
        return f"{len(labels)} systems"
    return " and ".join(labels)


def _troubles(counts: Counts, places: int) -> list[str]:
    found = []
    if counts.correcting:
        found.append(f"{_many(counts.correcting)} {_are(counts.correcting)} being corrected")
    if counts.stuck:
        found.append(f"{_many(counts.stuck)} {_are(counts.stuck)} stuck")
    if places:
        found.append(f"{places} {plural('place', places)} {_are(places)} not mapped")
    return found


def _many(count: int) -> str:
    return f"More than {MANY:,}" if count > MANY else f"{count:,}"


def _are(count: int) -> str:
    return "is" if count == 1 else "are"
