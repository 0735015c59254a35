"""Walks a company's chain and says where it was broken."""

from collections.abc import Iterator

from ekyam.audit.models import AuditEntry
from ekyam.audit.record import FIRST, digest_of


def find_breaks() -> Iterator[str]:
    """Needs a tenant scope; says nothing of a chain that is whole."""
    previous, wanted = FIRST, 1
    for entry in AuditEntry.objects.order_by("number").iterator(chunk_size=1000):
        if entry.number != wanted:
            yield f"Entries {wanted} to {entry.number - 1} are missing."
        elif digest_of(entry, previous) != entry.digest:
            yield f"Entry {entry.number} is not as it was written, or what it followed was another."
        previous, wanted = entry.digest, entry.number + 1
