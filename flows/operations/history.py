"""What flows have made of records before: what is known, and what is older than that."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from django.db import connection as db

from flows.models import Delivery, Flow, Record
from flows.operations.born import record_of
from flows.operations.identify import Key
from flows.operations.read import Reading
from flows.states import SUPERSEDABLE, State

Subject = tuple[UUID | None, str]  # a flow, and a record's id in its source


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


_HISTORY_OF_FED = """
    SELECT d.id, d.source_version, d.source_updated_at, COALESCE(e.sent_at, e.received_at),
           d.state, d.wrote, d.flow_id, r.id, r.parent_id
    FROM flows_delivery d JOIN flows_event e ON e.id = d.event_id
    JOIN flows_record r ON r.id = d.record_id
    WHERE d.flow_id = ANY(%s) AND (r.id = ANY(%s) OR r.parent_id = ANY(%s)) ORDER BY d.sequence
"""


def history_of_fed(
    readings: Iterable[Reading], records: Mapping[Key, Record], fed: Sequence[Flow]
) -> list[Past]:
    """What rules have sent elsewhere of these records, told as the past of who has sent it."""
    feeders = {flow.pk: flow.feeder_id for flow in fed}
    names = {
        record.pk: reading.external_id
        for reading in readings
        if (record := record_of(reading, records)) is not None
    }
    found = []
    with db.cursor() as cursor:
        cursor.execute(_HISTORY_OF_FED, [list(feeders), list(names), list(names)])
        for pk, version, updated_at, told_at, state, wrote, flow, record, parent in cursor:
            name, feeder = names.get(record) or names[parent], feeders[flow]
            assert feeder is not None
            found.append(Past(pk, feeder, name, version, updated_at, told_at, state, wrote))
    return found


def without_known(readings: Iterable[Reading], history: Iterable[Past]) -> list[Reading]:
    """A fact that came twice, by webhook and by poll or in two topics, is delivered once."""
    fresh: dict[tuple[UUID | None, str, str], Reading] = {
        (r.flow.pk, r.external_id, r.source_version): r for r in readings
    }
    for row in history:
        fresh.pop((row.flow_id, row.external_id, row.source_version), None)
    return list(fresh.values())


Made = Sequence[tuple[Reading, Delivery]]


def mark_stale(made: Made, history: Iterable[Past]) -> None:
    """What is older than what the flow already knows of its record is not sent any more.

    Many systems tell their times in whole seconds. Of two changes in one second that one is the
    newer of which the system told later: by its webhook's own time, or by ours when we asked.
    """
    newest: dict[Subject, tuple[datetime, datetime]] = {}
    for row in history:
        if row.source_updated_at is not None:
            at = (row.source_updated_at, row.told_at)
            known = newest.get((row.flow_id, row.external_id), at)
            newest[row.flow_id, row.external_id] = max(at, known)
    for reading, delivery in made:
        key = _subject(reading)
        if delivery.state == State.DEAD or delivery.source_updated_at is None:
            continue
        told_at = delivery.event.sent_at or delivery.event.received_at
        at = (delivery.source_updated_at, told_at)
        if key in newest and at < newest[key]:
            delivery.state, delivery.waits_for = State.SUPERSEDED, ""
            delivery.note = f"Something newer, of {newest[key][0].isoformat()}, came before it."
            delivery.finished_at = delivery.created_at
        else:
            newest[key] = at


def _subject(reading: Reading) -> Subject:
    """The flow that has read it and the record, wherever rules have sent it since."""
    whole = reading.whole or reading
    return whole.flow.pk, whole.external_id


# What is held back or rejected is the newest all the same.
_LEAVE_NO_OLDER = (State.PENDING, State.PARKED, State.CANCELLED)


def supersede_older(made: Made, history: Iterable[Past], now: datetime) -> None:
    """A newer fact of a record takes the place of those that have not been written yet."""
    fresh = [one for one in made if one[1].state in _LEAVE_NO_OLDER]
    newest = {_subject(reading): delivery for reading, delivery in fresh}
    rows: list[tuple[UUID, Subject, Past | Delivery]] = [
        *((row.pk, (row.flow_id, row.external_id), row) for row in history),
        *((delivery.pk, _subject(reading), delivery) for reading, delivery in fresh),
    ]
    passed = defaultdict(list)
    for pk, subject, row in rows:
        by = newest.get(subject)
        # The pieces of one fact stand beside each other.
        is_older = by is not None and row.source_version != by.source_version
        if by is not None and is_older and row.state in SUPERSEDABLE and not row.wrote:
            passed[by.public_id].append(pk)
    for by_id, pks in passed.items():
        Delivery.objects.filter(pk__in=pks, state__in=SUPERSEDABLE).update(
            state=State.SUPERSEDED, note=f"{by_id} is newer.", finished_at=now, waits_for=""
        )
