"""Takes a target's due deliveries, oldest of each record first, under the pump's lease."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

from django.conf import settings
from django.db import connection
from django.db.models import Q

from connectors.models import Connection
from flows.models import Delivery, Pump
from flows.states import State


def take_pump(*, tenant_id: UUID, target_id: UUID, token: UUID, now: datetime) -> bool:
    """Become the one worker that sends to this target; False while another one is."""
    until = now + timedelta(seconds=settings.EKYAM_LEASE_SECONDS)
    free = Q(leased_until=None) | Q(leased_until__lt=now) | Q(token=token)
    row = Pump.objects.filter(free, target_id=target_id)
    if row.update(token=token, leased_until=until):
        return True
    made = Pump(tenant_id=tenant_id, target_id=target_id, token=token, leased_until=until)
    Pump.objects.bulk_create([made], ignore_conflicts=True)
    return Pump.objects.filter(target_id=target_id, token=token).exists()


def release_pump(*, target_id: UUID, token: UUID) -> None:
    Pump.objects.filter(target_id=target_id, token=token).update(token=None, leased_until=None)


def recover_lost(*, target_id: UUID, token: UUID, now: datetime) -> int:
    """What another worker was sending when it died: nobody knows whether it arrived."""
    lost = Delivery.objects.filter(target_id=target_id, state=State.SENDING).exclude(
        lease_token=token
    )
    return lost.update(
        state=State.IN_DOUBT,
        wrote=True,
        lease_token=None,
        due_at=now,
        reason="The worker stopped while sending; the target is asked before it is repeated.",
    )


# What may be sent: due, of a flow that is On, and the oldest open delivery of its root here. What
# is parked holds back only its own record: what it waits for may be a later one of the same root.
_READY = """
    FROM flows_delivery d
    JOIN flows_flow f ON f.id = d.flow_id AND f.is_on
    WHERE d.target_id = %(target)s AND d.state IN ('pending', 'retrying', 'in_doubt')
      AND d.due_at <= %(now)s
      AND NOT EXISTS (
          SELECT 1 FROM flows_delivery o
          WHERE o.target_id = d.target_id AND o.root_id = d.root_id
            AND o.sequence < d.sequence
            AND (o.state IN ('pending', 'sending', 'retrying', 'in_doubt')
                 OR o.state = 'parked' AND o.record_id = d.record_id))
"""
# Materialized: a plan that runs the subquery again for each row would claim beyond the limit.
_CLAIM = f"""
    WITH ready AS MATERIALIZED (
        SELECT d.id {_READY} ORDER BY d.lane, d.sequence LIMIT %(limit)s
        FOR UPDATE OF d SKIP LOCKED)
    UPDATE flows_delivery c SET state = 'sending', lease_token = %(token)s
    FROM ready WHERE c.id = ready.id
    RETURNING c.id
"""


def claim_due(*, target_id: UUID, token: UUID, now: datetime, limit: int) -> Sequence[Delivery]:
    with connection.cursor() as cursor:
        cursor.execute(_CLAIM, {"token": token, "target": target_id, "now": now, "limit": limit})
        ids = [row[0] for row in cursor.fetchall()]
    if not ids:
        return []
    return list(
        Delivery.objects.filter(pk__in=ids)
        .select_related("flow__source", "record", "event")
        .defer("event__body", "event__headers")
        .order_by("lane", "sequence")
    )


def has_due(*, target_id: UUID, now: datetime) -> bool:
    """Whether a claim would find something."""
    target = Connection.objects.get(pk=target_id)
    is_throttled = target.throttled_until is not None and target.throttled_until > now
    if is_throttled or not target.is_open:
        return False
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT EXISTS (SELECT 1 {_READY})", {"target": target_id, "now": now})
        return bool(cursor.fetchone()[0])
