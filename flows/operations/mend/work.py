"""Works at what is done to many dead letters: a page of letters a transaction.

The lock of the act's row is the lease: it ends with whoever holds it. What was done to a page, the
counts and the place to go on from are one commit, so a death costs one page and counts nothing
twice. Only what had died when it began is met: what dies again meanwhile is behind the place.
"""

import time
from collections import Counter
from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

import msgspec
import structlog
from django.conf import settings
from django.utils import timezone

from connectors.errors import MappingFailed
from ekyam.audit.actors import acting
from ekyam.audit.record import record
from ekyam.tenants.scope import tenant_scope
from flows.models import BulkAct, BulkState, Deed, Delivery
from flows.operations.heal import read_anew
from flows.operations.identify import lock_records
from flows.operations.mend.paths import NoPlace, changes_of, put_all
from flows.operations.mend.stale import find_newer, put_to_rest
from flows.operations.mend.start import actor_of, end_act, wanted_of
from flows.operations.nudge import nudge
from flows.operations.patience import PAUSE_SECONDS, Patience
from flows.operations.replay import (
    READ_ANEW,
    all_to_pending,
    call_off_all,
    check_listened_to,
    must_be_read,
    read_edited,
)
from flows.operations.search_keys import keep_search_keys
from flows.queries.dead_letters import dead_letters_of
from flows.states import IllegalMove, State

log = structlog.get_logger(__name__)
PAGE = 200
TURN_SECONDS = 20.0  # then others have their turn; the nudge that it leaves goes on
MOST_FAILURES = 5
DONE, STALE, LEFT = "done", "superseded", "passed_over"


def work_at(*, tenant_id: UUID, act_id: UUID) -> None:
    """Work until it is over, for a turn."""
    ends, patience = time.monotonic() + TURN_SECONDS, Patience()
    try:
        while time.monotonic() < ends:
            with tenant_scope(tenant_id):
                must_wait = patience.gives_way(timezone.now())
                if not must_wait and not _work_page(act_id):
                    return
            if must_wait:
                time.sleep(PAUSE_SECONDS)
        with tenant_scope(tenant_id):
            nudge("mend", tenant_id=tenant_id, subject_id=act_id)
    except Exception as failure:
        log.exception("mending many dead letters met a failure", act=str(act_id))
        with tenant_scope(tenant_id):
            _note_failure(act_id, failure)


def _note_failure(act_id: UUID, failure: Exception) -> None:
    act = BulkAct.objects.select_for_update().get(pk=act_id)
    if act.state != BulkState.RUNNING:
        return
    act.failures += 1
    act.reason = str(failure)[:1000] or type(failure).__name__
    act.due_at = timezone.now() + timedelta(seconds=2.0**act.failures)
    act.save(update_fields=["failures", "reason", "due_at"])
    if act.failures >= MOST_FAILURES:
        with acting(actor_of(act)):
            end_act(act, BulkState.FAILED)


def _work_page(act_id: UUID) -> bool:
    """False when it is over, or another worker is at it."""
    found = BulkAct.objects.select_for_update(skip_locked=True, no_key=True)
    act = found.filter(pk=act_id, state=BulkState.RUNNING).first()
    if act is None:
        return False
    now = timezone.now()
    wanted = dead_letters_of(act.cause.hex, wanted_of(act))
    if act.total is None:
        act.total, act.started_at = wanted.count(), now
    # By the time of dying and not by its number: so it is found by the index of the cause.
    if act.after_at is not None:
        wanted = wanted.extra(
            where=["(flows_delivery.finished_at, sequence) > (%s, %s)"],
            params=[act.after_at, act.after_sequence],
        )
    places = list(
        wanted.order_by("finished_at", "sequence").values_list(
            "pk", "record_id", "finished_at", "sequence"
        )[:PAGE]
    )
    if places:
        _, _, act.after_at, act.after_sequence = places[-1]
    # As routing and settling do it: the records first, then what belongs to them.
    lock_records(record_id for _, record_id, _, _ in places if record_id)
    rows = _lock([pk for pk, *_ in places])
    tally, which = _do(act, rows, now)
    tally[LEFT] += len(places) - tally.total()
    act.seen += len(places)
    act.counts = dict(Counter(act.counts) + tally)
    act.failures, act.reason = 0, ""
    act.due_at = now + timedelta(seconds=settings.EKYAM_LEASE_SECONDS)
    with acting(actor_of(act)):
        if len(places) < PAGE:
            _tell(act, which)
            end_act(act, BulkState.DONE)
            return False
        act.save()
        _tell(act, which)
    return True


def _lock(ids: Sequence[UUID]) -> list[Delivery]:
    """Those that are still dead, the oldest first."""
    found = Delivery.objects.select_for_update(of=("self",)).filter(pk__in=ids, state=State.DEAD)
    found = found.select_related("flow__feeder", "flow__source", "event", "record").defer(
        "event__body", "flow__source__sealed"
    )
    return list(found.order_by("sequence"))


def _do(act: BulkAct, rows: Sequence[Delivery], now: datetime) -> tuple[Counter[str], list[str]]:
    """Counts, and the public ids of those to which it was done."""
    if act.deed == Deed.WAIVE:
        return _waive(rows, act.note)
    tally: Counter[str] = Counter()
    newer = find_newer([row.pk for row in rows])
    fresh = []
    for row in rows:
        if row.pk not in newer:
            fresh.append(row)
        elif put_to_rest(row, newer[row.pk], now):
            tally[STALE] += 1
    done = _set(act, fresh, tally) if act.deed == Deed.SET else _retry(fresh, now)
    tally[DONE] += len(done)
    return tally, done


def _waive(rows: Sequence[Delivery], note: str) -> tuple[Counter[str], list[str]]:
    done = [row.public_id for row in call_off_all(rows, note=note)]
    return Counter({DONE: len(done)}), done


def _retry(rows: Sequence[Delivery], now: datetime) -> list[str]:
    """What nothing has been made of is read anew: each event once, however many died of it."""
    unread = [row for row in rows if must_be_read(row)]
    ready = [row for row in rows if not must_be_read(row)]
    heard = [row for row in unread if _is_heard(row)]
    all_to_pending(ready)
    read_anew(heard, READ_ANEW, now)
    return [row.public_id for row in (*ready, *heard)]


def _is_heard(row: Delivery) -> bool:
    try:
        check_listened_to(row)
    except IllegalMove:
        return False
    return True


def _set(act: BulkAct, rows: Sequence[Delivery], tally: Counter[str]) -> list[str]:
    """What would not hold with all that is set stays as it is, and dead."""
    changes = changes_of(act.change)
    done, found = [], []
    for row in rows:
        try:
            edited = read_edited(row, put_all(row.standard or {}, changes))
            row.standard = msgspec.to_builtins(edited)
            done.append(row)
            if row.record is not None:
                found.append((row.record, edited))
        except (MappingFailed, NoPlace):
            tally["refused"] += 1
        except IllegalMove:
            continue
    all_to_pending(done, "standard")
    keep_search_keys(found)
    return [row.public_id for row in done]


_TOLD = {
    Deed.RETRY: "deliveries.replayed",
    Deed.SET: "deliveries.edited",
    Deed.WAIVE: "deliveries.cancelled",
}


def _tell(act: BulkAct, which: Sequence[str]) -> None:
    if which:
        after = {"count": len(which), "which": list(which), "act": act.public_id}
        record(_TOLD[Deed(act.deed)], label=act.words, after=after)
