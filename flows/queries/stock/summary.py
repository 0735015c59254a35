"""How stock is, in a sentence or two."""

from dataclasses import dataclass

from django.utils.translation import gettext, ngettext

from flows.models import Sync, SyncState
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
        return gettext("No flow of stock is set up yet.")
    if not layout.on:
        return gettext("No flow of stock is on, so nothing is offered anywhere.")
    targets = _named([*{flow.target.label: None for flow in layout.on}])
    offered = ngettext(
        "{many} SKU is offered in {targets}.",
        "{many} SKUs are offered in {targets}.",
        counts.offered,
    )
    said = [offered.format(many=_many(counts.offered), targets=targets)]
    troubles = _troubles(counts, len(places))
    if troubles:
        said.append(f"{', '.join(troubles)}.")
    elif not Sync.objects.filter(flow__in=layout.on, state=SyncState.DONE).exists():
        said.append(gettext("They have not been compared as a whole yet."))
    elif counts.offered:
        said.append(gettext("All are as they should be."))
    return " ".join(said)


def _named(labels: list[str]) -> str:
    if len(labels) > MOST_NAMED:
        many = len(labels)
        return ngettext("{many} system", "{many} systems", many).format(many=many)
    return gettext(" and ").join(labels)


def _troubles(counts: Counts, places: int) -> list[str]:
    found = []
    if counts.correcting:
        said = ngettext(
            "{many} is being corrected", "{many} are being corrected", counts.correcting
        )
        found.append(said.format(many=_many(counts.correcting)))
    if counts.stuck:
        said = ngettext("{many} is stuck", "{many} are stuck", counts.stuck)
        found.append(said.format(many=_many(counts.stuck)))
    if places:
        said = ngettext("{many} place is not mapped", "{many} places are not mapped", places)
        found.append(said.format(many=places))
    return found


def _many(count: int) -> str:
    if count > MANY:
        return gettext("More than {many:,}").format(many=MANY)
    return f"{count:,}"
