"""Answers a mapping's questions: which id does this record have in the target, which row is it."""

from collections.abc import Callable
from dataclasses import dataclass, field
from uuid import UUID

from connectors.models import Connection
from flows.models import Link, LookupRow, Record

Question = tuple[str, str, str]  # (resource, key, "id" or "reference")


@dataclass
class Resolver:
    """For one pair of connections. Links that were found are kept: they do not change.

    Every question is asked inside `scope()`, for a plan asks from a thread of its own.
    """

    source: Connection
    target: Connection
    scope: Callable[[], object]
    known: dict[Question, str] = field(default_factory=dict)

    def find_link(self, resource: str, key: str, by: str) -> str | None:
        question = (resource, key, by)
        if question not in self.known:
            with self.scope():  # type: ignore[attr-defined]
                found = self._look(resource, key, by)
            if found is None:
                return None
            self.known[question] = found
        return self.known[question]

    def _look(self, resource: str, key: str, by: str) -> str | None:
        if by == "reference":
            records = Record.objects.filter(resource=resource, reference=key)
        else:
            records = Record.objects.filter(
                links__connection=self.source, links__resource=resource, links__external_id=key
            )
        return (
            Link.objects.filter(record__in=records, connection=self.target, is_primary=True)
            .values_list("external_id", flat=True)
            .first()
        )

    def find_row(self, table: str, key: str) -> str | None:
        with self.scope():  # type: ignore[attr-defined]
            rows = LookupRow.objects.filter(table=table, key=key)
            return rows.values_list("value", flat=True).first()


def waiting_key(source_id: UUID, target_id: UUID, question: Question) -> str:
    """What a parked delivery waits for, as a text that the new link can be matched with."""
    resource, key, by = question
    origin = "" if by == "reference" else str(source_id)
    return f"link:{target_id}:{resource}:{by}:{origin}:{key}"[:400]
