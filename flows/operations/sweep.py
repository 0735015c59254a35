"""Nudges whatever is due, every second: the queue may forget, the rows do not."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db.models import Exists, OuterRef, Q
from django.utils import timezone

from connectors.models import OPEN_STATES
from ekyam.tenants.scope import across_tenants, tenant_scope
from flows.models import (
    Cursor,
    Delivery,
    Event,
    Flow,
    OrderHold,
    Pump,
    ShadowRun,
    ShadowState,
    Sync,
    SyncState,
)
from flows.models.event import EventState
from flows.models.stock import READING
from flows.operations.heal import rows_that_came, wake
from flows.operations.keep_webhooks import due_for_webhooks
from flows.operations.nudge import nudge
from flows.operations.publish import dead_fact, write_facts
from flows.operations.stock.finish import finish_syncs
from flows.states import SENDABLE, State

Found = tuple[UUID, Any]  # tenant, subject
PARKED_FOR = timedelta(days=3)
UNNEEDED_AFTER = timedelta(hours=1)  # for what may as well never come
LOOK_AGAIN_AFTER = timedelta(seconds=60)
GRACE = timedelta(milliseconds=500)  # whatever is younger has its own nudge under way


def sweep_all() -> None:
    now = timezone.now()
    with across_tenants("the sweeper nudges what is due, whosever it is"):
        _wake_reauthorized(now)
        _look_again(now)
        for tenant_id, subject_id in _to_route(now):
            nudge("route", tenant_id=tenant_id, subject_id=subject_id)
        for tenant_id, subject_id in _to_deliver(now):
            nudge("deliver", tenant_id=tenant_id, subject_id=subject_id)
        for tenant_id, subject_id in _to_poll(now):
            nudge("poll", tenant_id=tenant_id, subject_id=subject_id)
        for tenant_id, subject_id in _to_sync(now):
            nudge("sync", tenant_id=tenant_id, subject_id=subject_id)
        for tenant_id, subject_id in _to_shadow(now):
            nudge("shadow", tenant_id=tenant_id, subject_id=subject_id)
        for tenant_id, subject_id in due_for_webhooks(now):
            nudge("keep_webhooks", tenant_id=tenant_id, subject_id=subject_id)
        overdue = _parked_too_long(now)
        writing = list(Sync.objects.filter(state=SyncState.WRITING))
        rows = rows_that_came()
    for tenant_id, table, key in rows:
        with tenant_scope(tenant_id):
            wake(table, key, tenant_id=tenant_id, now=now)
    for sync in writing:
        with tenant_scope(sync.tenant_id):
            finish_syncs([sync])
    for tenant_id, delivery_id in overdue:
        with tenant_scope(tenant_id):
            _give_up(delivery_id)


def _to_route(now: datetime) -> set[Found]:
    waiting = Event.objects.filter(state=EventState.RECEIVED, received_at__lt=now - GRACE)
    return set(waiting.values_list("tenant_id", "connection_id").distinct())


def _to_deliver(now: datetime) -> set[Found]:
    """Targets with something due and no living pump, and those whose pump has died."""
    held = OrderHold.objects.filter(record=OuterRef("root_id"), released_at=None)
    due = Delivery.objects.filter(
        ~Exists(held),
        Q(target__throttled_until=None) | Q(target__throttled_until__lte=now),
        state__in=SENDABLE,
        due_at__lte=now - GRACE,
        flow__is_on=True,
        target__state__in=OPEN_STATES,
    )
    alive = set(Pump.objects.filter(leased_until__gte=now).values_list("target_id", flat=True))
    found = set(due.values_list("tenant_id", "target_id").distinct())
    lost = Delivery.objects.filter(state=State.SENDING)
    found |= set(lost.values_list("tenant_id", "target_id").distinct())
    return {(tenant_id, target_id) for tenant_id, target_id in found if target_id not in alive}


def _to_poll(now: datetime) -> set[Found]:
    free = Q(leased_until=None) | Q(leased_until__lt=now)
    has_work = Q(due_at__lte=now) | ~Q(asked=[])
    due = Cursor.objects.filter(free, has_work, connection__state__in=OPEN_STATES)
    listening = Flow.objects.filter(is_on=True).values("source_id")
    return set(due.filter(connection_id__in=listening).values_list("tenant_id", "pk"))


def _to_sync(now: datetime) -> set[Found]:
    free = Q(leased_until=None) | Q(leased_until__lt=now)
    due = Sync.objects.filter(free, state__in=READING, due_at__lte=now)
    is_open = Q(flow__source__state__in=OPEN_STATES, flow__target__state__in=OPEN_STATES)
    return set(due.filter(is_open).values_list("tenant_id", "pk"))


def _to_shadow(now: datetime) -> set[Found]:
    due = ShadowRun.objects.filter(state=ShadowState.RUNNING, due_at__lte=now - GRACE)
    return set(due.values_list("tenant_id", "pk"))


def _wake_reauthorized(now: datetime) -> None:
    """Deliveries that waited for a person to open the connection again."""
    parked = Delivery.objects.filter(
        state=State.PARKED, waits_for__startswith="connection:", target__state__in=OPEN_STATES
    )
    if parked.exists():
        parked.update(state=State.PENDING, due_at=now, waits_for="")


def _look_again(now: datetime) -> None:
    """A link may come in the moment in which a delivery is parked for it; looking costs nothing."""
    Delivery.objects.filter(
        state=State.PARKED, waits_for__startswith="link:", due_at__lt=now - LOOK_AGAIN_AFTER
    ).update(state=State.PENDING, due_at=now)


def _parked_too_long(now: datetime) -> list[Found]:
    parked = Delivery.objects.filter(state=State.PARKED, waits_for__startswith="link:")
    overdue = Q(parked_at__lt=now - PARKED_FOR) | Q(parked_at__lt=now - UNNEEDED_AFTER, note__gt="")
    return list(parked.filter(overdue).values_list("tenant_id", "pk")[:500])


def _give_up(delivery_id: UUID) -> None:
    """What it waited for never came: a dead letter, unless that is all right (`note` says so)."""
    now = timezone.now()
    delivery = Delivery.objects.select_for_update().get(pk=delivery_id)
    if delivery.state != State.PARKED:
        return
    delivery.finished_at, delivery.waits_for = now, ""
    if delivery.note:
        delivery.state, delivery.reason, delivery.failure = State.UNCHANGED, "", ""
    else:
        delivery.state = State.DEAD
        delivery.reason += f" It was waited for during {PARKED_FOR.days} days."
        write_facts([dead_fact(delivery, now)])
    delivery.save(update_fields=["state", "finished_at", "waits_for", "reason", "failure"])
