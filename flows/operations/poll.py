"""Reads on in a feed: page by page, each page's events and the cursor in one transaction."""

import hashlib
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import msgspec
import structlog
from django.conf import settings
from django.db import connection as db
from django.db.models import Q
from django.utils import timezone

from connectors.channel import Channel, open_channel
from connectors.errors import Failure, RateLimited, Unauthorized
from connectors.models import Connection
from connectors.operations import mark_throttled, needs_reauthorization
from connectors.spec import Context, Feed, Page, Position
from ekyam.tenants.scope import tenant_scope
from flows.mapping.records import expression
from flows.models import Cursor, Run
from flows.models.event import Origin
from flows.operations.health import hear_of, heard_of_failure, heard_of_page
from flows.operations.publish import CONNECTION_DOWN, fact, write_facts
from flows.operations.receive import has_event, receive_records
from flows.operations.stock.streams import streams_by_feed

log = structlog.get_logger(__name__)
LONGEST_PAUSE_SECONDS = 900
ASKED_AT_ONCE = 20


def poll_feed(*, tenant_id: UUID, cursor_id: UUID) -> None:
    """Read what was asked for, and, when it is due, to the end of what changed, or until something
    goes wrong; then plan the next poll."""
    token, now = uuid4(), timezone.now()
    with tenant_scope(tenant_id):
        cursor = _lease(cursor_id, token, now)
        if cursor is None:
            return
        channel = open_channel(cursor.connection)
    try:
        while cursor.asked:
            _read_asked(tenant_id, cursor, channel, token)
        while cursor.due_at <= now and _read_page(tenant_id, cursor, channel, token):
            pass
    except Exception as failure:
        with tenant_scope(tenant_id):
            _failed(cursor, channel, failure, token)
    else:
        with tenant_scope(tenant_id):
            _give_back(cursor, token)


def _lease(cursor_id: UUID, token: UUID, now: datetime) -> Cursor | None:
    free = Q(leased_until=None) | Q(leased_until__lt=now)
    until = now + timedelta(seconds=settings.EKYAM_LEASE_SECONDS * 6)
    has_work = Q(due_at__lte=now) | ~Q(asked=[])
    taken = Cursor.objects.filter(free, has_work, pk=cursor_id).update(
        lease_token=token, leased_until=until
    )
    if not taken:
        return None
    cursor = Cursor.objects.select_related("connection").get(pk=cursor_id)
    if not cursor.connection.is_open:
        cursor.due_at = now + timedelta(seconds=cursor.interval_seconds)
        _give_back(cursor, token)
        return None
    if not cursor.page:
        cursor.started_at = now
    return cursor


def _read_asked(tenant_id: UUID, cursor: Cursor, channel: Channel, token: UUID) -> None:
    """Records that webhooks named, as they are now; `asked` is then what was named meanwhile."""
    feed, now = channel.connector.feed(cursor.feed), timezone.now()
    assert feed.fetch is not None
    ids = [str(one) for one in cursor.asked[:ASKED_AT_ONCE]]
    since = cursor.since - timedelta(seconds=feed.overlap_seconds) if cursor.since else None
    context = Context(settings=channel.settings, now=now)
    page = channel.client(feed.lane).run(feed.fetch(ids, Position(since), context))
    with tenant_scope(tenant_id):
        if not _is_ours(cursor, token):
            cursor.asked = []  # another worker took over
            return
        # Stock that is as it was is news all the same: it is true as of now.
        is_stock = feed.name in streams_by_feed(cursor.connection.spec.slug)
        _store(cursor, feed, page, now, suffix=f"@{now.isoformat()}" if is_stock else "")
        with db.cursor() as sql:
            sql.execute(_ANSWERED, [msgspec.json.encode(ids).decode(), cursor.pk])
            cursor.asked = msgspec.json.decode(sql.fetchone()[0])
        _heard_page(cursor, now)


_ANSWERED = """
    UPDATE flows_cursor SET asked = COALESCE((
        SELECT jsonb_agg(one) FROM jsonb_array_elements_text(asked) AS one
        WHERE NOT %s::jsonb ? one), '[]')
    WHERE id = %s RETURNING asked::text
"""


def _is_ours(cursor: Cursor, token: UUID) -> bool:
    return Cursor.objects.filter(pk=cursor.pk, lease_token=token).exists()


def _read_page(tenant_id: UUID, cursor: Cursor, channel: Channel, token: UUID) -> bool:
    """Returns whether there is more."""
    feed = channel.connector.feed(cursor.feed)
    assert feed.poll is not None
    now = timezone.now()

    def is_known(record_id: str, version: str) -> bool:
        with tenant_scope(tenant_id):
            return has_event(cursor.connection, _version_key(feed, record_id, version))

    context = Context(settings=channel.settings, now=now, is_known=is_known)
    since = cursor.since - timedelta(seconds=feed.overlap_seconds) if cursor.since else None
    page = channel.client(feed.lane).run(feed.poll(Position(since, cursor.page), context))
    with tenant_scope(tenant_id):
        if not _is_ours(cursor, token):
            return False  # another worker took over
        _store(cursor, feed, page, now)
        has_more = _advance(cursor, page)
        _heard_page(cursor, now)
        return has_more


def _heard_page(cursor: Cursor, asked_at: datetime) -> None:
    now = timezone.now()
    took_ms = max(0.0, (now - asked_at).total_seconds() * 1000)
    hear_of(cursor.connection, heard_of_page(took_ms), now=now)


def _store(cursor: Cursor, feed: Feed, page: Page, asked_at: datetime, suffix: str = "") -> None:
    bodies = [(raw, msgspec.json.encode(raw)) for raw in page.records]
    found = receive_records(
        connection=cursor.connection,
        feed=feed.name,
        records=[(_key(feed, raw, body) + suffix, body) for raw, body in bodies],
        origin=Origin.POLL,
        at=timezone.now(),
        told_at=asked_at,
    )
    _note_run(cursor, found, asked_at)


def _version_key(feed: Feed, record_id: str, version: str) -> str:
    return f"{feed.name}:{record_id}:{version}:"[:200]


def _key(feed: Feed, raw: Any, body: bytes) -> str:
    """Two readings of one version are one event, unless they differ: a vendor's clock is coarse,
    and a second change within its tick has the same version."""
    record_id = expression(feed.record_id)(raw)
    version = expression(feed.version)(raw)
    return _version_key(feed, record_id, version) + hashlib.sha256(body).hexdigest()[:16]


def _advance(cursor: Cursor, page: Page) -> bool:
    """The next page, or the end: what changed from this poll's start on is for the next one."""
    cursor.page, cursor.failures, cursor.failure = page.next_page, 0, ""
    if page.next_page:
        cursor.leased_until = timezone.now() + timedelta(seconds=settings.EKYAM_LEASE_SECONDS * 6)
        cursor.save(update_fields=["page", "failures", "failure", "leased_until", "started_at"])
        return True
    now = timezone.now()
    cursor.since, cursor.polled_at = cursor.started_at, now
    cursor.due_at = now + timedelta(seconds=cursor.interval_seconds)
    return False


# Not `asked`: a webhook may add to it at any time.
_KEPT = ["since", "page", "started_at", "due_at", "polled_at", "failures", "failure"]


def _give_back(cursor: Cursor, token: UUID) -> None:
    """End the lease, if it is ours still."""
    if _is_ours(cursor, token):
        cursor.lease_token = cursor.leased_until = None
        cursor.save(update_fields=[*_KEPT, "lease_token", "leased_until"])


def _note_run(cursor: Cursor, found: int, started_at: datetime) -> None:
    if found:
        Run.objects.create(
            tenant_id=cursor.tenant_id,
            connection=cursor.connection,
            feed=cursor.feed,
            origin=Origin.POLL,
            started_at=started_at,
            finished_at=timezone.now(),
            records=found,
        )


def _failed(cursor: Cursor, channel: Channel, failure: Exception, token: UUID) -> None:
    """A failed poll loses nothing: it reads on from the same place, later and later."""
    if not _is_ours(cursor, token):
        return
    now, connection = timezone.now(), cursor.connection
    delay = min(cursor.interval_seconds * 2**cursor.failures, LONGEST_PAUSE_SECONDS)
    if isinstance(failure, RateLimited):
        mark_throttled(connection, until=now + timedelta(seconds=failure.retry_after))
        delay = failure.retry_after
    elif isinstance(failure, Unauthorized):
        delay = _refused(connection, channel, failure, now, delay)
    else:
        cursor.failures += 1
        Run.objects.create(
            tenant_id=cursor.tenant_id,
            connection=connection,
            feed=cursor.feed,
            origin=Origin.POLL,
            started_at=now,
            finished_at=now,
            failure=str(failure)[:1000],
        )
    cursor.failure = str(failure)[:1000]
    log.warning("poll failed", feed=cursor.feed, reason=cursor.failure)
    if not isinstance(failure, Failure):
        log.error("poll met a bug", exc_info=failure)
    cursor.due_at = now + timedelta(seconds=delay)
    _give_back(cursor, token)
    hear_of(connection, heard_of_failure(failure), now=now)


def _refused(
    connection: Connection, channel: Channel, failure: Unauthorized, now: datetime, delay: float
) -> float:
    token = str(channel.credentials.get("access_token", ""))
    if not needs_reauthorization(connection, access_token=token, reason=failure.message):
        return 0.0  # only the token had run out
    write_facts(
        [
            fact(
                connection.tenant_id,
                CONNECTION_DOWN,
                subject=connection.public_id,
                at=now,
                reason=failure.message,
            )
        ]
    )
    return delay


def poll_soon(connection: Connection) -> None:
    """It answers again: nothing waits for the end of a pause that its failures made longer."""
    now = timezone.now()
    Cursor.objects.filter(connection=connection, failures__gt=0, due_at__gt=now).update(due_at=now)


def ensure_cursors(connection: Connection, feeds: Sequence[str], now: datetime) -> None:
    """A cursor for each polled feed that a flow reads; it starts from now."""
    Cursor.objects.bulk_create(
        [
            Cursor(
                tenant_id=connection.tenant_id,
                connection=connection,
                feed=feed,
                interval_seconds=_interval(connection, feed),
                since=now,
                due_at=now,
            )
            for feed in feeds
            if connection.spec.feed(feed).poll is not None
        ],
        ignore_conflicts=True,
    )


def _interval(connection: Connection, feed: str) -> int:
    chosen = connection.settings.get("poll_seconds")
    return int(chosen) if chosen else connection.spec.feed(feed).poll_seconds
