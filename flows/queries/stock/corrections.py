"""Deliveries of stock as people read them: of what, where, from how many to how many, and why."""

import re
from dataclasses import dataclass
from datetime import datetime

from django.db.models import QuerySet

from flows.models import Delivery
from flows.queries.pages import SIZE, Page, cut
from flows.queries.stock.layout import Layout

# What flows.operations.stock.publish writes last into `why`.
_HELD = re.compile(r"\s*The target held (-?\d+|nothing[^,]*), and (-?\d+) is offered\.$")


@dataclass(frozen=True)
class Correction:
    """`held` is what the target held before, empty where that was not known."""

    id: str
    sku: str
    place: str
    target: str
    held: str
    quantity: str
    why: str
    state: str
    reason: str
    at: datetime


def list_corrections(
    layout: Layout, found: QuerySet[Delivery], *, after: str = "", size: int = SIZE
) -> Page[Correction]:
    """The newest first."""
    found = found.select_related("target").defer("target__sealed").order_by("-sequence")
    if after:
        found = found.filter(sequence__lt=Delivery.get_public(after).sequence)
    rows = list(found[: size + 1])
    shown = [show_correction(layout, one) for one in rows]
    return cut(shown, ids=[one.public_id for one in rows], after=after, size=size)


def show_correction(layout: Layout, one: Delivery) -> Correction:
    standard = one.standard or {}
    sku, _, place = one.external_id.rpartition("@")
    why, held, quantity = read_why(one.why)
    place = str(standard.get("location") or place)
    target = one.target
    return Correction(
        id=one.public_id,
        sku=str(standard.get("sku") or sku or one.external_id),
        place=layout.label(target.pk, place) if target else place,
        target=target.label if target else "",
        held=held,
        quantity=str(standard.get("available") or quantity),
        why=why,
        state=one.state,
        reason=one.reason or one.note,
        at=one.finished_at or one.created_at,
    )


def read_why(why: str) -> tuple[str, str, str]:
    """The cause alone, what the target held, and what was offered then."""
    found = _HELD.search(why)
    if found is None:
        return why, "", ""
    held, quantity = found.groups()
    return why[: found.start()], "" if held.startswith("nothing") else held, quantity
