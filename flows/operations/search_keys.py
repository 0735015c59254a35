"""Keeps by what records are found: written with the record, so that looking costs one index."""

from collections.abc import Iterable

from connectors.standard.record import Record as StandardRecord
from flows.models import Record, SearchKey
from flows.operations.rows import insert_all
from flows.search import keys_of


def keep_search_keys(found: Iterable[tuple[Record, StandardRecord]]) -> None:
    """What is known already stays as it is. The records are locked."""
    wanted = {(one.pk, *key): one for one, standard in found for key in keys_of(standard)}
    rows = [
        SearchKey(tenant_id=one.tenant_id, record_id=pk, kind=kind, digest=digest)
        for (pk, kind, digest), one in sorted(wanted.items(), key=lambda item: item[0])
    ]
    insert_all(rows, ignore_conflicts=True)


def join_search_keys(*, keep: Record, drop: Record) -> None:
    keys = SearchKey.objects.filter(record=drop).values_list("kind", "digest")
    rows = [
        SearchKey(tenant_id=keep.tenant_id, record=keep, kind=kind, digest=digest)
        for kind, digest in keys
    ]
    insert_all(rows, ignore_conflicts=True)
