"""New links, and the deliveries that waited for them."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import connection

from connectors.models import Connection
from connectors.spec import Written
from flows.models import Delivery, Link, Record
from flows.operations.identify import join_records, make_records
from flows.operations.nudge import nudge
from flows.operations.resolve import waiting_key
from flows.operations.rows import insert_all, select_all
from flows.states import State


@dataclass(frozen=True)
class NewLink:
    """`record` is known for what was delivered; what was found by asking has its reference.

    `at` is when the target had it.
    """

    resource: str
    reference: str
    written: Written
    at: datetime
    record: Record | None = None


def add_links(target: Connection, found: Sequence[NewLink], *, now: datetime) -> None:
    """Store what the records are called in the target, and wake what waited for that."""
    if not found:
        return
    records = _records(target, found)
    ids = [new.written.external_id for new in found]
    held = [record.pk for record in records.values()]
    links = select_all(Link, _THERE, [target.pk, ids, target.pk, held])
    known = {(link.resource, link.external_id): link for link in links}
    primary = {link.record_id for link in links if link.is_primary}
    fresh = []
    for new in found:
        record = records[new.resource, new.reference]
        link = known.get((new.resource, new.written.external_id))
        if link is None:
            fresh.append(_link(target, record, new, is_primary=record.pk not in primary))
            primary.add(record.pk)
        elif link.record_id != record.pk:
            join_records(keep=record, drop=link.record)
        elif new.written.label and not link.label:
            link.label = new.written.label
            link.save(update_fields=["label"])
    fresh.sort(key=lambda link: (link.resource, link.external_id))
    insert_all(fresh, ignore_conflicts=True)
    _wake(target, list(records.values()), now)


# Two looks by an index each, and not one that could use neither.
_THERE = """
    WHERE connection_id = %s AND external_id = ANY(%s)
       OR connection_id = %s AND record_id = ANY(%s) AND is_primary
"""


def _link(target: Connection, record: Record, new: NewLink, *, is_primary: bool) -> Link:
    return Link(
        tenant_id=target.tenant_id,
        record=record,
        connection=target,
        resource=new.resource,
        external_id=new.written.external_id,
        label=new.written.label,
        is_primary=is_primary,
        created_at=new.at,
    )


def _records(target: Connection, found: Iterable[NewLink]) -> dict[tuple[str, str], Record]:
    records = {(new.resource, new.reference): new.record for new in found if new.record}
    unknown = {
        (new.resource, new.reference)
        for new in found
        if (new.resource, new.reference) not in records
    }
    if unknown:
        make_records(target.tenant_id, dict.fromkeys(unknown, ""))
        stored = Record.objects.filter(reference__in=[reference for _, reference in unknown])
        records |= {(row.resource, row.reference): row for row in stored}
    return {key: record for key, record in records.items() if record is not None}


def _wake(target: Connection, records: Sequence[Record], now: datetime) -> None:
    """Deliveries that wait for one of these records' ids in the target."""
    if not _does_any_wait(target):
        return
    keys = {
        waiting_key(target.pk, target.pk, (record.resource, record.reference, "reference"))
        for record in records
    }
    for link in Link.objects.filter(record__in=records):
        question = (link.resource, link.external_id, "id")
        keys.add(waiting_key(link.connection_id, target.pk, question))
    waiting = target.deliveries.filter(state=State.PARKED, waits_for__in=keys)
    if waiting.update(state=State.PENDING, due_at=now, waits_for=""):
        nudge("deliver", tenant_id=target.tenant_id, subject_id=target.pk)


_WAITING = """
    SELECT EXISTS (SELECT 1 FROM flows_delivery WHERE target_id = %s AND state = 'parked')
"""


def _does_any_wait(target: Connection) -> bool:
    with connection.cursor() as cursor:
        cursor.execute(_WAITING, [target.pk])
        return bool(cursor.fetchone()[0])


def wake_found(target: Connection, deliveries: Iterable[Delivery], *, now: datetime) -> None:
    """What was parked for a link that has come since it was looked for goes on at once."""
    for delivery in deliveries:
        if delivery.state == State.PARKED and delivery.waits_for.startswith("link:"):
            record = record_waited_for(delivery.waits_for)
            if record is not None and record.links.filter(connection=target).exists():
                Delivery.objects.filter(pk=delivery.pk, state=State.PARKED).update(
                    state=State.PENDING, due_at=now, waits_for=""
                )


def record_waited_for(waits_for: str) -> Record | None:
    _, _, resource, by, origin, key = waits_for.split(":", 5)
    if by == "reference":
        return Record.objects.filter(resource=resource, reference=key).first()
    link = Link.objects.filter(connection_id=origin, resource=resource, external_id=key)
    found = link.select_related("record").first()
    return found.record if found else None
