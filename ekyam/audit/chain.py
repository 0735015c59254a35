"""The digest of an entry, which is over the entry and over the digest before it."""

import hashlib
from datetime import UTC, datetime
from typing import Protocol
from uuid import UUID

import msgspec

FIRST = "0" * 64  # what the first entry of a chain follows
COLUMNS = (
    "id",
    "tenant_id",
    "number",
    "at",
    "actor_kind",
    "actor_id",
    "actor",
    "address",
    "action",
    "subject",
    "subject_label",
    "before",
    "after",
)


class Told(Protocol):
    """An entry, or a row of all its columns."""

    id: UUID
    tenant_id: UUID
    number: int
    at: datetime
    digest: str


def digest_of(entry: Told, previous: str) -> str:
    """SHA-256, in hexadecimal, over the digest before it and the JSON of the entry's columns."""
    told = [getattr(entry, column) for column in COLUMNS]
    told[COLUMNS.index("at")] = entry.at.astimezone(UTC).isoformat()
    text = msgspec.json.encode([previous, told], order="deterministic")
    return hashlib.sha256(text).hexdigest()
