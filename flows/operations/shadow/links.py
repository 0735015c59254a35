"""Links, looked up for many records at once: a question of its own for each would cost more than
all the rest."""

from dataclasses import dataclass, field
from typing import Any

from django.db import connection as db

from connectors.models import Connection
from flows.operations.resolve import KEPT, Question

_BY_ID = """
    SELECT s.resource, s.external_id, t.external_id FROM flows_link s
    JOIN flows_link t ON t.record_id = s.record_id AND t.connection_id = %s AND t.is_primary
    WHERE s.connection_id = %s AND s.external_id = ANY(%s)
"""
_BY_REFERENCE = """
    SELECT r.resource, r.reference, t.external_id FROM flows_record r
    JOIN flows_link t ON t.record_id = r.id AND t.connection_id = %s AND t.is_primary
    WHERE r.resource = ANY(%s) AND r.reference = ANY(%s)
"""


@dataclass
class Links:
    """For one pair of connections, for a moment. What is not known yet is noted in `asked`, and
    answered with nothing, and `has_guessed` is set: after `look` the record is to be tried again.
    """

    source: Connection
    target: Connection
    asked: set[Question] = field(default_factory=set)
    known: dict[Question, str | None] = field(default_factory=dict)
    has_guessed: bool = False

    def find_link(self, resource: str, key: str, by: str) -> str | None:
        question = (resource, key, by)
        if question not in self.known:
            if "\x00" in key:
                return None  # PostgreSQL keeps no such text
            self.asked.add(question)
            self.has_guessed = True
            return None
        return self.known[question]

    def look(self) -> None:
        """Needs the tenant's scope."""
        if len(self.known) > KEPT:
            self.known.clear()
        self.known |= dict.fromkeys(self.asked)
        self._by_id([one for one in self.asked if one[2] == "id"])
        self._by_reference([one for one in self.asked if one[2] == "reference"])
        self.asked.clear()

    def _by_id(self, questions: list[Question]) -> None:
        ids = [key for _, key, _ in questions]
        self._answer(_BY_ID, [self.target.pk, self.source.pk, ids], questions)

    def _by_reference(self, questions: list[Question]) -> None:
        resources = sorted({resource for resource, _, _ in questions})
        references = [key for _, key, _ in questions]
        self._answer(_BY_REFERENCE, [self.target.pk, resources, references], questions)

    def _answer(self, sentence: str, values: list[Any], questions: list[Question]) -> None:
        if not questions:
            return
        by, wanted = questions[0][2], set(questions)
        with db.cursor() as cursor:
            cursor.execute(sentence, values)
            for resource, key, found in cursor.fetchall():
                if (resource, key, by) in wanted:
                    self.known[resource, key, by] = found
