"""A quantity is found when it is sent: a retry, a replay or a long wait never sends an old one."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from decimal import Decimal
from uuid import UUID

import msgspec
from django.db import connection as db

from connectors.errors import Failure, NothingToDo
from flows.mapping.records import write_body
from flows.models import Delivery, Flow
from flows.operations.send import Letter
from flows.operations.stock.offers import Offered, find_offers
from flows.operations.stock.publish import standard_of
from flows.operations.stock.streams import is_stock


def renew_stock(
    deliveries: Sequence[Delivery], letters: Sequence[Letter], flows: Mapping[UUID, Flow]
) -> list[Letter]:
    """The letters, those of stock with what is offered now, compared with what the target holds."""
    found = list(letters)
    for flow in flows.values():
        if not is_stock(flow):
            continue
        places = [n for n, one in enumerate(deliveries) if one.flow_id == flow.pk]
        skus = {getattr(letters[n].standard, "sku", "") for n in places}
        offered = {one.key: one for one in find_offers(flow, skus)}
        for n in places:
            found[n] = _renewed(found[n], deliveries[n], offered.get(deliveries[n].external_id))
        _save([(deliveries[n], found[n]) for n in places if found[n].obstacle is None])
    return found


_SAVE = """
    UPDATE flows_delivery d SET standard = r.standard
    FROM jsonb_to_recordset(%s::jsonb) AS r(id uuid, standard jsonb) WHERE d.id = r.id
"""


def _save(sent: Sequence[tuple[Delivery, Letter]]) -> None:
    """What is on its way: so its echo is known, even when that is faster than the answer."""
    rows = [{"id": delivery.pk, "standard": letter.standard} for delivery, letter in sent]
    if rows:
        with db.cursor() as cursor:
            cursor.execute(_SAVE, [msgspec.json.encode(rows).decode()])


def _renewed(letter: Letter, delivery: Delivery, offered: Offered | None) -> Letter:
    if offered is None:
        words = "Nothing is offered there any more: its place, or the SKU, is not what it was."
        return replace(letter, body=None, obstacle=NothingToDo(words))
    known, quantity = offered.known, offered.offer.quantity
    is_forced = letter.before.is_forced
    if known and known.quantity == quantity and not is_forced:
        words = f"The target holds {quantity} already."
        return replace(letter, body=None, obstacle=NothingToDo(words))
    # By its time a repeat is told from the same change at another time.
    standard = standard_of(offered, delivery.created_at)
    context = replace(
        letter.context,
        record_id=known.external_id if known else "",
        # What a person sends again is compared with what is read just then.
        known=Decimal(known.quantity)
        if known and known.quantity is not None and not is_forced
        else None,
    )
    # The last success says nothing: the target may have been changed since.
    before = replace(letter.before, fingerprint="", linked_id="")
    renewed = replace(letter, standard=standard, context=context, before=before, obstacle=None)
    try:
        return replace(renewed, body=write_body(letter.action, standard, context))
    except Failure as obstacle:
        return replace(renewed, body=None, obstacle=obstacle)
