"""The credential check: each part on its own, in plain words."""

from typing import Any

import structlog
from django.conf import settings
from django.utils import timezone

from connectors.channel import Channel, open_channel
from connectors.errors import Failure, Unauthorized
from connectors.models import Connection, ConnectionState
from connectors.operations import change_state
from connectors.spec import Check, Context, Plan
from ekyam.audit.record import record

log = structlog.get_logger(__name__)
Part = dict[str, Any]  # name, label, ok, refused, message
_UNFORESEEN = {"refused": False, "message": "Something unexpected happened; Ekyam has been told."}


def check_connection(connection: Connection) -> list[Part]:
    """Ask the remote system, part by part; not within a transaction, for it sends requests."""
    try:
        channel = open_channel(connection)
    except Exception:
        log.exception("a connection could not be opened", connection=connection.public_id)
        return [{"name": "settings", "label": "Settings", "ok": False, **_UNFORESEEN}]
    return [_run(check, channel) for check in connection.spec.checks]


def keep_report(connection: Connection, parts: list[Part]) -> None:
    """Store it, and judge by it: a check that passes opens the connection again."""
    before = str(connection.state)
    Connection.objects.filter(pk=connection.pk).update(
        check_report=parts, checked_at=timezone.now()
    )
    refused = [part["message"] for part in parts if part["refused"]]
    if refused:
        change_state(connection, ConnectionState.NEEDS_REAUTHORIZATION, refused[0])
    elif parts and connection.state != ConnectionState.PAUSED:
        change_state(connection, ConnectionState.ACTIVE, "")
    record(
        "connection.checked",
        subject=connection.public_id,
        label=connection.label,
        before={"state": before},
        after={
            "state": str(connection.state),
            "failed": [part["label"] for part in parts if not part["ok"]],
        },
    )


def _run(check: Check, channel: Channel) -> Part:
    part = {"name": check.name, "label": check.label, "ok": False, "refused": False}
    try:
        message = channel.client().run(check.plan(_context(channel)))
        return {**part, "ok": True, "message": message}
    except Failure as failure:
        refused = isinstance(failure, Unauthorized)
        return {**part, "message": failure.message, "refused": refused}
    except Exception:  # a bug, or an answer that nobody foresaw: the other parts still tell
        slug = channel.connector.slug
        log.exception("a check failed unexpectedly", connector=slug, part=check.name)
        return {**part, **_UNFORESEEN}


def _context(channel: Channel) -> Context:
    return Context(settings=channel.settings, now=timezone.now())


def register_webhooks(connection: Connection) -> list[str]:
    """Make the vendor's subscriptions equal to what our feeds need; returns what was changed.

    Call it outside of any transaction: it sends requests.
    """
    channel = open_channel(connection)
    webhooks = channel.connector.webhooks
    if webhooks is None or webhooks.register is None:
        return []
    topics = [topic for feed in channel.connector.feeds for topic in feed.topics]
    plan: Plan[list[str]] = webhooks.register(
        webhook_address(connection), topics, _context(channel)
    )
    return channel.client().run(plan)


def webhook_address(connection: Connection) -> str:
    return f"{settings.PUBLIC_URL}/hooks/{connection.public_id}"
