"""What stands still: dead letters by cause, what is parked and why. Counted up to MOST of each, so
that it costs the same however much there is."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

from django.db import connection as db

from connectors.models import OPEN_STATES
from ekyam import ids
from flows.models import Flow
from flows.states import OPEN
from flows.waits import RELEASE, ROW, row_of, rule_of

MOST = 1_000
PATIENCE = timedelta(minutes=10)

# A state that an index is for stands here as a literal, for of a parameter PostgreSQL cannot know
# that the index will do.
_WORK = f"""
    WITH dead AS (
        SELECT flow_id, cause, reason, sequence, finished_at FROM flows_delivery
         WHERE state = 'dead' ORDER BY sequence DESC LIMIT %(most)s
    ), parked AS (
        SELECT d.flow_id, d.waits_for, d.reason, d.note, d.parked_at, c.state AS target
          FROM (SELECT flow_id, target_id, waits_for, reason, note, parked_at
                  FROM flows_delivery WHERE state = 'parked'
                 ORDER BY sequence DESC LIMIT %(most)s) d
          JOIN connectors_connection c ON c.id = d.target_id
    ), told AS (
        SELECT *, starts_with(waits_for, '{RELEASE}') AS held,
               starts_with(waits_for, '{ROW}') AS lacks FROM parked
    )
    SELECT 'dead', flow_id, cause::text, (array_agg(reason ORDER BY sequence DESC))[1], '',
           count(*), max(finished_at)
      FROM dead GROUP BY flow_id, cause
    UNION ALL
    SELECT 'held', flow_id, '', min(reason), waits_for, count(*), min(parked_at)
      FROM told WHERE held GROUP BY flow_id, waits_for
    UNION ALL
    SELECT 'lacks', NULL, '', '', waits_for, count(*), min(parked_at)
      FROM told WHERE lacks GROUP BY waits_for
    UNION ALL
    SELECT 'waits', NULL, '', reason, '', count(*), min(parked_at)
      FROM told WHERE NOT held AND NOT lacks AND note = ''
       AND parked_at < %(before)s AND target = ANY(%(open)s)
     GROUP BY reason
    UNION ALL
    SELECT 'shut', c.id, '', '', '', n.count, NULL
      FROM connectors_connection c, LATERAL (
          SELECT count(*) FROM (
              SELECT 1 FROM flows_delivery d WHERE d.target_id = c.id
                 AND d.state IN ({", ".join(f"'{state}'" for state in OPEN)}) LIMIT %(most)s
          ) counted
      ) n
     WHERE NOT c.state = ANY(%(open)s)
"""


@dataclass(frozen=True)
class Cause:
    """Dead letters alike; `key` is that of their page."""

    key: str
    reason: str
    count: int
    last_at: datetime


@dataclass(frozen=True)
class Held:
    rule: str
    flow_id: str
    reason: str
    count: int
    since: datetime


@dataclass(frozen=True)
class Lacking:
    """Records that wait for one row of a lookup table."""

    table: str
    key: str
    count: int
    since: datetime


@dataclass(frozen=True)
class Waiting:
    """Parked with one reason for longer than PATIENCE."""

    reason: str
    count: int
    since: datetime


@dataclass
class Work:
    """Each list with the greatest first. `shut`: by the key of a connection that is not open, how
    much waits for it."""

    most: int
    dead: list[Cause] = field(default_factory=list)
    held: list[Held] = field(default_factory=list)
    lacking: list[Lacking] = field(default_factory=list)
    waiting: list[Waiting] = field(default_factory=list)
    shut: dict[UUID, int] = field(default_factory=dict)

    @property
    def has_all_dead(self) -> bool:
        """Whether none is older than what was counted."""
        return sum(cause.count for cause in self.dead) <= self.most


# Kind, flow or connection, cause, reason, what is waited for, how many, when.
_Row = tuple[str, UUID | None, str, str, str, int, datetime]


def find_work(now: datetime, *, most: int = MOST) -> Work:
    """Of the current tenant; one query. `most` is how far each kind is counted."""
    still_open = [str(state) for state in OPEN_STATES]
    with db.cursor() as cursor:
        cursor.execute(_WORK, {"most": most + 1, "before": now - PATIENCE, "open": still_open})
        rows: list[_Row] = cursor.fetchall()
    work = Work(most)
    for kind, key, _, reason, waits_for, count, at in rows:
        if kind == "held" and key:
            public = ids.public(Flow.prefix, key)
            work.held.append(Held(rule_of(waits_for), public, reason, count, at))
        elif kind == "lacks":
            work.lacking.append(Lacking(*row_of(waits_for), count, at))
        elif kind == "waits":
            work.waiting.append(Waiting(reason, count, at))
        elif kind == "shut" and key:
            work.shut[key] = count
    _bury(work, [row for row in rows if row[0] == "dead"])
    for found in (work.held, work.lacking, work.waiting):
        found.sort(key=lambda one: -one.count)
    return work


def _bury(work: Work, rows: Iterable[_Row]) -> None:
    causes: dict[str, Cause] = {}
    for _, _, cause, reason, _, count, at in rows:
        key = UUID(cause).hex
        known = causes.get(key)
        if known:
            count, at = known.count + count, max(known.last_at, at)
        causes[key] = Cause(key, reason, count, at)
    work.dead = sorted(causes.values(), key=lambda one: -one.count)
