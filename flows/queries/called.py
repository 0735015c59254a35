"""Whatever has a text for an id or a name, in any system or here: orders, and why they fit.

Each is looked up by an index, and what is no order is left to the caller.
"""

from uuid import UUID

from django.db.models import Q
from django.utils.translation import gettext, gettext_lazy

from ekyam import ids
from flows.models import Link, Record, SearchKey
from flows.search import EMAIL, SKU, TRACKING, digest_of

_LOOKED_AT = 200  # ids are not only those of orders
# Of what is no order: by its number, and by its id.
_PARTS = {
    "shipment": (
        gettext_lazy("Shipment: number in {system}"),
        gettext_lazy("Shipment: id in {system}"),
    ),
    "refund": (gettext_lazy("Refund: number in {system}"), gettext_lazy("Refund: id in {system}")),
    "return": (gettext_lazy("Return: number in {system}"), gettext_lazy("Return: id in {system}")),
}
_KEYS = {
    EMAIL: gettext_lazy("E-mail address"),
    SKU: "SKU",
    TRACKING: gettext_lazy("Tracking number"),
}

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
    part, is_number = link.record.resource, link.label in spelled
    if part not in _PARTS:
        said = gettext("Number in {system}") if is_number else gettext("Id in {system}")
    else:
        said = str(_PARTS[part][0 if is_number else 1])
    return said.format(system=link.connection.label)


def by_own(wanted: str) -> list[Reason]:
    spelled, wanted = spellings(wanted), wanted.strip()
    known = Q(reference=wanted) | Q(pk=_public(wanted)) | Q(label__in=spelled)
    return [
        (one.parent_id or one.pk, _own_words(one, wanted, spelled))
        for one in Record.objects.filter(known)[:_LOOKED_AT]
    ]


def _own_words(one: Record, wanted: str, spelled: list[str]) -> str:
    if one.label in spelled:
        is_order = one.resource == "order"
        return gettext("Order number") if is_order else f"{one.resource} {one.label}"
    return gettext("Our own reference") if one.reference == wanted else gettext("Id in Ekyam")


def by_keys(wanted: str, *, most: int) -> list[Reason]:
    keys = SearchKey.objects.filter(digest=digest_of(wanted)).select_related("record")
    return [
        (one.record.parent_id or one.record_id, str(_KEYS[one.kind]))
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
