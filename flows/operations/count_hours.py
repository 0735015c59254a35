"""Counts what each flow did in the last hours, by the ids of deliveries, which tell the time."""

from datetime import datetime

from django.db import connection as db
from django.utils import timezone

from ekyam import ids
from ekyam.tenants.scope import across_tenants
from flows.rhythm import HOUR, start_of_hour

# One counts at a time: an older count never overwrites a newer one, and no two wait for each other.
_LOCK = "SELECT pg_try_advisory_xact_lock(hashtextextended('ekyam.hours', 0))"
_COUNT = """
    INSERT INTO flows_flowhour AS kept
        (id, tenant_id, flow_id, hour, made, done, unchanged, dead, median_ms)
    SELECT gen_random_uuid(), d.tenant_id, d.flow_id, h.hour, count(*),
           count(*) FILTER (WHERE d.state = 'succeeded'),
           count(*) FILTER (WHERE d.state = 'unchanged'),
           count(*) FILTER (WHERE d.state = 'dead'),
           percentile_cont(0.5) WITHIN GROUP (
               ORDER BY extract(epoch FROM d.finished_at - d.received_at) * 1000
           ) FILTER (WHERE d.state = 'succeeded')
      FROM unnest(%s::timestamptz[], %s::uuid[], %s::uuid[]) AS h(hour, low, high)
      JOIN flows_delivery d ON d.id >= h.low AND d.id < h.high
     WHERE d.flow_id IS NOT NULL
     GROUP BY d.tenant_id, d.flow_id, h.hour
    ON CONFLICT (tenant_id, hour, flow_id) DO UPDATE
       SET made = excluded.made, done = excluded.done, unchanged = excluded.unchanged,
           dead = excluded.dead, median_ms = excluded.median_ms
     WHERE (kept.made, kept.done, kept.unchanged, kept.dead, kept.median_ms)
           IS DISTINCT FROM (excluded.made, excluded.done, excluded.unchanged, excluded.dead,
                             excluded.median_ms)
"""


def count_hours(*, hours: int, now: datetime | None = None) -> int:
    """The hour of now and those before it, so many in all. Return how many rows changed."""
    last = start_of_hour(now or timezone.now())
    starts = [last - HOUR * back for back in range(hours)]
    lows = [ids.floor(start) for start in starts]
    highs = [ids.floor(start + HOUR) for start in starts]
    with across_tenants("the hours of all flows are counted at once"), db.cursor() as cursor:
        cursor.execute(_LOCK)
        if not cursor.fetchone()[0]:
            return 0
        cursor.execute(_COUNT, [starts, lows, highs])
        return int(cursor.rowcount)
