"""Works at shadow runs: a page of events a transaction, under the lock of the part's row.

The lock is the lease: it ends with whoever holds it, and what a dead worker had not committed is
done anew by the next. Progress, counts and differences of a page are one commit with its place.
"""

import threading
import time
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from uuid import UUID

import msgspec
import structlog
from django.conf import settings
from django.utils import timezone

from ekyam.tenants.scope import tenant_scope
from flows.mapping.compare import CHANGED, IDENTICAL, Comparison, compare, explain
from flows.mapping.outcome import Judged, Outcome, Side, judge_both, write
from flows.mapping.records import select_record
from flows.models import Event, ShadowDifference, ShadowPart, ShadowRun, ShadowState
from flows.operations.nudge import nudge
from flows.operations.patience import PAUSE_SECONDS, Patience
from flows.operations.read import NobodyListens, Unreadable, find_id, find_raws
from flows.operations.rows import insert_all, select_all
from flows.operations.shadow.links import Links
from flows.operations.shadow.sides import Sides, sides_of
from flows.operations.shadow.start import divide
from flows.queries.of_stream import OF_STREAM, sources_of

log = structlog.get_logger(__name__)
PAGE = 200  # events
TURN_SECONDS = 5.0  # then another run has its turn, if one waits
MOST_FAILURES = 5
MOST_LOOKS = 4  # for links; a record asks for nearly all of its links at once
UNREADABLE = "unreadable"
OTHER = "other attributes"
MOST_GROUPS = 30
# So many differences are kept, 10,000 in all: many of one kind leave room for a few of another.
MOST_KEPT, MOST_KEPT_CHANGED = 700, 5_000

_lock = threading.Lock()
_at_work = threading.Lock()
_asked: dict[tuple[UUID, UUID], None] = {}


def run_shadow(*, tenant_id: UUID, run_id: UUID) -> None:
    """Work until it is over. In one process only one thread does so, for all runs in turn: it is
    all reckoning, of which threads do no more than one at a time."""
    with _lock:
        _asked[tenant_id, run_id] = None
    if not _at_work.acquire(blocking=False):
        return
    try:
        while (asked := _next()) is not None:
            if _turn(*asked):
                with _lock:
                    _asked.setdefault(asked)
    finally:
        _at_work.release()


def _next() -> tuple[UUID, UUID] | None:
    with _lock:
        found = next(iter(_asked), None)
        if found is not None:
            del _asked[found]
        return found


def _others_wait(run_id: UUID) -> bool:
    with _lock:
        return any(asked != run_id for _, asked in _asked)


def _turn(tenant_id: UUID, run_id: UUID) -> bool:
    """Whether there is more to do."""
    ends, patience = time.monotonic() + TURN_SECONDS, Patience()
    try:
        with tenant_scope(tenant_id):
            run = _begin(run_id)
            if run is None:
                return False
            sides = sides_of(run, timezone.now())
            nudge("shadow", tenant_id=tenant_id, subject_id=run_id)  # for another process
        while time.monotonic() < ends or not _others_wait(run_id):
            with tenant_scope(tenant_id):
                must_wait = patience.gives_way(timezone.now())
                if not must_wait and not _work_page(run, sides):
                    return False
            if must_wait:
                time.sleep(PAUSE_SECONDS)
        return True
    except Exception as failure:
        log.exception("shadow run met a failure", run=str(run_id))
        with tenant_scope(tenant_id):
            _note_failure(run_id, failure)
        return False


def _begin(run_id: UUID) -> ShadowRun | None:
    """Divided, if it was not; None when it is over."""
    found = ShadowRun.objects.select_for_update(of=("self",), no_key=True).filter(pk=run_id)
    run = found.select_related("flow__source", "flow__target").first()
    if run is None or run.state != ShadowState.RUNNING:
        return None
    if run.total is None:
        divide(run)
    return run if run.state == ShadowState.RUNNING else None


def _note_failure(run_id: UUID, failure: Exception) -> None:
    run = ShadowRun.objects.select_for_update().get(pk=run_id)
    if run.state != ShadowState.RUNNING:
        return
    now = timezone.now()
    run.failures += 1
    run.reason = str(failure)[:1000] or type(failure).__name__
    run.due_at = now + timedelta(seconds=2.0**run.failures)
    if run.failures >= MOST_FAILURES:
        run.state, run.finished_at = ShadowState.FAILED, now
    run.save(update_fields=["failures", "reason", "due_at", "state", "finished_at"])


# --- One page -------------------------------------------------------------------------------

_NEXT_PART = """
    WHERE run_id = %s AND NOT is_done ORDER BY number LIMIT 1 FOR NO KEY UPDATE SKIP LOCKED
"""
_PAGE = f"""
    WHERE received_at >= %s AND received_at <= %s AND (received_at, id) > (%s, %s)
      AND (received_at, id) <= (%s, %s) AND {OF_STREAM}
    ORDER BY received_at, id LIMIT %s
"""


def _work_page(run: ShadowRun, sides: Sides) -> bool:
    """False when there is nothing left for this worker."""
    parts = select_all(ShadowPart, _NEXT_PART, [run.pk])
    if not parts:
        return False
    part, flow = parts[0], run.flow
    feeds, topics = sources_of(flow.source.spec, flow.stream_spec)
    after, up_to = (part.after_at, part.after_id), (part.up_to_at, part.up_to_id)
    bounds = [part.after_at, part.up_to_at, *after, *up_to]
    events = select_all(Event, _PAGE, [*bounds, flow.source_id, feeds, topics, PAGE])
    tally = look_at(run, sides, events)
    part.is_done = len(events) < PAGE
    if events:
        part.after_at, part.after_id = events[-1].received_at, events[-1].pk
    return _keep(run, part, tally)


@dataclass
class Tally:
    """What was found in one page."""

    events: int = 0
    counts: Counter[str] = field(default_factory=Counter)
    changed: Counter[str] = field(default_factory=Counter)
    differences: list[ShadowDifference] = field(default_factory=list)


@dataclass
class _Looked:
    event: Event
    name: str  # the record's id, as far as it can be told without reading it
    judged: tuple[Judged, Judged]  # and not what it was made of: 200 large orders would be much
    outcomes: tuple[Outcome, Outcome] | None = None


def look_at(run: ShadowRun, sides: Sides, events: list[Event]) -> Tally:
    tally, looked = Tally(len(events)), []
    for event in events:
        try:
            looked += _judged(run, sides, event)
        except NobodyListens:
            continue
        except Unreadable as failure:
            tally.counts[UNREADABLE] += 1
            why = {"kind": "failed", "why": str(failure)[:500]}
            tally.differences.append(_difference(run, event, "", UNREADABLE, before=why, after=why))
    _run_both(sides, looked)
    for one in looked:
        _count(run, one, tally)
    return tally


def _judged(run: ShadowRun, sides: Sides, event: Event) -> list[_Looked]:
    """The records of the stream in an event. What cannot even be selected is tried as it is."""
    stream = run.flow.stream_spec
    feed, raws = find_raws(event, run.flow.source.spec)
    found = []
    for raw in raws:
        try:
            selected = select_record(stream, feed.name, raw) if isinstance(raw, dict) else raw
        except Exception:
            selected = raw
        if selected is not None:
            judged = judge_both(sides.before, sides.after, selected)
            found.append(_Looked(event, find_id(feed, raw), judged))
    return found


def _run_both(sides: Sides, looked: list[_Looked]) -> None:
    before, after = sides.before, sides.after
    judged = [one.judged for one in looked]
    written = _write_all(before, [one for one, _ in judged], sides.links)
    anew = [
        place
        for place, (one, other) in enumerate(judged)
        if other is not one or after.writer is not before.writer
    ]
    others = list(written)
    found = _write_all(after, [judged[place][1] for place in anew], sides.links)
    for place, outcome in zip(anew, found, strict=True):
        others[place] = outcome
    for one, *outcomes in zip(looked, written, others, strict=True):
        one.outcomes = outcomes[0], outcomes[1]


def _write_all(side: Side, judged: list[Judged], links: Links) -> list[Outcome]:
    """All records ask for their links first, which are then looked up together."""
    outcomes: dict[int, Outcome] = {}
    again: Iterable[int] = range(len(judged))
    for _ in range(MOST_LOOKS):
        guessed: list[int] = []
        for place in again:
            links.has_guessed = False
            outcomes[place] = write(side, judged[place])
            if links.has_guessed:
                guessed.append(place)
        if not guessed:
            break
        links.look()
        again = guessed
    return [outcomes[place] for place in range(len(judged))]


def _count(run: ShadowRun, one: _Looked, tally: Tally) -> None:
    assert one.outcomes is not None
    before, after = one.outcomes
    if before.kind == after.kind == "absent":
        return
    found = compare(before, after)
    tally.counts[found.kind] += 1
    if found.kind == IDENTICAL or found.kind.startswith("still_"):
        return
    if found.kind == CHANGED:
        tally.changed[found.attributes] += 1
    if run.kept.get(found.kind, 0) >= _most(found.kind):
        return
    name = after.id or before.id or one.name
    tally.differences.append(_compared(run, one.event, name, found, before, after))


def _compared(
    run: ShadowRun,
    event: Event,
    name: str,
    found: Comparison,
    before: Outcome,
    after: Outcome,
) -> ShadowDifference:
    return _difference(
        run,
        event,
        name,
        found.kind,
        attributes=found.attributes,
        changes=msgspec.to_builtins(found.changes),
        before=explain(before),
        after=explain(after),
    )


def _difference(
    run: ShadowRun, event: Event, name: str, kind: str, **more: Any
) -> ShadowDifference:
    return ShadowDifference(
        tenant_id=run.tenant_id,
        run=run,
        event=event,
        external_id=name.replace("\x00", "")[:255],
        kind=kind,
        **more,
    )


_KEPT = ["counts", "changed", "kept", "events", "due_at", "state", "finished_at", "failures"]


def _keep(run: ShadowRun, part: ShadowPart, tally: Tally) -> bool:
    """False when it was stopped meanwhile, or is over."""
    row = ShadowRun.objects.select_for_update(no_key=True).get(pk=run.pk)
    if row.state != ShadowState.RUNNING:
        return False
    now = timezone.now()
    row.counts = dict(Counter(row.counts) + tally.counts)
    _add_groups(row, tally)
    insert_all(_within_bounds(row, tally.differences))
    row.events += tally.events
    row.failures, row.due_at = 0, now + timedelta(seconds=settings.EKYAM_LEASE_SECONDS)
    part.save(update_fields=["after_at", "after_id", "is_done"])
    if part.is_done and not ShadowPart.objects.filter(run=row, is_done=False).exists():
        row.state, row.finished_at = ShadowState.DONE, now
    row.save(update_fields=_KEPT)
    run.kept = row.kept
    return row.state == ShadowState.RUNNING


def _add_groups(row: ShadowRun, tally: Tally) -> None:
    """Sets of changed attributes beyond the first few are counted as one."""
    for group, count in tally.changed.items():
        is_known = group in row.changed or len(row.changed) < MOST_GROUPS
        row.changed[group if is_known else OTHER] = (
            row.changed.get(group if is_known else OTHER, 0) + count
        )
    for one in tally.differences:
        if one.kind == CHANGED and one.attributes not in row.changed:
            one.attributes = OTHER


def _most(kind: str) -> int:
    return MOST_KEPT_CHANGED if kind == CHANGED else MOST_KEPT


def _within_bounds(row: ShadowRun, found: list[ShadowDifference]) -> list[ShadowDifference]:
    kept = []
    for one in found:
        already = row.kept.get(one.kind, 0)
        if already < _most(one.kind):
            row.kept[one.kind] = already + 1
            kept.append(one)
    return kept
