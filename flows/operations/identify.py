"""Ties what a system calls a record to the business record that it is."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from django.db import connection as db

from connectors.models import Connection
from flows.models import Delivery, Fact, Link, OrderHold, Record
from flows.operations.rows import insert_all, select_all
from flows.operations.search_keys import join_search_keys

Key = tuple[str, str]  # (resource, id in this system), or (resource, our reference)


@dataclass(frozen=True)
class Named:
    """By what a system knows a record; `reference` is ours, where it carries one."""

    resource: str
    id: str
    reference: str | None = None
    label: str = ""
    parent: "Named | None" = None
    is_part: bool = False  # our own piece of a record: this system has no id of it

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
    linked = _linked(connection, wanted)
    missing = {
        key: (one.resource, one.reference or reference_of(connection, one.id))
        for key, one in wanted.items()
        if key not in linked
    }
    make_records(connection.tenant_id, {name: wanted[key].label for key, name in missing.items()})
    records = _locked(linked.values(), missing.values())
    by_id = {record.pk: record for record in records}
    if not by_id.keys() >= set(linked.values()):
        return identify_records(connection, wanted.values())  # one was joined with another just now
    by_name = {(record.resource, record.reference): record for record in records}
    found = {key: by_id[id_] for key, id_ in linked.items()}
    found |= {key: by_name[name] for key, name in missing.items()}
    _link(connection, [wanted[key] for key in missing if not wanted[key].is_part], found)
    _adopt(connection, wanted, found)
    return found


def reference_of(connection: Connection, external_id: str) -> str:
    """Our own name of a record that was born in this system: readable, and the same for ever."""
    return f"{connection.account}-{external_id}"


def _linked(connection: Connection, keys: Iterable[Key]) -> dict[Key, UUID]:
    """The records that are known by an id of this system."""
    keys = set(keys)
    with db.cursor() as cursor:
        cursor.execute(_LINKED, [connection.pk, [key[1] for key in keys]])
        found = {(resource, id_): record_id for resource, id_, record_id in cursor.fetchall()}
    return {key: record_id for key, record_id in found.items() if key in keys}


_LINKED = """
    SELECT resource, external_id, record_id FROM flows_link
    WHERE connection_id = %s AND external_id = ANY(%s)
"""


def make_records(tenant_id: UUID, labels: Mapping[Key, str]) -> None:
    """A record, with its label, for each (resource, reference) that has none."""
    rows = [
        Record(tenant_id=tenant_id, resource=resource, reference=reference, label=label)
        for (resource, reference), label in sorted(labels.items())
    ]
    insert_all(rows, ignore_conflicts=True)


def _locked(ids: Iterable[UUID], names: Collection[Key]) -> list[Record]:
    """Those with these ids, and those with these references."""
    resources, references = {name[0] for name in names}, {name[1] for name in names}
    return select_all(Record, _LOCK, [list(set(ids)), list(resources), list(references)])


_LOCK = """
    WHERE id = ANY(%s) OR resource = ANY(%s) AND reference = ANY(%s)
    ORDER BY id FOR NO KEY UPDATE
"""
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
    if not OrderHold.objects.filter(record=keep, released_at=None).exists():
        OrderHold.objects.filter(record=drop).update(record=keep)
    join_search_keys(keep=keep, drop=drop)
    drop.delete()
