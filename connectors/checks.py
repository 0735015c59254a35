"""The credential check: each part on its own, in plain words."""

import time
from collections.abc import Callable, Collection, Iterable, Iterator
from typing import Any

import structlog
from django.conf import settings
from django.utils import timezone

from connectors import probes
from connectors.channel import Channel, open_channel
from connectors.errors import AddressMissing, Failure, RateLimited, Unauthorized
from connectors.models import Connection, ConnectionState, Environment
from connectors.operations import change_state
from connectors.spec import Check, Connector, Context, Plan
from ekyam.audit.record import record

log = structlog.get_logger(__name__)
# name, label, ok, refused, message; kind and mend as of Check; state, where it is none of ok and
# not ok: skipped, not_needed.
Part = dict[str, Any]
_SETTINGS: Part = {"name": "settings", "label": "Settings", "kind": "reachable", "mend": ""}
_UNFORESEEN = {"refused": False, "message": "Something unexpected happened; Ekyam has been told."}
# What must be well before anything can flow; the other parts of the check only tell.
VITAL = ("reachable", "credentials", "permission")
TRIES, LONGEST_WAIT_SECONDS = 3, 5.0
_ORDER = ("credentials", "environment", "permission", "other", "webhooks")


def check_connection(
    connection: Connection, *, uses: Collection[str] | None = None, with_webhooks: bool = False
) -> list[Part]:
    """Ask the remote system, part by part; not within a transaction, for it sends requests.

    Of the permissions only those that these uses need (None: all). `with_webhooks` registers them,
    and sees whether our own address answers.
    """
    webhooks = connection.spec.webhooks
    with_webhooks = with_webhooks and webhooks is not None and webhooks.register is not None
    try:
        channel = open_channel(connection)
    except AddressMissing as missing:
        told = {"ok": False, "refused": False, "message": missing.message}
        return [{**_SETTINGS, **told}]
    except Exception:
        log.exception("a connection could not be opened", connection=connection.public_id)
        return [{**_SETTINGS, "ok": False, **_UNFORESEEN}]
    return list(parts_of(channel, uses, with_webhooks))


def parts_of(
    channel: Channel, uses: Collection[str] | None, with_webhooks: bool = False
) -> Iterator[Part]:
    """Where nothing answers, or nobody lets us in, the rest is not asked: it would say the same."""
    skipped = ""
    for part in probes.reach(channel):
        yield part
        if part["name"] == "reachable" and not part["ok"]:
            skipped = f"Not asked, because {channel.connector.label} does not answer."
    for check in sorted(channel.connector.checks, key=lambda one: _ORDER.index(one.kind)):
        if with_webhooks and check.kind == "webhooks":
            continue  # the round trip tells more
        part = _ask(check, channel, uses, skipped)
        yield part
        if check.kind == "credentials" and not part["ok"]:
            skipped = skipped or "Not asked, because the credentials do not open the door yet."
    if with_webhooks and skipped:
        yield _skip(_ROUND_TRIP, skipped)
    elif with_webhooks:
        yield _told(_ROUND_TRIP, channel, lambda: _round_trip(channel))
    yield probes.budget(channel)


def _ask(check: Check, channel: Channel, uses: Collection[str] | None, skipped: str) -> Part:
    if skipped:
        return _skip(check, skipped)
    if not _is_needed(check, channel.connector, uses):
        return _skip(check, "Nothing that you have chosen needs it.", state="not_needed")
    if check.kind == "environment" and channel.connection.environment == Environment.SANDBOX:
        words = "This is Ekyam's own simulator: nothing in it is real, and nothing costs money."
        return {**_skip(check, words), "state": "ok"}
    return _run(check, channel)


def _is_needed(check: Check, connector: Connector, uses: Collection[str] | None) -> bool:
    asked_by = [one for one in connector.permissions if one.check == check.name]
    return not asked_by or any(one.is_needed(uses) for one in asked_by)


def _skip(check: Check, words: str, *, state: str = "skipped") -> Part:
    told = {"name": check.name, "label": check.label, "kind": check.kind}
    return {**told, "ok": True, "refused": False, "state": state, "message": words}


def keep_report(connection: Connection, parts: list[Part]) -> None:
    """Store it, and judge by it: where the credentials pass, the connection is opened again. What
    a person has paused stays paused, whatever was found."""
    connection.refresh_from_db(fields=["state"])  # it may have been paused while it was asked
    before = str(connection.state)
    Connection.objects.filter(pk=connection.pk).update(
        check_report=parts, checked_at=timezone.now()
    )
    if connection.state != ConnectionState.PAUSED:
        _judge_by(connection, parts)
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


def _judge_by(connection: Connection, parts: list[Part]) -> None:
    refused = [part["message"] for part in parts if part["refused"]]
    if refused:
        change_state(connection, ConnectionState.NEEDS_REAUTHORIZATION, refused[0])
    elif _lets_us_in(parts):
        change_state(connection, ConnectionState.ACTIVE, "")


def _lets_us_in(parts: list[Part]) -> bool:
    """Not by what was left out because nothing answered."""
    asked = [part for part in parts if part.get("kind") == "credentials"]
    return bool(asked) and all(part["ok"] and part.get("state") != "skipped" for part in asked)


def vital_failures(parts: Iterable[Part]) -> list[Part]:
    """What did not pass of that without which nothing can flow."""
    return [part for part in parts if part.get("kind") in VITAL and not part["ok"]]


def _run(check: Check, channel: Channel) -> Part:
    def ask() -> str:
        return channel.client().run(check.plan(_context(channel)))

    def ask_again_with_another_token() -> str:
        try:
            return ask()
        except Unauthorized:
            if not channel.forget_token():
                raise
            return ask()

    is_first = check.kind == "credentials"
    return _told(check, channel, ask_again_with_another_token if is_first else ask)


def _told(check: Check, channel: Channel, ask: Callable[[], str]) -> Part:
    part: Part = {"name": check.name, "label": check.label, "ok": False, "refused": False}
    part |= {"kind": check.kind, "mend": check.mend}
    try:
        return {**part, "ok": True, "message": _patiently(ask)}
    except Failure as failure:
        refused = isinstance(failure, Unauthorized)
        return {**part, "message": failure.message, "refused": refused}
    except Exception:  # a bug, or an answer that nobody foresaw: the other parts still tell
        slug = channel.connector.slug
        log.exception("a check failed unexpectedly", connector=slug, part=check.name)
        return {**part, **_UNFORESEEN}


def _patiently(ask: Callable[[], str]) -> str:
    """A person waits: a system that wants fewer requests is asked again in a moment."""
    for _ in range(TRIES - 1):
        try:
            return ask()
        except RateLimited as failure:
            time.sleep(min(failure.retry_after, LONGEST_WAIT_SECONDS))
    return ask()


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


def _round_trip(channel: Channel) -> str:
    """There: the vendor knows where to knock. Back: our door answers where it was told."""
    changed = register_webhooks(channel.connection)
    probes.knock(channel, webhook_address(channel.connection))
    said = f"{len(changed)} subscriptions were made or mended, and" if changed else "All are, and"
    return f"Webhooks are registered. {said} our address answers: {settings.PUBLIC_URL}."


def _nothing(context: Context) -> Plan[str]:
    yield from ()
    return ""


_ROUND_TRIP = Check(
    "round_trip",
    "Webhooks, there and back",
    _nothing,
    kind="webhooks",
    mend="Until it passes, changes come by polling, minutes later; nothing is lost. See that the"
    " vendor can reach Ekyam's public address, and check again.",
)


def webhook_address(connection: Connection) -> str:
    return f"{settings.PUBLIC_URL}/hooks/{connection.public_id}"
