"""Ties what a system calls a record to the business record that it is."""

from collections.abc import Iterable
from uuid import UUID

from connectors.models import Connection
from connectors.standard.record import Record as StandardRecord
from flows.models import Delivery, Fact, Link, Record

Key = tuple[str, str]  # (resource, id in this system)


def identify_records(
    connection: Connection, standards: Iterable[StandardRecord]
) -> dict[Key, Record]:
    """The Record of each, made where there is none, and locked until the transaction ends.

    The lock is what keeps two events of one order apart. Rows are locked in one order everywhere,
    so that two batches never wait for each other.
    """
    wanted = _wanted(connection, standards)
    known = _linked(connection, wanted)
    missing = {key: wanted[key] for key in wanted if key not in known}
    made = _make(connection, missing)
    found = {**known, **made}
    _lock(record.pk for record in found.values())
    _adopt(connection, wanted, found)
    return found


def _wanted(
    connection: Connection, standards: Iterable[StandardRecord]
) -> dict[Key, tuple[str, str, Key | None]]:
    """(resource, id) -> our reference, label, parent's key; parents are wanted too."""
    wanted: dict[Key, tuple[str, str, Key | None]] = {}
    for standard in standards:
        parent = standard.parent()
        parent_key = None
        if parent is not None:
            parent_key = (parent.resource, parent.id)
            reference = parent.reference or reference_of(connection, parent.id)
            wanted.setdefault(parent_key, (reference, "", None))
        key = (standard.identified_as(), standard.id)
        reference = standard.reference or reference_of(connection, standard.id)
        wanted[key] = (reference, standard.label or "", parent_key)
    return wanted


def reference_of(connection: Connection, external_id: str) -> str:
    """Our own name of a record that was born in this system: readable, and the same for ever."""
    return f"{connection.account}-{external_id}"


def _linked(connection: Connection, keys: Iterable[Key]) -> dict[Key, Record]:
    keys = set(keys)
    links = Link.objects.filter(
        connection=connection, external_id__in=[key[1] for key in keys]
    ).select_related("record")
    found = {(link.resource, link.external_id): link.record for link in links}
    return {key: record for key, record in found.items() if key in keys}


def _make(
    connection: Connection, missing: dict[Key, tuple[str, str, Key | None]]
) -> dict[Key, Record]:
    """Records by reference, made or found, and the links that this system has to them."""
    if not missing:
        return {}
    rows = {
        (resource, reference): Record(
            tenant_id=connection.tenant_id, resource=resource, reference=reference, label=label
        )
        for (resource, _), (reference, label, _) in sorted(missing.items())
    }
    ordered = [rows[key] for key in sorted(rows)]
    Record.objects.bulk_create(ordered, ignore_conflicts=True)
    stored = Record.objects.filter(reference__in=[row.reference for row in ordered])
    by_reference = {(row.resource, row.reference): row for row in stored}
    found = {key: by_reference[key[0], missing[key][0]] for key in missing}
    _lock(record.pk for record in found.values())
    _link(connection, found, {key: missing[key][1] for key in missing})
    return found


def _link(connection: Connection, found: dict[Key, Record], labels: dict[Key, str]) -> None:
    """The first id that a system has of a record is the primary one; more are pieces of it."""
    taken = set(
        Link.objects.filter(
            connection=connection, record__in=list(found.values()), is_primary=True
        ).values_list("record_id", flat=True)
    )
    links = []
    for key, record in found.items():
        links.append(
            Link(
                tenant_id=connection.tenant_id,
                record=record,
                connection=connection,
                resource=key[0],
                external_id=key[1],
                label=labels[key],
                is_primary=record.pk not in taken,
            )
        )
        taken.add(record.pk)
    Link.objects.bulk_create(links, ignore_conflicts=True)


def _lock(ids: Iterable[UUID]) -> None:
    list(
        Record.objects.select_for_update(no_key=True)
        .filter(pk__in=set(ids))
        .order_by("pk")
        .values_list("pk", flat=True)
    )


def _adopt(
    connection: Connection,
    wanted: dict[Key, tuple[str, str, Key | None]],
    found: dict[Key, Record],
) -> None:
    """What a later reading tells of a record that was known by less: its label, its parent.

    A record that was met first under a name of this system's own, and now says whose it is, is
    joined with the one that it belongs to.
    """
    for key, (reference, label, parent_key) in wanted.items():
        record = found[key]
        changed = []
        if label and not record.label:
            record.label = label
            changed.append("label")
        if parent_key is not None and record.parent_id != found[parent_key].pk:
            record.parent = found[parent_key]
            changed.append("parent")
        if changed:
            record.save(update_fields=changed)
        is_foreign = reference != reference_of(connection, key[1])
        if is_foreign and record.reference != reference:
            other = Record.objects.filter(resource=key[0], reference=reference).first()
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
    Fact.objects.filter(record=drop).update(record=keep)
    Record.objects.filter(parent=drop).update(parent=keep)
    drop.delete()
