"""Counts what each flow did in the last hours, by the ids of deliveries, which tell the time."""

from datetime import datetime

from django.db import connection as db
from django.utils import timezone

from ekyam import ids
from ekyam.tenants.scope import across_tenants
from flows.rhythm import HOUR, start_of_hour

# One counts at a time: an older count never overwrites a newer one, and no two wait for each other.
_LOCK = "SELECT pg_try_advisory_xact_lock(hashtextextended('ekyam.hours', 0))"
# The first 48 bits of an id are milliseconds: they tell the hour, and one range of the key is read.
_COUNT = """
    INSERT INTO flows_flowhour AS kept
        (id, tenant_id, flow_id, hour, made, done, unchanged, dead, median_ms)
    SELECT gen_random_uuid(), tenant_id, flow_id, to_timestamp(hour * 3600), count(*),
           count(*) FILTER (WHERE state = 'succeeded'),
           count(*) FILTER (WHERE state = 'unchanged'),
           count(*) FILTER (WHERE state = 'dead'),
           percentile_cont(0.5) WITHIN GROUP (ORDER BY took_ms) FILTER (WHERE state = 'succeeded')
      FROM (
        SELECT tenant_id, flow_id, state,
               ('x' || left(replace(id::text, '-', ''), 12))::bit(48)::bigint / 3600000 AS hour,
               extract(epoch FROM finished_at - received_at) * 1000 AS took_ms
          FROM flows_delivery
         WHERE id >= %s AND id < %s AND flow_id IS NOT NULL
      ) d
     GROUP BY tenant_id, flow_id, hour
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
    low, high = ids.floor(last - HOUR * (hours - 1)), ids.floor(last + HOUR)
    with across_tenants("the hours of all flows are counted at once"), db.cursor() as cursor:
        cursor.execute(_LOCK)
        if not cursor.fetchone()[0]:
            return 0
        cursor.execute(_COUNT, [low, high])
        return int(cursor.rowcount)
