"""Finding an order by whatever somebody calls it, and why it was found."""

from collections import defaultdict
from dataclasses import dataclass
from uuid import UUID

from django.db.models import Q

from ekyam import ids
from flows.models import Link, Record, SearchKey
from flows.queries.orders import OrderRow, show_orders, spellings
from flows.search import KINDS, digest_of

MOST_FOUND = 20
_LOOKED_AT = 200  # ids are not only those of orders
_PARTS = {"shipment": "Shipment", "refund": "Refund", "return": "Return"}


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
    for roots, words in (*_by_links(wanted), *_by_own(wanted), *_by_keys(wanted, most)):
        why[roots][words] = None
    records = Record.objects.filter(pk__in=why, resource="order", parent=None).order_by("-pk")
    found = list(records[:most])
    rows = show_orders(found)
    return [Match(row, list(why[one.pk])) for one, row in zip(found, rows, strict=True)]


Reason = tuple[UUID, str]


def _by_links(wanted: str) -> list[Reason]:
    spelled = spellings(wanted)
    is_called = Q(external_id__in=spelled) | Q(label__in=spelled)
    links = Link.objects.filter(is_called).select_related("record", "connection")
    return [
        (link.record.parent_id or link.record_id, _words(link, spelled))
        for link in links.defer("connection__sealed")[:_LOOKED_AT]
    ]


def _words(link: Link, spelled: list[str]) -> str:
    what = "Number" if link.label in spelled else "Id"
    part = _PARTS.get(link.record.resource, "")
    return (
        f"{part}: {what.lower()} in {link.connection.label}"
        if part
        else (f"{what} in {link.connection.label}")
    )


def _by_own(wanted: str) -> list[Reason]:
    spelled = spellings(wanted)
    known = Q(reference=wanted) | Q(pk=_public(wanted)) | Q(label__in=spelled)
    return [
        (one.parent_id or one.pk, _own_words(one, wanted, spelled))
        for one in Record.objects.filter(known)[:_LOOKED_AT]
    ]


def _own_words(one: Record, wanted: str, spelled: list[str]) -> str:
    if one.label in spelled:
        return "Order number" if one.resource == "order" else f"{one.resource} {one.label}"
    return "Our own reference" if one.reference == wanted else "Id in Ekyam"


def _by_keys(wanted: str, most: int) -> list[Reason]:
    keys = SearchKey.objects.filter(digest=digest_of(wanted)).select_related("record")
    return [
        (one.record.parent_id or one.record_id, KINDS[one.kind])
        for one in keys.order_by("-record_id")[: most + 1]
    ]


def _public(wanted: str) -> UUID | None:
    try:
        return ids.parse(Record.prefix, wanted)
    except ids.UnknownId:
        return None
