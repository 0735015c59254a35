"""What was received and only a person can answer, such as a shopper who asks for the data."""

from dataclasses import dataclass
from datetime import datetime

from flows.models import Event
from flows.models.event import EventState

MOST = 50


@dataclass(frozen=True)
class Asking:
    id: str
    source: str
    topic: str
    note: str
    since: datetime


def list_asking() -> list[Asking]:
    """The oldest first: the law gives a month."""
    rows = Event.objects.filter(state=EventState.ASKS).select_related("connection")
    found = rows.defer("body", "headers", "connection__sealed").order_by("received_at")[:MOST]
    return [
        Asking(one.public_id, one.connection.label, one.topic, one.note, one.received_at)
        for one in found
    ]
