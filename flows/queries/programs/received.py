"""Events as they came, and runs, with the ids of what they belong to."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from connectors.models import Connection
from ekyam import ids
from flows.models import Event, Flow, Run
from flows.queries.pages import Page
from flows.queries.programs.newest import given, turn_page


@dataclass(frozen=True)
class EventEntry:
    id: str
    connection_id: str
    origin: str
    topic: str
    feed: str
    state: str
    note: str
    sent_at: datetime | None
    received_at: datetime


@dataclass(frozen=True)
class EventWhole:
    """`body` as text; `is_exact` is false where the bytes that came were no UTF-8."""

    entry: EventEntry
    headers: dict[str, str]
    body: str
    is_exact: bool


@dataclass(frozen=True)
class RunEntry:
    id: str
    connection_id: str
    flow_id: str | None
    feed: str
    origin: str
    state: str  # open, done or failed
    records: int
    deliveries: int
    failure: str
    started_at: datetime
    finished_at: datetime | None


def list_event_entries(
    *,
    connection: UUID | None = None,
    state: str | None = None,
    origin: str | None = None,
    topic: str | None = None,
    received_after: datetime | None = None,
    received_before: datetime | None = None,
    after: str = "",
    size: int = 50,
) -> Page[EventEntry]:
    found = Event.objects.defer("body", "headers").filter(
        given(
            connection=connection,
            state=state,
            origin=origin,
            topic=topic,
            received_at__gte=received_after,
            received_at__lt=received_before,
        )
    )
    rows, following = turn_page(found, after=after, size=size)
    return Page([_event(one) for one in rows], following, bool(after))


def get_event_whole(public_id: str) -> EventWhole:
    """Raises Event.DoesNotExist."""
    one = Event.get_public(public_id)
    content = bytes(one.body)
    body = content.decode(errors="replace")
    headers = {str(name): str(value) for name, value in one.headers.items()}
    return EventWhole(_event(one), headers, body, body.encode() == content)


def _event(one: Event) -> EventEntry:
    return EventEntry(
        id=one.public_id,
        connection_id=ids.public(Connection.prefix, one.connection_id),
        origin=one.origin,
        topic=one.topic,
        feed=one.feed,
        state=one.state,
        note=one.note,
        sent_at=one.sent_at,
        received_at=one.received_at,
    )


def list_run_entries(
    *,
    connection: UUID | None = None,
    flow: UUID | None = None,
    origin: str | None = None,
    started_after: datetime | None = None,
    started_before: datetime | None = None,
    after: str = "",
    size: int = 50,
) -> Page[RunEntry]:
    found = Run.objects.filter(
        given(
            connection=connection,
            flow=flow,
            origin=origin,
            started_at__gte=started_after,
            started_at__lt=started_before,
        )
    )
    rows, following = turn_page(found, after=after, size=size)
    return Page([_run(one) for one in rows], following, bool(after))


def get_run_entry(public_id: str) -> RunEntry:
    """Raises Run.DoesNotExist."""
    return _run(Run.get_public(public_id))


def _run(one: Run) -> RunEntry:
    return RunEntry(
        id=one.public_id,
        connection_id=ids.public(Connection.prefix, one.connection_id),
        flow_id=None if one.flow_id is None else ids.public(Flow.prefix, one.flow_id),
        feed=one.feed,
        origin=one.origin,
        state="failed" if one.failure else "done" if one.finished_at else "open",
        records=one.records,
        deliveries=one.deliveries,
        failure=one.failure,
        started_at=one.started_at,
        finished_at=one.finished_at,
    )
