"""Walks a company's chain and says where it was broken."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from ekyam.audit.chain import COLUMNS, FIRST, Told, digest_of
from ekyam.audit.models import AuditEntry

MOST_BREAKS = 20


@dataclass(frozen=True)
class Chain:
    """`head` is the digest of the last entry; `breaks` the first of what does not fit, in words."""

    length: int
    head: str
    breaks: list[str]

    @property
    def is_whole(self) -> bool:
        return not self.breaks


def check_chain(kept: Mapping[int, str] | None = None) -> Chain:
    """Walk the chain of the current tenant scope.

    `kept` are digests by number that were noted elsewhere: by itself a chain cannot tell that its
    end was cut off, or that all of it was made anew.
    """
    length, head, breaks = 0, FIRST, list[str]()
    missing = dict(kept or {})
    for entry, faults in _walk():
        length, head = length + 1, entry.digest
        if missing.pop(entry.number, head) != head:
            faults = [*faults, f"Entry {entry.number} is another than the one that was kept."]
        breaks += faults[: MOST_BREAKS - len(breaks)]
    breaks += [f"Entry {number}, which was kept, is missing." for number in sorted(missing)]
    return Chain(length, head, breaks)


def _walk() -> Iterator[tuple[Told, list[str]]]:
    """Each entry, with what is wrong between it and the one before."""
    previous, wanted = FIRST, 1
    rows: Any = AuditEntry.objects.order_by("number", "id")
    for entry in rows.values_list(*COLUMNS, "digest", named=True).iterator(chunk_size=1000):
        if entry.number > wanted:
            fault = f"Entries {wanted} to {entry.number - 1} are missing."
        elif entry.number < wanted:
            fault = f"Entry {entry.number} stands where entry {wanted} should."
        elif digest_of(entry, previous) != entry.digest:
            fault = (
                f"Entry {entry.number} is not as it was written, or what it followed was another."
            )
        else:
            fault = ""
        yield entry, [fault] if fault else []
        previous, wanted = entry.digest, entry.number + 1
