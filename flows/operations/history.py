"""What flows have made of records before: what is known, and what is older than that."""

from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from django.db import connection as db

from flows.models import Delivery
from flows.operations.read import Reading
from flows.states import SUPERSEDABLE, State


class Past(NamedTuple):
    """What a flow has made of a record before."""

    pk: UUID
    flow_id: UUID
    external_id: str
    source_version: str
    source_updated_at: datetime | None
    told_at: datetime
    state: str
    wrote: bool


_HISTORY = """
    SELECT d.id, d.flow_id, d.external_id, d.source_version, d.source_updated_at,
           COALESCE(e.sent_at, e.received_at), d.state, d.wrote
    FROM flows_delivery d JOIN flows_event e ON e.id = d.event_id
    WHERE d.flow_id = ANY(%s) AND d.external_id = ANY(%s) ORDER BY d.sequence
"""


def history_of(readings: Iterable[Reading]) -> list[Past]:
    """What these flows have made of these records before. The records are locked: it stays so."""
    keys = {(reading.flow.pk, reading.external_id) for reading in readings}
    with db.cursor() as cursor:
        cursor.execute(_HISTORY, [[key[0] for key in keys], [key[1] for key in keys]])
        return [Past(*row) for row in cursor.fetchall()]


def without_known(readings: Iterable[Reading], history: Iterable[Past]) -> list[Reading]:
    """A fact that came twice, by webhook and by poll or in two topics, is delivered once."""
    fresh: dict[tuple[UUID | None, str, str], Reading] = {
        (r.flow.pk, r.external_id, r.source_version): r for r in readings
    }
    for row in history:
        fresh.pop((row.flow_id, row.external_id, row.source_version), None)
    return list(fresh.values())


def mark_stale(deliveries: list[Delivery], history: Iterable[Past]) -> None:
    """What is older than what the flow already knows of its record is not sent any more.

    Many systems tell their times in whole seconds. Of two changes in one second that one is the
    newer of which the system told later: by its webhook's own time, or by ours when we asked.
    """
    newest: dict[tuple[UUID | None, str], tuple[datetime, datetime]] = {}
    for row in history:
        if row.source_updated_at is not None:
            at = (row.source_updated_at, row.told_at)
            known = newest.get((row.flow_id, row.external_id), at)
            newest[row.flow_id, row.external_id] = max(at, known)
    for delivery in deliveries:
        key = (delivery.flow_id, delivery.external_id)
        if delivery.state != State.PENDING or delivery.source_updated_at is None:
            continue
        told_at = delivery.event.sent_at or delivery.event.received_at
        at = (delivery.source_updated_at, told_at)
        if key in newest and at < newest[key]:
            delivery.state = State.SUPERSEDED
            delivery.note = f"Something newer, of {newest[key][0].isoformat()}, came before it."
            delivery.finished_at = delivery.created_at
        else:
            newest[key] = at


def supersede_older(deliveries: list[Delivery], history: Iterable[Past], now: datetime) -> None:
    """A newer fact of a record takes the place of those that have not been written yet."""
    pending = [delivery for delivery in deliveries if delivery.state == State.PENDING]
    newest = {(delivery.flow_id, delivery.external_id): delivery for delivery in pending}
    passed = defaultdict(list)
    rows_so_far: list[Past | Delivery] = [*history, *pending]
    for row in rows_so_far:
        by = newest.get((row.flow_id, row.external_id))
        if by is not None and row.pk != by.pk and row.state in SUPERSEDABLE and not row.wrote:
            passed[by.public_id].append(row.pk)
    for by_id, rows in passed.items():
        Delivery.objects.filter(pk__in=rows, state__in=SUPERSEDABLE).update(
            state=State.SUPERSEDED, note=f"{by_id} is newer.", finished_at=now, waits_for=""
        )
