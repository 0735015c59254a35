"""A full comparison: page by page what the target says, then what the source says; what differs is
kept in held events until all is read, and then goes the way of every event.

Each page's findings and the place to go on from are one transaction, so a death costs one page.
"""

import time
from collections.abc import Sequence
from dataclasses import dataclass
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
from connectors.spec import Context, Feed, Page, Position, Stream
from connectors.standard.inventory_level import InventoryLevel
from ekyam.tenants.scope import tenant_scope
from flows.models import Event, StockLevel, Sync, SyncState
from flows.models.event import EventState, Origin
from flows.models.stock import READING
from flows.operations.health import hear_of, heard_of_failure, heard_of_page
from flows.operations.nudge import nudge
from flows.operations.read import Failed, read_plain
from flows.operations.rows import select_all
from flows.operations.stock.finish import finish_reading
from flows.operations.stock.offers import find_offers
from flows.operations.stock.route_levels import AGAIN
from flows.operations.stock.streams import source_feed, streams_by_feed, target_feed
from flows.operations.stock.take_in import Told, is_older, told_quantities

log = structlog.get_logger(__name__)
TURN_SECONDS = 20.0  # then others have their turn
WAIT_SECONDS = 0.3
RECORDS_AN_EVENT = 100  # one is routed in one transaction, and events wait for it
MOST_FAILURES = 12
LONGEST_PAUSE_SECONDS = 300.0


def run_sync(*, tenant_id: UUID, sync_id: UUID) -> None:
    """Read on, until everything is read, the turn is over, or something goes wrong."""
    token, ends = uuid4(), time.monotonic() + TURN_SECONDS
    with tenant_scope(tenant_id):
        sync = _lease(sync_id, token, timezone.now())
        if sync is None:
            return
        channels = {
            SyncState.TARGET: open_channel(sync.flow.target),
            SyncState.SOURCE: open_channel(sync.flow.source),
        }
    try:
        while sync.state in READING and sync.read_at is None and time.monotonic() < ends:
            if not _read_page(tenant_id, sync, channels[SyncState(sync.state)], token):
                return
        if sync.read_at is not None:
            with tenant_scope(tenant_id):
                _finish(sync, token)
    except Exception as failure:
        with tenant_scope(tenant_id):
            _failed(sync, channels[SyncState(sync.state)], failure, token)
    else:
        with tenant_scope(tenant_id):
            _give_back(sync, token, timezone.now())


def _lease(sync_id: UUID, token: UUID, now: datetime) -> Sync | None:
    free = Q(leased_until=None) | Q(leased_until__lt=now)
    mine = Sync.objects.filter(free, pk=sync_id, state__in=READING, due_at__lte=now)
    if not mine.update(lease_token=token, leased_until=_lease_end(now)):
        return None
    sync = Sync.objects.select_related("flow__source", "flow__target").get(pk=sync_id)
    if sync.started_at is None:
        sync.started_at = now
    return sync


def _is_ours(sync: Sync, token: UUID) -> bool:
    """Still, and until the transaction ends: a person may stop it at any time."""
    mine = Sync.objects.filter(pk=sync.pk, lease_token=token, state=sync.state)
    return mine.select_for_update(no_key=True).first() is not None


def _lease_end(now: datetime) -> datetime:
    """A page that takes longer may be read by another too; only one of them can keep it."""
    return now + timedelta(seconds=settings.EKYAM_LEASE_SECONDS * 3)


@dataclass(frozen=True)
class _Side:
    """One of the two systems that are compared, and the feed and stream that it is read by."""

    connection: Connection
    feed: Feed
    stream: Stream
    is_target: bool


def _side(sync: Sync) -> _Side:
    flow = sync.flow
    if sync.state == SyncState.TARGET:
        feed = target_feed(flow)
        assert feed is not None
        return _Side(flow.target, feed, streams_by_feed(flow.target.spec.slug)[feed.name], True)
    return _Side(flow.source, source_feed(flow), flow.stream_spec, False)


def _read_page(tenant_id: UUID, sync: Sync, channel: Channel, token: UUID) -> bool:
    """False when it is no longer ours."""
    side, now = _side(sync), timezone.now()
    context = Context(settings=channel.settings, now=now)
    since = None if side.is_target else sync.since
    assert side.feed.whole is not None
    page = channel.client(side.feed.lane).run(side.feed.whole(Position(since, sync.page), context))
    asked_until = timezone.now()
    records = [read_plain(side.stream, side.feed, raw, context) for raw in page.records]
    with tenant_scope(tenant_id):
        if not _is_ours(sync, token):
            return False
        found, again = _compare(sync, side, page, records, now)
        _hold(sync, side, [raw for place, raw in enumerate(page.records) if place in found], now)
        _hold_again(sync, side, again, now)
        _advance(sync, side, page, now)
    # By itself, lest it waits for a pump that waits for the levels of this page.
    took_ms = max(0.0, (asked_until - now).total_seconds() * 1000)
    with tenant_scope(tenant_id):
        hear_of(side.connection, heard_of_page(took_ms), now=asked_until)
    return True


def _compare(
    sync: Sync,
    side: _Side,
    page: Page,
    records: Sequence[Any],
    now: datetime,
) -> tuple[set[int], set[str]]:
    """The places in the page of what is not as it was known, or is not what the target holds; and
    the SKUs that the target does not hold as it should, though the source had nothing new of them.
    """
    levels = {n: one for n, one in enumerate(records) if isinstance(one, InventoryLevel)}
    found = {n for n, one in enumerate(records) if isinstance(one, Failed)}
    clause = "WHERE connection_id = %s AND external_id = ANY(%s)"
    ids = [one.id for one in levels.values()]
    rows = select_all(StockLevel, clause, [side.connection.pk, ids])
    known = {row.external_id: row for row in rows}
    same: list[UUID] = []
    for place, level in levels.items():
        row = known.get(level.id)
        if row is None:
            found |= {place} if level.sku else set()
        elif _tells_more(row, level):
            # What an event told of meanwhile is newer.
            found |= set() if is_older(row, Told(level, now)) else {place}
        elif row.as_of < now:
            same.append(row.pk)
    _mark_seen(sync, [row.pk for row in known.values()], same, now)
    marked = _mark_items(sync, side, page.same, now)
    if side.is_target:
        sync.target_checked += len(levels)
        sync.target_differing += len(found)
        return found, set()
    sync.checked += len(levels) + marked
    sync.to_zero += sum(_goes_to_zero(known.get(one.id), one) for one in levels.values())
    skus = {one.sku for one in levels.values()}
    differing = _differing(sync, skus, side, page.same)
    found |= {place for place, level in levels.items() if level.sku in differing}
    sync.differing += len(found) + len(differing - skus)
    return found, differing - skus


def _goes_to_zero(row: StockLevel | None, level: InventoryLevel) -> bool:
    if row is None or row.is_gone:
        return False
    told = told_quantities(level)
    before = row.available if row.available is not None else row.on_hand
    now = told.get("available", told.get("on_hand", 1))
    return bool(before and before > 0 and now <= 0)


def _tells_more(row: StockLevel, level: InventoryLevel) -> bool:
    """Whether it says something else than we know, or has come back."""
    quantities = told_quantities(level)
    is_new = any(getattr(row, name) != value for name, value in quantities.items())
    return is_new or row.is_gone or bool(level.sku and row.sku != level.sku)


_SEEN = """
    UPDATE flows_stocklevel SET seen = %s, as_of = CASE WHEN id = ANY(%s) THEN %s ELSE as_of END
    WHERE id = ANY(%s)
"""


def _mark_seen(sync: Sync, known: list[UUID], same: list[UUID], now: datetime) -> None:
    """What is as it was is true as of now; what is not is for the event to say."""
    if known:
        with db.cursor() as cursor:
            cursor.execute(_SEEN, [sync.number, same, now, sorted(known)])


_SAME = """
    UPDATE flows_stocklevel SET seen = %s, as_of = %s
    WHERE connection_id = %s AND item_id = ANY(%s) AND as_of < %s
"""


def _mark_items(sync: Sync, side: _Side, items: Sequence[str], now: datetime) -> int:
    if not items:
        return 0
    with db.cursor() as cursor:
        cursor.execute(_SAME, [sync.number, now, side.connection.pk, list(items), now])
        return int(cursor.rowcount)


def _differing(sync: Sync, skus: set[str], side: _Side, items: Sequence[str]) -> set[str]:
    """The SKUs of this page of which the target does not hold what is offered, by what we know."""
    if items:
        rows = StockLevel.objects.filter(connection=side.connection, item_id__in=items)
        skus = skus | set(rows.values_list("sku", flat=True))
    return {one.offer.sku for one in find_offers(sync.flow, skus) if one.differs}


def _hold(sync: Sync, side: _Side, raws: Sequence[Any], now: datetime) -> None:
    events = [
        Event(
            tenant_id=sync.tenant_id,
            connection=side.connection,
            origin=Origin.SYNC,
            feed=side.feed.name,
            delivery_key=f"{sync.public_id}:{uuid4().hex}",
            sent_at=now,
            body=msgspec.json.encode(raws[start : start + RECORDS_AN_EVENT]),
            received_at=timezone.now(),
            sync=sync,
            state=EventState.RECEIVED if side.is_target else EventState.HELD,
        )
        for start in range(0, len(raws), RECORDS_AN_EVENT)
    ]
    Event.objects.bulk_create(events)
    if events and side.is_target:
        nudge("route", tenant_id=sync.tenant_id, subject_id=side.connection.pk)


def _hold_again(sync: Sync, side: _Side, skus: set[str], now: datetime) -> None:
    """What need not be read again, and yet is to be offered anew, as after another formula."""
    if skus:
        Event.objects.create(
            tenant_id=sync.tenant_id,
            connection=side.connection,
            origin=Origin.SYNC,
            topic=AGAIN,
            delivery_key=f"{sync.public_id}:{uuid4().hex}",
            sent_at=now,
            body=msgspec.json.encode(sorted(skus)),
            received_at=timezone.now(),
            sync=sync,
            state=EventState.HELD,
        )


_PROGRESS = [
    "state",
    "page",
    "total",
    "checked",
    "target_checked",
    "target_differing",
    "differing",
    "to_zero",
    "missing",
    "reason",
    "failures",
    "started_at",
    "read_at",
    "finished_at",
    "leased_until",
]


def _advance(sync: Sync, side: _Side, page: Page, now: datetime) -> None:
    sync.page, sync.failures, sync.reason = page.next_page, 0, ""
    sync.leased_until = _lease_end(timezone.now())
    if sync.total is None:
        known = StockLevel.objects.filter(connection=side.connection, is_gone=False).count()
        sync.total = max(known, page.total or 0)
    if not page.next_page:
        if side.is_target:
            _finish_target(sync, side)
            sync.state, sync.started_at, sync.total = SyncState.SOURCE, timezone.now(), None
        else:
            sync.read_at = now
    sync.save(update_fields=_PROGRESS)


def _finish(sync: Sync, token: UUID) -> None:
    """Once what the target said has been taken in: what differs, differs from that."""
    if not _is_ours(sync, token):
        return
    now = timezone.now()
    if Event.objects.filter(sync=sync, state=EventState.RECEIVED).exists():
        sync.due_at = now + timedelta(seconds=WAIT_SECONDS)
    else:
        finish_reading(sync, now)
        sync.save(update_fields=_PROGRESS)


_GONE = """
    UPDATE flows_stocklevel SET is_gone = true
    WHERE connection_id = %s AND seen < %s AND as_of < %s AND NOT is_gone
"""


def _finish_target(sync: Sync, side: _Side) -> None:
    """What the target did not show is not there any more, as a deleted variant."""
    with db.cursor() as cursor:
        cursor.execute(_GONE, [side.connection.pk, sync.number, sync.created_at])


def _failed(sync: Sync, channel: Channel, failure: Exception, token: UUID) -> None:
    """The page is read again, later and later; what was read stays read."""
    now = timezone.now()
    delay = min(2.0**sync.failures, LONGEST_PAUSE_SECONDS)
    if isinstance(failure, RateLimited):
        mark_throttled(channel.connection, until=now + timedelta(seconds=failure.retry_after))
        delay = failure.retry_after
    elif isinstance(failure, Unauthorized):
        access_token = str(channel.credentials.get("access_token", ""))
        needs_reauthorization(channel.connection, access_token=access_token, reason=failure.message)
    else:
        sync.failures += 1
    sync.reason = str(failure)[:1000] or type(failure).__name__
    log.warning("sync failed", sync_id=sync.public_id, reason=sync.reason)
    if not isinstance(failure, Failure):
        log.error("sync met a bug", exc_info=failure)
    if sync.failures >= MOST_FAILURES:
        sync.state, sync.finished_at = SyncState.FAILED, now
        sync.reason = f"It could not be read: {sync.reason} It was tried {MOST_FAILURES} times."
        Event.objects.filter(sync=sync, state=EventState.HELD).update(
            state=EventState.IGNORED, note="The full sync failed."
        )
    sync.due_at = now + timedelta(seconds=delay)
    _give_back(sync, token, now)
    hear_of(channel.connection, heard_of_failure(failure), now=now)


def _give_back(sync: Sync, token: UUID, now: datetime) -> None:
    mine = Sync.objects.filter(pk=sync.pk, lease_token=token)
    kept = {name: getattr(sync, name) for name in ("state", "reason", "failures", "due_at")}
    if not mine.update(lease_token=None, leased_until=None, finished_at=sync.finished_at, **kept):
        return
    if sync.state in READING and sync.due_at <= now:
        nudge("sync", tenant_id=sync.tenant_id, subject_id=sync.pk)
