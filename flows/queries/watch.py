"""What is not as it should be although nothing has failed: silence, stock that drifted, comparisons
that are late. For the first page and for alerts alike."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Q

from flows.models import Flow, FlowHour, Sync, SyncState
from flows.operations.stock.streams import is_stock
from flows.rhythm import find_silence, hours_to_ask

SILENT_HOURS = 2
SYNC_HOURS = 26  # twice a day one is due: by then two were missed
LEAST_DRIFT = 10  # levels
_LOOK_BACK = timedelta(days=3)
_FIELDS = ("id", "state", "reason", "created_at", "checked", "differing")


@dataclass(frozen=True)
class Silent:
    """Nothing came by this flow in so many hours, in which `expected` records usually come."""

    flow: Flow
    hours: int
    expected: float


@dataclass(frozen=True)
class Compared:
    """The newest full comparison of a flow of stock, and when one was last finished."""

    flow: Flow
    newest: Sync | None
    done: Sync | None
    is_first: bool = False

    @property
    def drift(self) -> int:
        """Levels that differed in the last one that was finished. In the first one nearly all do,
        for nothing was compared before."""
        return self.done.differing if self.done and not self.is_first else 0

    def is_late(self, now: datetime, hours: int) -> bool:
        since = self.flow.switched_at or now
        if self.done:
            since = max(since, self.done.created_at)
        return self.flow.is_on and since < now - timedelta(hours=hours)


def made_of(
    flows: Iterable[Flow], now: datetime, *, hours: int = SILENT_HOURS
) -> dict[Any, dict[datetime, int]]:
    """By flow and hour, the records of the hours that tell of a silence. One query."""
    found: dict[Any, dict[datetime, int]] = {flow.pk: {} for flow in flows}
    rows = FlowHour.objects.filter(hour__in=hours_to_ask(now, hours))
    for flow_id, hour, made in rows.values_list("flow_id", "hour", "made"):
        found.setdefault(flow_id, {})[hour] = made
    return found


def silences(
    flows: Iterable[Flow],
    made: dict[Any, dict[datetime, int]],
    now: datetime,
    *,
    hours: int = SILENT_HOURS,
) -> list[Silent]:
    """Of flows that are On, and were while the weeks before were counted."""
    found = []
    for flow in flows:
        if not flow.is_on or flow.switched_at is None:
            continue
        silence = find_silence(
            now, made.get(flow.pk, {}), hours=hours, known_since=flow.switched_at
        )
        if silence:
            found.append(Silent(flow, silence.hours, silence.expected))
    return found


def comparisons(flows: Iterable[Flow], now: datetime) -> list[Compared]:
    """Of the flows of stock among these; one query, none where there is no such flow."""
    stock = [flow for flow in flows if is_stock(flow)]
    if not stock:
        return []
    recent = Q(created_at__gt=now - _LOOK_BACK) | Q(state=SyncState.ASKS)
    rows = Sync.objects.filter(recent, flow__in=stock).order_by("-created_at")
    newest: dict[Any, Sync] = {}
    done: dict[Any, list[Sync]] = {}
    for one in rows.only("flow_id", *_FIELDS)[:5000]:
        newest.setdefault(one.flow_id, one)
        if one.state == SyncState.DONE:
            done.setdefault(one.flow_id, []).append(one)
    return [_compared(flow, newest.get(flow.pk), done.get(flow.pk, [])) for flow in stock]


def _compared(flow: Flow, newest: Sync | None, done: list[Sync]) -> Compared:
    return Compared(flow, newest, done[0] if done else None, is_first=len(done) == 1)
