"""Answers a mapping's question which id a record has in the target."""

import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from uuid import UUID

from connectors.models import Connection
from flows.models import Link, Record

Question = tuple[str, str, str]  # (resource, key, "id" or "reference")
KEPT, KEPT_SECONDS = 50_000, 300.0
_known: dict[tuple[UUID, UUID, str, str, str], tuple[str, float]] = {}


@dataclass(frozen=True)
class Resolver:
    """For one pair of connections. Every question is asked inside `scope()`, for a plan asks from
    a thread of its own."""

    source: Connection
    target: Connection
    scope: Callable[[], AbstractContextManager[None]]

    def find_link(self, resource: str, key: str, by: str) -> str | None:
        question = (self.source.pk, self.target.pk, resource, key, by)
        known = _known.get(question)
        if known is not None and known[1] > time.monotonic():
            return known[0]
        with self.scope():
            found = self._look(resource, key, by)
        if found is not None:
            self.learn((resource, key, by), found)
        return found

    def learn(self, question: Question, found: str) -> None:
        """Links do not change, so they are kept for a while; that there is none is not."""
        if len(_known) > KEPT:
            _known.clear()
        _known[self.source.pk, self.target.pk, *question] = found, time.monotonic() + KEPT_SECONDS

    def _look(self, resource: str, key: str, by: str) -> str | None:
        if by == "reference":
            records = Record.objects.filter(resource=resource, reference=key)
        else:
            records = Record.objects.filter(
                links__connection=self.source, links__resource=resource, links__external_id=key
            )
        links = Link.objects.filter(connection=self.target, is_primary=True)
        there = links.filter(record__in=records).values_list("external_id", flat=True).first()
        if there is not None:
            return there
        # A part that rules have split off is known elsewhere as its whole.
        wholes = Record.objects.filter(parts__in=records, resource=resource)
        return links.filter(record__in=wholes).values_list("external_id", flat=True).first()


def waiting_key(source_id: UUID, target_id: UUID, question: Question) -> str:
    """What a parked delivery waits for, as a text that the new link can be matched with."""
    resource, key, by = question
    origin = "" if by == "reference" else str(source_id)
    return f"link:{target_id}:{resource}:{by}:{origin}:{key}"[:400]
