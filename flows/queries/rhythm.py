"""What flows did hour by hour, and how long they usually take."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import NamedTuple
from uuid import UUID

import msgspec
from django.db import connection as db
from django.utils import timezone

from flows.models import FlowHour
from flows.rhythm import start_of_hour, weighted_median

USUAL_OVER = timedelta(days=7)


class Hour(NamedTuple):
    """One hour of one flow. `done` went out; `unchanged` needed nothing; what of `made` is none of
    done, unchanged and dead was still open, or had been called off, when it was counted."""

    start: datetime
    made: int
    done: int
    unchanged: int
    dead: int
    median_ms: float | None


# As one value for each flow: there may be thousands of hours, and a page waits for them.
_HOURS = """
    SELECT flow_id, json_agg(json_build_array(
               extract(epoch FROM hour)::bigint, made, done, unchanged, dead, median_ms
           ) ORDER BY hour)::text
      FROM flows_flowhour WHERE hour >= %s OR hour = ANY(%s) GROUP BY flow_id
"""


def hours_since(since: datetime, *, also: Iterable[datetime] = ()) -> dict[UUID, list[Hour]]:
    """By the flow's key, oldest first: the hours that began at or after the one of `since`, and
    those that began at the times of `also`.

    Hours in which a flow did nothing are left out. One query, whatever the number of flows.
    """
    with db.cursor() as cursor:
        cursor.execute(_HOURS, [start_of_hour(since), list(also)])
        rows = cursor.fetchall()
    starts: dict[int, datetime] = {}
    found: dict[UUID, list[Hour]] = {}
    for flow_id, hours in rows:
        found[flow_id] = [
            Hour(starts.get(at) or starts.setdefault(at, datetime.fromtimestamp(at, UTC)), *rest)
            for at, *rest in msgspec.json.decode(hours)
        ]
    return found


def usual_ms_of(flows: Iterable[UUID]) -> dict[UUID, float]:
    """By the keys of flows: from received to done, of the last seven days, in one query. Those of
    which nothing has succeeded in them lack."""
    since = start_of_hour(timezone.now() - USUAL_OVER)
    rows = FlowHour.objects.filter(flow_id__in=list(flows), hour__gte=since)
    pairs: dict[UUID, list[tuple[float, int]]] = {}
    for flow_id, ms, done in rows.values_list("flow_id", "median_ms", "done"):
        if ms is not None:
            pairs.setdefault(flow_id, []).append((ms, done))
    found = {flow_id: weighted_median(one) for flow_id, one in pairs.items()}
    return {flow_id: ms for flow_id, ms in found.items() if ms is not None}
