"""What a vendor tells of our access and of people's rights, and not of any record."""

from collections.abc import Iterable
from datetime import datetime

from connectors.models import Connection, ConnectionState
from connectors.operations import change_state
from connectors.spec import Webhooks
from flows.models import Event
from flows.models.event import EventState
from flows.operations.publish import CONNECTION_DOWN, fact, write_facts
from flows.operations.redact import redact


def act_on_notices(connection: Connection, events: Iterable[Event], now: datetime) -> None:
    """Changes the state and note of those events; the caller saves them."""
    webhooks = connection.spec.webhooks
    if webhooks is None:
        return
    for event in events:
        if event.topic in webhooks.farewell_topics:
            _part(connection, event, now)
        elif event.topic in webhooks.privacy_topics:
            _grant(connection, event, webhooks, now)


def _part(connection: Connection, event: Event, now: datetime) -> None:
    event.state = EventState.ROUTED
    if event.sent_at is not None and event.sent_at < connection.state_changed_at:
        event.note = "It is older than the present authorisation."
        return
    reason = f"{connection.spec.label} says that access was taken from Ekyam ({event.topic})."
    if change_state(connection, ConnectionState.NEEDS_REAUTHORIZATION, reason):
        told = fact(
            event.tenant_id, CONNECTION_DOWN, subject=connection.public_id, at=now, reason=reason
        )
        write_facts([told])


def _grant(connection: Connection, event: Event, webhooks: Webhooks, now: datetime) -> None:
    privacy = webhooks.privacy_topics[event.topic]
    if privacy.kind == "data_request":
        event.state, event.note = EventState.ASKS, "A shopper asks which data are kept."
        return
    count = redact(connection, event, privacy, now=now)
    event.state, event.note = EventState.ROUTED, f"Personal data were blanked in {count} rows."
