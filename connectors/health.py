"""How a connection fares: what its system answered is counted, and too long a silence is a state.

Counting is one statement in the transaction that keeps what came of the tries, so it is exact, and
beat has nothing to count. The row of an hour is one connection's: one worker at a time sends there.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Literal

from django.db import connection as db
from django.db.models import Max

from connectors.models import Connection, ConnectionHour, ConnectionState
from connectors.operations import change_state
from ekyam import ids

MANY = 3  # tries without an answer, one after the other
LONG = timedelta(seconds=10)  # and for so long: what was under way at once fails at once
FORGOTTEN = timedelta(minutes=15)  # failures that are further apart than this are no row of them
Turn = Literal["", "failing", "well"]


@dataclass(frozen=True)
class Heard:
    """What came of some tries. `silent` of the failed had no answer; `reason` is the last."""

    good: int = 0
    failed: int = 0
    throttled: int = 0
    good_ms: float = 0.0
    silent: int = 0
    reason: str = ""


def hear(connection: Connection, heard: Heard, *, now: datetime) -> Turn:
    """Count it, and say whether the connection fails from now on, or is well again.

    Needs a tenant scope; call it late in a transaction, for it locks the row of the hour.
    """
    if not (heard.good or heard.failed or heard.throttled):
        return ""
    _count(connection, heard, now)
    if heard.good:
        return _recover(connection)
    return _worsen(connection, heard, now) if heard.silent else ""


_COUNT = """
    INSERT INTO connectors_connectionhour AS h
        (id, tenant_id, connection_id, hour, good, failed, throttled, good_ms, good_at)
    VALUES (%s, %s, %s, date_trunc('hour', %s::timestamptz, 'UTC'), %s, %s, %s, %s, %s)
    ON CONFLICT (tenant_id, connection_id, hour) DO UPDATE SET
        good = h.good + excluded.good,
        failed = h.failed + excluded.failed,
        throttled = h.throttled + excluded.throttled,
        good_ms = h.good_ms + excluded.good_ms,
        good_at = GREATEST(h.good_at, excluded.good_at)
"""


def _count(connection: Connection, heard: Heard, now: datetime) -> None:
    figures = (heard.good, heard.failed, heard.throttled, heard.good_ms)
    good_at = now if heard.good else None
    with db.cursor() as cursor:
        keys = (ids.new(), connection.tenant_id, connection.pk, now)
        cursor.execute(_COUNT, (*keys, *figures, good_at))


def _recover(connection: Connection) -> Turn:
    """What was well all the time costs no query."""
    if connection.state != ConnectionState.FAILING and not connection.failures:
        return ""
    row = _take(connection)
    if row is None:
        return ""
    _keep(connection, row, 0, None)
    # A person may have paused it meanwhile: only what is failing becomes active.
    if row.state != ConnectionState.FAILING:
        return ""
    change_state(connection, ConnectionState.ACTIVE, "")
    return "well"


def _worsen(connection: Connection, heard: Heard, now: datetime) -> Turn:
    row = _take(connection)
    if row is None:
        return ""
    since = now if _begins_anew(row, now) else row.failing_since or now
    count = heard.silent if since == now else row.failures + heard.silent
    _keep(connection, row, count, since)
    is_long = count >= MANY and now - since >= LONG
    if not is_long or row.state != ConnectionState.ACTIVE:
        return ""
    change_state(connection, ConnectionState.FAILING, heard.reason[:1000])
    return "failing"


def _take(connection: Connection) -> Connection | None:
    """None while a token is fetched for it: that may take long where nobody answers, and the next
    try tells the same."""
    rows = Connection.objects.select_for_update(no_key=True, skip_locked=True)
    return rows.defer("sealed").filter(pk=connection.pk).first()


def _keep(connection: Connection, row: Connection, count: int, since: datetime | None) -> None:
    row.failures, row.failing_since = count, since
    row.save(update_fields=["failures", "failing_since"])
    connection.failures, connection.failing_since = count, since


def _begins_anew(row: Connection, now: datetime) -> bool:
    """Whether this is the first of a row of failures, as it is after any answer."""
    if row.failing_since is None:
        return True
    hours = ConnectionHour.objects.filter(connection=row, hour__gte=now - FORGOTTEN * 8)
    good_at = hours.aggregate(last=Max("good_at"))["last"]
    if good_at is not None and good_at >= row.failing_since:
        return True
    return row.state == ConnectionState.ACTIVE and row.failing_since < now - FORGOTTEN


@dataclass(frozen=True)
class Hour:
    """`hour` is its beginning."""

    hour: datetime
    good: int = 0
    failed: int = 0
    throttled: int = 0
    mean_ms: float | None = None


def hours_of(connection: Connection, *, now: datetime, count: int = 24) -> list[Hour]:
    """The last hours, the one under way among them, also those without a try."""
    first = _first_hour(now, count)
    rows = ConnectionHour.objects.filter(connection=connection, hour__gte=first)
    known = {row.hour: row for row in rows}
    hours = (first + timedelta(hours=at) for at in range(count))
    return [_hour(at, known.get(at)) for at in hours]


def sums_of(*, now: datetime, count: int = 24) -> dict[str, list[Hour]]:
    """The same of all connections of the tenant, by public id; one query."""
    first = _first_hour(now, count)
    known: dict[str, dict[datetime, ConnectionHour]] = {}
    for row in ConnectionHour.objects.filter(hour__gte=first):
        known.setdefault(ids.public(Connection.prefix, row.connection_id), {})[row.hour] = row
    hours = [first + timedelta(hours=at) for at in range(count)]
    return {key: [_hour(at, found.get(at)) for at in hours] for key, found in known.items()}


def _first_hour(now: datetime, count: int) -> datetime:
    at = now.astimezone(UTC)
    return at.replace(minute=0, second=0, microsecond=0) - timedelta(hours=count - 1)


def _hour(at: datetime, row: ConnectionHour | None) -> Hour:
    if row is None:
        return Hour(at)
    mean = row.good_ms / row.good if row.good else None
    return Hour(at, row.good, row.failed, row.throttled, mean)
