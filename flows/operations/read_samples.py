"""Reads a few of the newest records of a system to be looked at, before any flow is there.

They are kept as events that are never routed, under keys that no poll and no webhook has: what is
read here is read again, and delivered, when a flow goes On.
"""

import hashlib
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

import msgspec
import structlog
from django.utils import timezone

from connectors.channel import Channel, open_channel
from connectors.errors import Failure, RateLimited, Unauthorized, Unreachable
from connectors.models import Connection
from connectors.spec import Context, Feed, Position
from ekyam.audit.record import record
from ekyam.tenants.scope import tenant_scope
from flows.mapping.records import expression
from flows.models import Event
from flows.models.event import EventState, Origin

log = structlog.get_logger(__name__)
KEY = "sample:"
OF_EACH_FEED = 10
SINCE = timedelta(days=30)
NOTE = "Read to be looked at in the set-up."
PATIENCE_SECONDS = 10.0  # with a system that asks to slow down, in all: a person waits


@dataclass(frozen=True)
class FeedRead:
    """What came of one feed: how many records, or why none."""

    feed: str
    count: int = 0
    problem: str = ""


def read_samples(connection: Connection) -> list[FeedRead]:
    """Call it outside of any transaction: it sends requests. Never raises a Failure."""
    channel = open_channel(connection)
    found, rows = [], []
    for one, events in _read_feeds(channel):
        found.append(one)
        rows += events
    with tenant_scope(connection.tenant_id):
        _keep(connection.tenant_id, connection, rows)
        record(
            "connection.samples_read",
            subject=connection.public_id,
            label=connection.label,
            after={one.feed: one.problem or one.count for one in found},
        )
    return found


def _read_feeds(channel: Channel) -> Iterator[tuple[FeedRead, list[Event]]]:
    """A system that does not answer, or refuses us, is not asked again for each feed."""
    until = time.monotonic() + PATIENCE_SECONDS
    for feed in channel.connector.feeds:
        if feed.poll is None:
            continue
        try:
            raws = _newest(channel, feed, until)
        except (Unauthorized, Unreachable) as failure:
            yield FeedRead(feed.name, problem=failure.message), []
            return
        except Failure as failure:
            yield FeedRead(feed.name, problem=failure.message), []
            continue
        except Exception:  # a bug, or an answer that nobody foresaw: the others are read still
            log.exception("samples could not be read", feed=feed.name)
            yield FeedRead(feed.name, problem="Something unexpected came."), []
            continue
        yield FeedRead(feed.name, len(raws)), [_event(channel, feed, raw) for raw in raws]


def _newest(channel: Channel, feed: Feed, until: float) -> list[Any]:
    """Where the system asks to slow down, as soon as it says. Raises Failure."""
    while True:
        try:
            return _ask(channel, feed)
        except RateLimited as failure:
            pause = max(failure.retry_after, 0.1)
            if time.monotonic() + pause > until:
                raise
            time.sleep(pause)


def _ask(channel: Channel, feed: Feed) -> list[Any]:
    """Of the first page of what changed lately, else of all that there is."""
    assert feed.poll is not None
    now = timezone.now()
    context = Context(settings=channel.settings, now=now)
    client = channel.client(feed.lane)
    page = client.run(feed.poll(Position(now - SINCE), context))
    if not page.records and feed.whole is not None:
        page = client.run(feed.whole(Position(), context))
    return list(page.records[-OF_EACH_FEED:])


def _event(channel: Channel, feed: Feed, raw: Any) -> Event:
    body = msgspec.json.encode(raw)
    key = f"{KEY}{feed.name}:{expression(feed.record_id)(raw)}:"[:200]
    return Event(
        tenant_id=channel.connection.tenant_id,
        connection=channel.connection,
        origin=Origin.SAMPLE,
        feed=feed.name,
        delivery_key=key + hashlib.sha256(body).hexdigest()[:16],
        body=body,
        received_at=timezone.now(),
        state=EventState.IGNORED,
        note=NOTE,
    )


def _keep(tenant_id: UUID, connection: Connection, rows: list[Event]) -> None:
    """In place of those of an earlier look, of the feeds that were read."""
    feeds = {row.feed for row in rows}
    mine = Event.objects.filter(
        tenant_id=tenant_id, connection=connection, delivery_key__startswith=KEY
    )
    mine.filter(feed__in=feeds).delete()
    Event.objects.bulk_create(rows, ignore_conflicts=True)
