"""Takes a target's due deliveries, oldest of each record first, under the pump's lease."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

from django.conf import settings
from django.db import connection
from django.db.models import OuterRef, Subquery

from connectors.models import Connection
from ekyam import ids
from flows.models import Delivery, Link, Pump
from flows.states import DONE, State

_TAKE = """
    INSERT INTO flows_pump AS p (id, tenant_id, target_id, token, leased_until)
    VALUES (%(id)s, %(tenant)s, %(target)s, %(token)s, %(until)s)
    ON CONFLICT (tenant_id, target_id) DO UPDATE
    SET token = EXCLUDED.token, leased_until = EXCLUDED.leased_until
    WHERE p.leased_until IS NULL OR p.leased_until < %(now)s OR p.token = EXCLUDED.token
    RETURNING id
"""


def take_pump(*, tenant_id: UUID, target_id: UUID, token: UUID, now: datetime) -> bool:
    """Become, or stay, the one worker that sends to this target; False while another one is."""
    values = {
        "id": ids.new(),
        "tenant": tenant_id,
        "target": target_id,
        "token": token,
        "now": now,
        "until": now + timedelta(seconds=settings.EKYAM_LEASE_SECONDS),
    }
    with connection.cursor() as cursor:
        cursor.execute(_TAKE, values)
        return cursor.fetchone() is not None


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


def is_sendable(target: Connection, now: datetime) -> bool:
    """Not paused, not refused, and not asked by the vendor to wait."""
    is_throttled = target.throttled_until is not None and target.throttled_until > now
    return target.is_open and not is_throttled


def claim_due(*, target_id: UUID, token: UUID, now: datetime, limit: int) -> Sequence[Delivery]:
    with connection.cursor() as cursor:
        cursor.execute(_CLAIM, {"token": token, "target": target_id, "now": now, "limit": limit})
        claimed = [row[0] for row in cursor.fetchall()]
    if not claimed:
        return []
    return list(
        Delivery.objects.filter(pk__in=claimed)
        .select_related("flow__source", "record")
        .annotate(linked_id=_LINKED_ID, last_fingerprint=_LAST_FINGERPRINT)
        .order_by("lane", "sequence")
    )


_LINKED_ID = Subquery(
    Link.objects.filter(
        record=OuterRef("record_id"), connection=OuterRef("target_id"), is_primary=True
    ).values("external_id")[:1]
)
_LAST_FINGERPRINT = Subquery(
    Delivery.objects.filter(
        record=OuterRef("record_id"),
        target=OuterRef("target_id"),
        action=OuterRef("action"),
        state__in=DONE,
    )
    .order_by("-sequence")
    .values("fingerprint")[:1]
)


def has_due(*, target_id: UUID, now: datetime) -> bool:
    """Whether a claim would find something."""
    if not is_sendable(Connection.objects.get(pk=target_id), now):
        return False
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT EXISTS (SELECT 1 {_READY})", {"target": target_id, "now": now})
        return bool(cursor.fetchone()[0])
