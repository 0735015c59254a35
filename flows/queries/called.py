"""Whatever has a text for an id or a name, in any system or here: orders, and why they fit.

Each is looked up by an index, and what is no order is left to the caller.
"""

from uuid import UUID

from django.db.models import Q

from ekyam import ids
from flows.models import Link, Record, SearchKey
from flows.search import KINDS, digest_of

_LOOKED_AT = 200  # ids are not only those of orders
_PARTS = {"shipment": "Shipment", "refund": "Refund", "return": "Return"}

Reason = tuple[UUID, str]  # the key of the whole, and why it fits


def by_links(wanted: str) -> list[Reason]:
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


def by_own(wanted: str) -> list[Reason]:
    spelled, wanted = spellings(wanted), wanted.strip()
    known = Q(reference=wanted) | Q(pk=_public(wanted)) | Q(label__in=spelled)
    return [
        (one.parent_id or one.pk, _own_words(one, wanted, spelled))
        for one in Record.objects.filter(known)[:_LOOKED_AT]
    ]


def _own_words(one: Record, wanted: str, spelled: list[str]) -> str:
    if one.label in spelled:
        return "Order number" if one.resource == "order" else f"{one.resource} {one.label}"
    return "Our own reference" if one.reference == wanted else "Id in Ekyam"


def by_keys(wanted: str, *, most: int) -> list[Reason]:
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


def spellings(text: str) -> list[str]:
    """#1001 and 1001 are one order number to people."""
    text = text.strip()
    return list(dict.fromkeys((text, text.upper(), f"#{text}", text.removeprefix("#"))))
