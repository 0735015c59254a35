"""The first step of everything that arrives: an Event, committed before it is answered."""

import hashlib
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import msgspec
from django.db import connection as db
from django.utils import timezone

from connectors.models import Connection
from flows.models import Event
from flows.models.event import EventState, Origin
from flows.operations.nudge import nudge

KEPT_HEADERS = ("content-type", "user-agent", "date")


def receive_webhook(*, connection: Connection, headers: Mapping[str, str], body: bytes) -> bool:
    """Store a webhook whose signature was right; False when it had come before.

    Needs a tenant scope. `headers` have lower-case names.
    """
    webhooks = connection.spec.webhooks
    assert webhooks is not None
    event = Event(
        tenant_id=connection.tenant_id,
        connection=connection,
        origin=Origin.WEBHOOK,
        topic=webhooks.topic(headers, body)[:100],
        delivery_key=webhooks.delivery_id(headers, body)[:255] or _digest(body),
        sent_at=_time(webhooks.sent_at(headers, body)),
        headers=_kept(headers),
        body=body,
        received_at=timezone.now(),
    )
    if not _store(event):
        return False
    nudge("route", tenant_id=connection.tenant_id, subject_id=connection.pk)
    return True


_STORE = """
    INSERT INTO flows_event (id, tenant_id, connection_id, origin, topic, feed, delivery_key,
                             sent_at, headers, body, received_at, state, note)
    VALUES (%s, %s, %s, %s, %s, '', %s, %s, %s::jsonb, %s, %s, %s, '')
    ON CONFLICT DO NOTHING
"""


def _store(event: Event) -> bool:
    """False when an event of the same delivery key is there already."""
    with db.cursor() as cursor:
        cursor.execute(
            _STORE,
            [
                event.pk,
                event.tenant_id,
                event.connection_id,
                event.origin,
                event.topic,
                event.delivery_key,
                event.sent_at,
                msgspec.json.encode(event.headers).decode(),
                bytes(event.body),
                event.received_at,
                event.state,
            ],
        )
        return bool(cursor.rowcount)


def receive_records(
    *,
    connection: Connection,
    feed: str,
    records: Iterable[tuple[str, bytes]],
    origin: Origin,
    at: datetime,
    told_at: datetime,
) -> int:
    """Store what a poll read, as (delivery key, bytes); returns how many were new.

    `told_at` is when it was asked for: what it says was true then, or later.
    """
    found = list(records)
    keys = [key for key, _ in found]
    before = Event.objects.filter(connection=connection, delivery_key__in=keys)
    known = set(before.values_list("delivery_key", flat=True))
    events = {
        key: Event(
            tenant_id=connection.tenant_id,
            connection=connection,
            origin=origin,
            feed=feed,
            delivery_key=key,
            sent_at=told_at,
            body=body,
            received_at=at,
        )
        for key, body in found
        if key not in known
    }
    Event.objects.bulk_create(events.values(), ignore_conflicts=True)
    if events:
        nudge("route", tenant_id=connection.tenant_id, subject_id=connection.pk)
    return len(events)


def has_event(connection: Connection, version_key: str) -> bool:
    """Whether this version of a record was read before."""
    return Event.objects.filter(
        connection=connection, delivery_key__startswith=version_key
    ).exists()


def receive_again(*, event: Event, flow_id: UUID | None = None) -> Event:
    """Replay: the same bytes as a new Event, for one flow or for all of them."""
    copy = Event(
        tenant_id=event.tenant_id,
        connection_id=event.connection_id,
        origin=Origin.REPLAY,
        topic=event.topic,
        feed=event.feed,
        delivery_key=f"replay:{timezone.now().isoformat()}:{event.public_id}",
        sent_at=event.sent_at,
        headers={**event.headers, "replay_of": event.public_id}
        | ({"only_flow": str(flow_id)} if flow_id else {}),
        body=bytes(event.body),
        received_at=timezone.now(),
        state=EventState.RECEIVED,
    )
    copy.save(force_insert=True)
    nudge("route", tenant_id=event.tenant_id, subject_id=event.connection_id)
    return copy


def _digest(body: bytes) -> str:
    return "sha256:" + hashlib.sha256(body).hexdigest()


def _kept(headers: Mapping[str, str]) -> dict[str, Any]:
    """The vendor's own headers, without signatures and cookies."""
    return {
        name: value[:500]
        for name, value in headers.items()
        if (name.startswith("x-") and not any(w in name for w in ("hmac", "signature", "token")))
        or name in KEPT_HEADERS
    }


def _time(text: str) -> datetime | None:
    """ISO 8601, also with nanoseconds as Shopify writes them; None when it is no time."""
    if not text:
        return None
    head, dot, tail = text.partition(".")
    if dot:
        digits = len(tail) - len(tail.lstrip("0123456789"))
        text = f"{head}.{tail[: min(digits, 6)]:0<6}{tail[digits:]}"
    try:
        found = datetime.fromisoformat(text.replace("Z", "+00:00"))
    except ValueError:
        return None
    return found if found.tzinfo else found.replace(tzinfo=UTC)
