"""Dead letters that something newer of the same record has overtaken: they are not sent again."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import connection as db

from ekyam import ids
from flows.models import Delivery
from flows.states import DONE, State


@dataclass(frozen=True)
class Newer:
    """The newest delivery of the same flow and record, and what has become of it."""

    public_id: str
    state: str

    @property
    def note(self) -> str:
        return (
            f"Healed by {self.public_id}." if self.state in DONE else f"{self.public_id} is newer."
        )

    def is_in_place_of(self, row: Delivery) -> bool:
        """Not before it has arrived where the older one may have been written: it looks that up."""
        return not row.wrote or self.state in DONE


# Of one that is dead of another cause nobody knows whether it will ever be sent: what is older
# stays. One that a person called off is the newest all the same, as when it comes.
_NEWER = """
    SELECT d.id, n.id, n.state FROM flows_delivery d CROSS JOIN LATERAL (
        SELECT o.id, o.state FROM flows_delivery o
        WHERE o.record_id = d.record_id AND o.target_id = d.target_id AND o.sequence > d.sequence
          AND o.flow_id = d.flow_id AND o.source_version <> d.source_version
          AND (o.state <> 'dead' OR o.cause = d.cause) AND o.state <> 'superseded'
        ORDER BY o.sequence DESC LIMIT 1) n
    WHERE d.id = ANY(%s)
"""


def find_newer(deliveries: Iterable[UUID]) -> dict[UUID, Newer]:
    """By the id of the stale one; one query. Pieces of one fact are not newer than each other."""
    with db.cursor() as cursor:
        cursor.execute(_NEWER, [list(deliveries)])
        rows = cursor.fetchall()
    return {pk: Newer(ids.public(Delivery.prefix, newer), state) for pk, newer, state in rows}


def put_to_rest(row: Delivery, newer: Newer, now: datetime) -> bool:
    """Supersede a row that is locked. False where it must stay."""
    if not newer.is_in_place_of(row):
        return False
    row.state, row.note, row.finished_at, row.waits_for = State.SUPERSEDED, newer.note, now, ""
    row.save(update_fields=["state", "note", "finished_at", "waits_for"])
    return True
