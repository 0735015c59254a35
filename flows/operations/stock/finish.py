"""What becomes of a full sync once everything is read: it goes on, or it asks a person first."""

from collections.abc import Sequence
from datetime import datetime
from uuid import uuid4

import msgspec
from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext

from ekyam.audit.record import record
from flows.models import Delivery, Event, StockLevel, Sync, SyncState
from flows.models.event import EventState, Origin
from flows.models.stock import RUNNING
from flows.operations.nudge import nudge
from flows.operations.publish import SYNC_DONE, fact, write_facts
from flows.operations.stock.offers import formula_of
from flows.operations.stock.publish import Cause, publish
from flows.states import CANCELLABLE, OPEN, IllegalMove, State

FEW = 10  # so many may always go to nought: of a small catalogue, one SKU is a large share
AT_ONCE = 1000


def finish_reading(sync: Sync, now: datetime) -> None:
    """The caller saves the sync."""
    missing = _missing(sync)
    sync.missing = missing.count()
    sync.reason = _doubt(sync)
    if sync.reason:
        sync.state = SyncState.ASKS
    else:
        _release(sync, now)


def _levels(sync: Sync) -> Q:
    return Q(connection_id=sync.flow.source_id, is_gone=False)


def _missing(sync: Sync) -> QuerySet[StockLevel]:
    """What the source did not show; what an event told of meanwhile is not missing."""
    unseen = Q(seen__lt=sync.number, as_of__lt=sync.created_at)
    return StockLevel.objects.filter(_levels(sync), unseen)


def _doubt(sync: Sync) -> str:
    """Why this does not look like the whole feed; empty when it does."""
    terms, source = formula_of(sync.flow), sync.flow.source.label
    known = StockLevel.objects.filter(_levels(sync)).count()
    if not sync.checked:
        return f"{source} showed no stock at all, where {known} levels are known."
    if sync.missing * 100 > known * (100 - terms.least_percent):
        return (
            f"{source} showed {sync.checked} levels, and {sync.missing} of the {known} that were"
            " there before are missing."
        )
    some = Q(available__gt=0) | Q(available=None, on_hand__gt=0)
    positive = StockLevel.objects.filter(_levels(sync), some).count()
    if sync.to_zero > max(FEW, positive * terms.most_to_zero_percent // 100):
        return f"{source} says that {sync.to_zero} of {positive} levels are sold out all at once."
    return ""


def _release(sync: Sync, now: datetime) -> None:
    """From now on what differs goes the way of every event."""
    sync.state, sync.reason = SyncState.WRITING, ""
    Event.objects.filter(sync=sync, state=EventState.HELD).update(
        state=EventState.RECEIVED, note=""
    )
    if sync.missing and formula_of(sync.flow).missing_is_zero:
        _zero_missing(sync, now)
    nudge("route", tenant_id=sync.tenant_id, subject_id=sync.flow.source_id)


def _zero_missing(sync: Sync, now: datetime) -> None:
    """The tenant has said that what the feed does not name is sold out."""
    rows = list(_missing(sync).values_list("pk", "sku"))
    for start in range(0, len(rows), AT_ONCE):
        some = rows[start : start + AT_ONCE]
        skus = sorted({sku for _, sku in some})
        gone = StockLevel.objects.filter(pk__in=[pk for pk, _ in some])
        gone.update(on_hand=0, available=0, as_of=now, seen=sync.number)
        event = Event.objects.create(
            tenant_id=sync.tenant_id,
            connection_id=sync.flow.source_id,
            origin=Origin.SYNC,
            topic="missing",
            delivery_key=f"{sync.public_id}:missing:{uuid4().hex}",
            body=msgspec.json.encode({"missing": skus}),
            received_at=now,
            sync=sync,
            state=EventState.ROUTED,
            note="A SKU that the feed does not name counts as sold out: so the formula says.",
        )
        cause = Cause(event, "The feed does not name it any more, which counts as sold out.")
        publish(sync.flow, dict.fromkeys(skus, cause), now=now)
    nudge("deliver", tenant_id=sync.tenant_id, subject_id=sync.flow.target_id)


def finish_syncs(syncs: Sequence[Sync]) -> None:
    """Those of which everything is written, or dead. Needs the scope of their tenant."""
    now = timezone.now()
    for sync in syncs:
        waiting = Event.objects.filter(sync=sync, state=EventState.RECEIVED)
        writing = Delivery.objects.filter(event__sync=sync, state__in=OPEN)
        if waiting.exists() or writing.exists():
            continue
        mine = Sync.objects.filter(pk=sync.pk, state=SyncState.WRITING)
        if mine.update(state=SyncState.DONE, finished_at=now):
            found = fact(sync.tenant_id, SYNC_DONE, subject=sync.public_id, at=now)
            write_facts([found])


def answer_sync(sync: Sync, *, goes_on: bool, by: str) -> None:
    """A person has looked at what it asks. Raises IllegalMove when it asks nothing."""
    row = Sync.objects.select_for_update().get(pk=sync.pk)
    if row.state != SyncState.ASKS:
        raise IllegalMove(
            gettext("It is {state}, and asks nothing.").format(
                state=row.get_state_display().lower()
            )
        )
    asked = row.reason
    if goes_on:
        _release(row, timezone.now())
        row.reason = f"Let through by {by}."
        row.save(update_fields=["state", "reason"])
    else:
        end_sync(sync, by=by)
    answer = "Go on" if goes_on else "Leave it"
    _record(row, "sync.answered", before={"asked": asked}, after={"answer": answer})


def stop_sync(sync: Sync, *, by: str) -> None:
    """A person stops it. Raises IllegalMove when it is over."""
    before = sync.state
    end_sync(sync, by=by)
    _record(sync, "sync.stopped", before={"state": before}, after={"state": SyncState.STOPPED})


def _record(sync: Sync, action: str, *, before: dict[str, str], after: dict[str, str]) -> None:
    record(action, subject=sync.public_id, label=sync.flow.label, before=before, after=after)


def end_sync(sync: Sync, *, by: str) -> None:
    """Nothing more is read or written of it; what was written stays, and the rest is left.

    Raises IllegalMove when it is over.
    """
    now, row = timezone.now(), Sync.objects.select_for_update().get(pk=sync.pk)
    if row.state not in RUNNING:
        raise IllegalMove(
            gettext("It is {state} already.").format(state=row.get_state_display().lower())
        )
    row.state, row.finished_at, row.lease_token = SyncState.STOPPED, now, None
    row.reason = f"Stopped by {by}."
    row.save(update_fields=["state", "finished_at", "reason", "lease_token"])
    Event.objects.filter(sync=row, state__in=(EventState.HELD, EventState.RECEIVED)).update(
        state=EventState.IGNORED, note="The full sync was stopped."
    )
    left = Delivery.objects.filter(event__sync=row, state__in=CANCELLABLE, wrote=False)
    left.exclude(state=State.DEAD).update(
        state=State.CANCELLED, note=row.reason, finished_at=now, waits_for=""
    )
