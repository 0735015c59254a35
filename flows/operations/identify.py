"""Ties what a system calls a record to the business record that it is."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from uuid import UUID

from django.db import connection as db
from django.utils import timezone

from connectors.models import Connection
from flows.models import Delivery, Fact, Link, Record
from flows.operations.rows import insert_all, select_all

Key = tuple[str, str]  # (resource, id in this system)


@dataclass(frozen=True)
class Named:
    """By what a system knows a record; `reference` is ours, where it carries one."""

    resource: str
    id: str
    reference: str | None = None
    label: str = ""
    parent: "Named | None" = None

    @property
    def key(self) -> Key:
        return self.resource, self.id


def identify_records(connection: Connection, named: Iterable[Named]) -> dict[Key, Record]:
    """The Record of each, made where there is none, and locked until the transaction ends.

    The lock is what keeps two events of one order apart. Rows are locked in one order everywhere,
    so that two batches never wait for each other.
    """
    wanted: dict[Key, Named] = {}
    for one in named:
        if one.parent is not None:
            wanted.setdefault(one.parent.key, one.parent)
        wanted[one.key] = one
    known = _linked(connection, wanted)
    missing = [one for key, one in wanted.items() if key not in known]
    found = {**known, **_make(connection, missing)}
    lock_records(record.pk for record in found.values())
    _link(connection, missing, found)
    _adopt(connection, wanted, found)
    return found


def reference_of(connection: Connection, external_id: str) -> str:
    """Our own name of a record that was born in this system: readable, and the same for ever."""
    return f"{connection.account}-{external_id}"


def _linked(connection: Connection, keys: Iterable[Key]) -> dict[Key, Record]:
    keys = set(keys)
    sought = [connection.pk, [key[1] for key in keys]]
    links = select_all(Link, "WHERE connection_id = %s AND external_id = ANY(%s)", sought)
    wanted = [link for link in links if (link.resource, link.external_id) in keys]
    if not wanted:
        return {}
    records = select_all(Record, "WHERE id = ANY(%s)", [[link.record_id for link in wanted]])
    by_id = {record.pk: record for record in records}
    return {(link.resource, link.external_id): by_id[link.record_id] for link in wanted}


def _make(connection: Connection, missing: Sequence[Named]) -> dict[Key, Record]:
    """Records by reference, made or found."""
    if not missing:
        return {}
    wanted = {one.key: (one.resource, _reference(connection, one)) for one in missing}
    rows = {
        wanted[one.key]: Record(
            tenant_id=connection.tenant_id,
            resource=one.resource,
            reference=_reference(connection, one),
            label=one.label,
            created_at=timezone.now(),
        )
        for one in missing
    }
    insert_all([rows[key] for key in sorted(rows)], ignore_conflicts=True)
    references = [reference for _, reference in rows]
    stored = select_all(Record, "WHERE reference = ANY(%s)", [references])
    by_reference = {(row.resource, row.reference): row for row in stored}
    return {one.key: by_reference[wanted[one.key]] for one in missing}


def _reference(connection: Connection, named: Named) -> str:
    return named.reference or reference_of(connection, named.id)


_PRIMARY = "WHERE connection_id = %s AND record_id = ANY(%s) AND is_primary"


def _link(connection: Connection, missing: Sequence[Named], found: dict[Key, Record]) -> None:
    """The first id that a system has of a record is the primary one; more are pieces of it."""
    if not missing:
        return
    held = [connection.pk, [record.pk for record in found.values()]]
    taken = {link.record_id for link in select_all(Link, _PRIMARY, held)}
    links = []
    for one in sorted(missing, key=lambda one: one.key):
        record = found[one.key]
        links.append(
            Link(
                tenant_id=connection.tenant_id,
                record=record,
                connection=connection,
                resource=one.resource,
                external_id=one.id,
                label=one.label,
                is_primary=record.pk not in taken,
                created_at=timezone.now(),
            )
        )
        taken.add(record.pk)
    insert_all(links, ignore_conflicts=True)


def lock_records(ids: Iterable[UUID]) -> None:
    """Until the transaction ends; once in a transaction, before anything else of the records."""
    with db.cursor() as cursor:
        cursor.execute(
            "SELECT 1 FROM flows_record WHERE id = ANY(%s) ORDER BY id FOR NO KEY UPDATE",
            [list(set(ids))],
        )


def _adopt(connection: Connection, wanted: dict[Key, Named], found: dict[Key, Record]) -> None:
    """What a later reading tells of a record that was known by less: its label, its parent.

    A record that was met first under a name of this system's own, and now says whose it is, is
    joined with the one that it belongs to.
    """
    for key, named in wanted.items():
        record, changed = found[key], []
        if named.label and not record.label:
            record.label = named.label
            changed.append("label")
        if named.parent is not None and record.parent_id != found[named.parent.key].pk:
            record.parent = found[named.parent.key]
            changed.append("parent")
        if changed:
            record.save(update_fields=changed)
        if named.reference and record.reference != named.reference:
            other = Record.objects.filter(resource=key[0], reference=named.reference).first()
            if other is not None:
                join_records(keep=other, drop=record)
                found[key] = other


def join_records(*, keep: Record, drop: Record) -> None:
    """Two names of one business record become one; nothing of its history is lost."""
    taken = set(
        Link.objects.filter(record=keep, is_primary=True).values_list("connection_id", flat=True)
    )
    for link in Link.objects.filter(record=drop):
        link.is_primary = link.is_primary and link.connection_id not in taken
        link.record = keep
        link.save(update_fields=["record", "is_primary"])
    Delivery.objects.filter(record=drop).update(record=keep)
    Delivery.objects.filter(root=drop).update(root=keep)
    Fact.objects.filter(record=drop).update(record=keep)
    Record.objects.filter(parent=drop).update(parent=keep)
    drop.delete()
