"""Full comparisons: how far one is, what came of it, and each thing that it corrected."""

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import Count, Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext

from flows.models import Delivery, Event, Flow, Sync, SyncState
from flows.models.event import EventState
from flows.models.stock import READING, RUNNING
from flows.queries.pages import SIZE, Page, cut
from flows.queries.stock.corrections import Correction, list_corrections
from flows.queries.stock.layout import find_layout
from flows.states import OPEN, State


@dataclass(frozen=True)
class Written:
    """What became of the deliveries that a full comparison made."""

    written: int = 0
    unchanged: int = 0
    failed: int = 0
    open: int = 0
    left: int = 0  # called off, or overtaken by something newer

    @property
    def total(self) -> int:
        return self.written + self.unchanged + self.failed + self.open + self.left


@dataclass(frozen=True)
class SyncRow:
    """`done` of `total` is the phase that is under way; `total` None while nobody knows."""

    id: str
    flow: str
    flow_id: str
    source: str
    target: str
    state: str
    began: str  # who or what asked for it
    created_at: datetime
    finished_at: datetime | None
    is_running: bool
    done: int
    total: int | None
    checked: int
    answer: str
    reason: str


@dataclass(frozen=True)
class SyncDetail:
    """`seen` changes whenever what is shown does, but for rates and the time that is left."""

    row: SyncRow
    reads_target: bool
    target_checked: int
    target_differing: int
    differing: int
    missing: int
    counts: Written
    waiting: int  # batches that differ and are still to be looked through
    rate: float | None  # a second
    left_seconds: float | None
    asks: bool
    corrections: Page[Correction]
    seen: str


def list_syncs(*, after: str = "", size: int = SIZE) -> Page[SyncRow]:
    found = _with_flows(Sync.objects.all())
    if after:
        last = Sync.get_public(after)
        older = Q(created_at__lt=last.created_at)
        found = found.filter(older | Q(created_at=last.created_at, pk__lt=last.pk))
    rows = list(found.order_by("-created_at", "-pk")[: size + 1])
    return cut(_rows(rows), ids=[one.public_id for one in rows], after=after, size=size)


def running_syncs(*, most: int) -> list[SyncRow]:
    """Those under way, the newest first; of what is read nothing is counted."""
    found = _with_flows(Sync.objects.filter(state__in=RUNNING)).order_by("-created_at")
    rows = list(found[:most])
    counts = _counts([one for one in rows if one.state == SyncState.WRITING])
    return [_row(one, counts.get(one.pk, Written())) for one in rows]


def newest_syncs(flows: Iterable[Flow]) -> dict[str, SyncRow]:
    """The last one of each flow, by the flow's public id."""
    ids = [flow.pk for flow in flows]
    rows = _with_flows(Sync.objects.filter(flow__in=ids))
    newest = rows.order_by("flow", "-created_at", "-pk").distinct("flow")
    return {row.flow_id: row for row in _rows(newest)}


def get_sync(public_id: str, *, after: str = "") -> SyncDetail:
    """Raises Sync.DoesNotExist."""
    sync = _with_flows(Sync.objects.filter(pk=Sync.get_public(public_id).pk)).get()
    counts = _counts([sync])[sync.pk]
    waiting = 0
    if sync.state == SyncState.WRITING:
        waiting = Event.objects.filter(sync=sync, state=EventState.RECEIVED).count()
    rate, left_seconds = _pace(sync, counts, timezone.now())
    return SyncDetail(
        row=_row(sync, counts),
        reads_target=sync.reads_target,
        target_checked=sync.target_checked,
        target_differing=sync.target_differing,
        differing=sync.differing,
        missing=sync.missing,
        counts=counts,
        waiting=waiting,
        rate=rate,
        left_seconds=left_seconds,
        asks=sync.state == SyncState.ASKS,
        corrections=list_corrections(find_layout(), _deliveries([sync]), after=after),
        seen=_digest(sync, counts, waiting),
    )


def list_sync_corrections(public_id: str, *, after: str = "", size: int = SIZE) -> Page[Correction]:
    """Raises Sync.DoesNotExist."""
    sync = Sync.get_public(public_id)
    return list_corrections(find_layout(), _deliveries([sync]), after=after, size=size)


def _with_flows(found: QuerySet[Sync]) -> QuerySet[Sync]:
    found = found.select_related("flow__source", "flow__target")
    return found.defer("flow__source__sealed", "flow__target__sealed")


def _deliveries(syncs: Iterable[Sync]) -> QuerySet[Delivery]:
    """What each of them made, by way of the events that it found."""
    return Delivery.objects.filter(event__sync__in=[one.pk for one in syncs])


def _counts(syncs: Iterable[Sync]) -> dict[UUID, Written]:
    found: dict[UUID, dict[str, int]] = defaultdict(lambda: defaultdict(int))
    rows = _deliveries(syncs).values("event__sync_id", "state").annotate(count=Count("pk"))
    for row in rows:
        found[row["event__sync_id"]][_GROUPS[row["state"]]] += row["count"]
    return {one.pk: Written(**found[one.pk]) for one in syncs}


_GROUPS: dict[str, str] = {
    **dict.fromkeys((state.value for state in OPEN), "open"),
    State.SUCCEEDED.value: "written",
    State.UNCHANGED.value: "unchanged",
    State.DEAD.value: "failed",
    State.SUPERSEDED.value: "left",
    State.CANCELLED.value: "left",
}


def _rows(syncs: Iterable[Sync]) -> list[SyncRow]:
    rows = list(syncs)
    counts = _counts(rows)
    return [_row(one, counts[one.pk]) for one in rows]


def _row(sync: Sync, counts: Written) -> SyncRow:
    done, total = _progress(sync, counts)
    return SyncRow(
        id=sync.public_id,
        flow=sync.flow.label,
        flow_id=sync.flow.public_id,
        source=sync.flow.source.label,
        target=sync.flow.target.label,
        state=f"sync_{sync.state}",
        began=_began(sync),
        created_at=sync.created_at,
        finished_at=sync.finished_at,
        is_running=sync.state in RUNNING,
        done=done,
        total=total,
        checked=sync.checked,
        answer=_answer(sync, counts),
        reason=sync.reason,
    )


def _began(sync: Sync) -> str:
    if sync.slot is None:
        return sync.asked_by or "Ekyam"
    return gettext("Midnight") if timezone.localtime(sync.slot).hour < 6 else gettext("Noon")


def _progress(sync: Sync, counts: Written) -> tuple[int, int | None]:
    if sync.state == SyncState.TARGET:
        return sync.target_checked, sync.total
    if sync.state == SyncState.WRITING:
        return counts.total - counts.open, counts.total or None
    return sync.checked, sync.total


def _pace(sync: Sync, counts: Written, now: datetime) -> tuple[float | None, float | None]:
    """How many a second in this phase, and how long the rest of it takes at that pace."""
    began = sync.read_at if sync.state == SyncState.WRITING else sync.started_at
    if began is None or sync.state not in (*READING, SyncState.WRITING):
        return None, None
    done, total = _progress(sync, counts)
    seconds = (now - began).total_seconds()
    if not done or seconds < 1:
        return None, None
    rate = done / seconds
    return rate, (total - done) / rate if total and total > done else None


def _answer(sync: Sync, counts: Written) -> str:
    """What it does, or what came of it, in a sentence."""
    source, target = sync.flow.source.label, sync.flow.target.label
    doing: Mapping[Any, str] = {
        SyncState.TARGET: gettext("{target} is read back: {checked:,} checked so far.").format(
            target=target, checked=sync.target_checked
        ),
        SyncState.SOURCE: gettext(
            "{source} is read: {checked:,} checked so far, {differing:,} differ."
        ).format(source=source, checked=sync.checked, differing=sync.differing),
        SyncState.ASKS: gettext("It waits for a person: {reason}").format(reason=sync.reason),
        SyncState.WRITING: gettext(
            "{checked:,} checked. What differs is written into {target}: {open:,} to go."
        ).format(checked=sync.checked, target=target, open=counts.open),
    }
    if sync.state in doing:
        return doing[sync.state]
    came = gettext("{checked:,} checked, {written:,} corrected, {failed:,} failed").format(
        checked=sync.checked, written=counts.written, failed=counts.failed
    )
    if sync.state == SyncState.DONE:
        return f"{came}."
    return gettext("{reason} Until then: {came}.").format(reason=sync.reason, came=came)


def _digest(sync: Sync, counts: Written, waiting: int) -> str:
    names = ("state", "total", "checked", "target_checked", "target_differing", "differing")
    told = [getattr(sync, name) for name in names]
    state = f"{told}{sync.missing}{sync.reason}{counts}{waiting}"
    return hashlib.sha256(state.encode()).hexdigest()[:16]
