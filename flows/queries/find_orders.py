"""Finding an order by whatever somebody calls it, and why it was found."""

from collections import defaultdict
from dataclasses import dataclass
from uuid import UUID

from flows.models import Record
from flows.queries.called import by_keys, by_links, by_own
from flows.queries.orders import OrderRow, show_orders

MOST_FOUND = 20


@dataclass(frozen=True)
class Match:
    """An order, and by what it was found: «Number in NetSuite»."""

    row: OrderRow
    why: list[str]


def find_orders(text: str) -> list[OrderRow]:
    """Orders that anybody knows by this id, name, e-mail, SKU or tracking number, newest first."""
    return [one.row for one in find_matches(text)]


def find_matches(text: str, *, most: int = MOST_FOUND) -> list[Match]:
    """Seven queries, each by an index."""
    wanted = text.strip()
    if not wanted:
        return []
    why: dict[UUID, dict[str, None]] = defaultdict(dict)  # in the order in which they are found
    for root, words in (*by_links(wanted), *by_own(wanted), *by_keys(wanted, most=most)):
        why[root][words] = None
    records = Record.objects.filter(pk__in=why, resource="order", parent=None).order_by("-pk")
    found = list(records[:most])
    rows = show_orders(found)
    return [Match(row, list(why[one.pk])) for one, row in zip(found, rows, strict=True)]
