"""Takes a target's due deliveries, oldest of each record first, under the pump's lease."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import connection

from connectors.models import Connection
from ekyam import ids
from flows.models import Delivery, Pump, Record
from flows.states import State

LAST_LANE = 5  # what a full sync found gives way to what just happened
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
    values: dict[str, UUID | datetime] = {
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


# What may be sent: due, of a flow that is On, the oldest open delivery of its root here, and of a
# root that no person holds. What is parked holds back only its own record: what it waits for may
# be a later one of the same root.
# Scalar subqueries, so that PostgreSQL looks at the rows in their order and stops at the limit: as
# joins it would weigh the whole backlog before the first row.
_READY = """
    FROM flows_delivery d
    WHERE d.target_id = %(target)s AND d.state IN ('pending', 'retrying', 'in_doubt')
      AND d.due_at <= %(now)s
      AND (%(actions)s::text[] IS NULL OR (d.action = ANY(%(actions)s)) = %(together)s::boolean)
      AND d.lane <= %(lane)s
      AND (SELECT f.is_on FROM flows_flow f WHERE f.id = d.flow_id)
      AND (SELECT o.sequence FROM flows_delivery o
           WHERE o.target_id = d.target_id AND o.root_id = d.root_id
             AND o.sequence < d.sequence
             AND o.state IN ('pending', 'sending', 'retrying', 'in_doubt', 'parked')
             AND (o.state <> 'parked' OR o.record_id = d.record_id) LIMIT 1) IS NULL
      AND (SELECT h.id FROM flows_orderhold h
           WHERE h.tenant_id = d.tenant_id AND h.record_id = d.root_id
             AND h.released_at IS NULL) IS NULL
"""
_COLUMNS = [field.column for field in Delivery._meta.concrete_fields]
_ATTRIBUTES = [field.attname for field in Delivery._meta.concrete_fields]
# Materialized: a plan that runs the subquery again for each row would claim beyond the limit.
_CLAIM = f"""
    WITH ready AS MATERIALIZED (
        SELECT d.id {_READY} ORDER BY d.lane, d.sequence LIMIT %(limit)s
        FOR UPDATE OF d SKIP LOCKED),
    claimed AS (
        UPDATE flows_delivery c SET state = 'sending', lease_token = %(token)s
        FROM ready WHERE c.id = ready.id
        RETURNING c.*)
    SELECT {", ".join(f"c.{column}" for column in _COLUMNS)},
        r.resource, r.reference, l.external_id,
        (SELECT CASE WHEN p.state = 'dead' THEN '' ELSE p.fingerprint END FROM flows_delivery p
         WHERE p.record_id = c.record_id AND p.target_id = c.target_id AND p.action = c.action
           AND (p.state IN ('succeeded', 'unchanged') OR p.state = 'dead' AND p.wrote)
         ORDER BY p.sequence DESC LIMIT 1)
    FROM claimed c
    JOIN flows_record r ON r.id = c.record_id
    LEFT JOIN flows_link l
        ON l.record_id = c.record_id AND l.connection_id = c.target_id AND l.is_primary
    ORDER BY c.lane, c.sequence
"""


@dataclass(frozen=True)
class Claimed:
    """A delivery to be sent, with its record, its id in the target, and what was sent last.

    The delivery's `standard` is JSON text still. After a death that may have written something
    nobody knows what the target holds, and there is no last fingerprint.
    """

    delivery: Delivery
    linked_id: str
    last_fingerprint: str


def is_sendable(target: Connection, now: datetime) -> bool:
    """Not paused, not refused, and not asked by the vendor to wait."""
    is_throttled = target.throttled_until is not None and target.throttled_until > now
    return target.is_open and not is_throttled


@dataclass(frozen=True)
class Actions:
    """Only deliveries of these actions, or only those of others; up to a lane."""

    names: Sequence[str]
    is_of_them: bool
    lane: int = LAST_LANE


def claim_due(
    *, target_id: UUID, token: UUID, now: datetime, limit: int, actions: Actions | None = None
) -> Sequence[Claimed]:
    values: dict[str, Any] = {"token": token, "target": target_id, "now": now, "limit": limit}
    with connection.cursor() as cursor:
        cursor.execute(_CLAIM, {**values, **_chosen(actions)})
        return [_claimed(row) for row in cursor.fetchall()]


def _chosen(actions: Actions | None) -> dict[str, Any]:
    if actions is None:
        return {"actions": None, "together": None, "lane": LAST_LANE}
    chosen = {"actions": list(actions.names), "together": actions.is_of_them}
    return {**chosen, "lane": actions.lane}


def _claimed(row: Sequence[Any]) -> Claimed:
    *values, resource, reference, linked_id, last_fingerprint = row
    delivery = Delivery.from_db("default", _ATTRIBUTES, values)
    delivery.record = Record(
        id=delivery.record_id,
        tenant_id=delivery.tenant_id,
        resource=resource,
        reference=reference,
    )
    return Claimed(delivery, linked_id or "", last_fingerprint or "")


def read_state(target: Connection) -> None:
    """What others may have changed of it since: its state, and how long the vendor wants peace."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT state, state_reason, throttled_until FROM connectors_connection WHERE id = %s",
            [target.pk],
        )
        target.state, target.state_reason, target.throttled_until = cursor.fetchone()


def has_due(*, target_id: UUID, now: datetime) -> bool:
    """Whether a claim would find something."""
    if not is_sendable(Connection.objects.get(pk=target_id), now):
        return False
    with connection.cursor() as cursor:
        values: dict[str, Any] = {"target": target_id, "now": now, **_chosen(None)}
        cursor.execute(f"SELECT EXISTS (SELECT 1 {_READY})", values)
        return bool(cursor.fetchone()[0])
