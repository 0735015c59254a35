"""The last 24 hours of each flow, hour by hour: those with news first, and the rest as a sum."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from flows.models import Flow
from flows.queries.rhythm import Hour
from flows.rhythm import HOUR, start_of_hour, weighted_median

HOURS = 24
SHOWN = 12
QUIET = ("on", "quiet", "off")


@dataclass(frozen=True)
class DayRow:
    """`done` and `dead` are records by hour, the oldest first."""

    id: str
    label: str
    source: str
    target: str
    light: str
    why: str
    done: list[int]
    dead: list[int]
    unchanged: int
    median_ms: float | None

    @property
    def all_done(self) -> int:
        return sum(self.done)

    @property
    def all_dead(self) -> int:
        return sum(self.dead)

    @property
    def seconds(self) -> float | None:
        return None if self.median_ms is None else self.median_ms / 1000


@dataclass(frozen=True)
class Day:
    """`rows` are shown; of the rest only how many there are, and what they did."""

    starts: list[datetime]
    rows: list[DayRow] = field(default_factory=list)
    rest: int = 0
    rest_done: int = 0
    rest_dead: int = 0
    made: int = 0
    done: int = 0
    dead: int = 0


def make_day(
    flows: Iterable[Flow],
    lights: Mapping[UUID, tuple[str, str]],
    hours: Mapping[UUID, list[Hour]],
    now: datetime,
) -> Day:
    """`lights` are the light of each flow, and why it is so."""
    this = start_of_hour(now)
    starts = [this - HOUR * back for back in range(HOURS - 1, -1, -1)]
    rows = [_row(flow, lights[flow.pk], hours.get(flow.pk, ()), starts) for flow in flows]
    # Trouble first, then what died; sorting keeps the order of the chain among equals.
    by_news = sorted(rows, key=lambda row: (row.light in QUIET, -row.all_dead, not row.all_done))
    shown, rest = {row.id for row in by_news[:SHOWN]}, by_news[SHOWN:]
    return Day(
        starts=starts,
        rows=[row for row in rows if row.id in shown],
        rest=len(rest),
        rest_done=sum(row.all_done for row in rest),
        rest_dead=sum(row.all_dead for row in rest),
        made=sum(hour.made for one in hours.values() for hour in one),
        done=sum(row.all_done for row in rows),
        dead=sum(row.all_dead for row in rows),
    )


def _row(
    flow: Flow, light: tuple[str, str], hours: Iterable[Hour], starts: list[datetime]
) -> DayRow:
    by_start = {hour.start: hour for hour in hours}
    found = [by_start.get(start) for start in starts]
    pairs = [(one.median_ms, one.done) for one in found if one and one.median_ms is not None]
    return DayRow(
        id=flow.public_id,
        label=flow.label,
        source=flow.source.label,
        target=flow.target.label,
        light=light[0],
        why=light[1],
        done=[one.done if one else 0 for one in found],
        dead=[one.dead if one else 0 for one in found],
        unchanged=sum(one.unchanged for one in found if one),
        median_ms=weighted_median(pairs),
    )
