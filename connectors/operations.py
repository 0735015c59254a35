"""What changes a connection: its state, its health, its credentials."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from django.utils import timezone
from django.utils.translation import gettext

from connectors.channel import drop_token
from connectors.credentials import open_credentials, seal_credentials
from connectors.models import Connection, ConnectionState
from connectors.registry import get_connector
from ekyam.audit.record import record


def connect(
    *,
    tenant_id: UUID,
    connector: str,
    label: str,
    environment: str,
    auth: str,
    settings: Mapping[str, Any],
    credentials: Mapping[str, str],
) -> Connection:
    """A new connection; one of the same account is taken over with these credentials."""
    account = get_connector(connector).account(dict(settings))
    known = Connection.objects.filter(
        connector=connector, account=account, environment=environment
    ).first()
    row = known or Connection(
        tenant_id=tenant_id, connector=connector, account=account, environment=environment
    )
    before = _told(known) if known else None
    row.label, row.auth, row.settings = label, auth, dict(settings)
    row.state, row.state_reason = ConnectionState.ACTIVE, ""
    row.check_report, row.checked_at = [], None
    seal_credentials(row, credentials)
    row.save()
    record(
        "connection.taken_over" if known else "connection.made",
        subject=row.public_id,
        label=row.label,
        before=before,
        after={**_told(row), "given": sorted(credentials)},
    )
    return row


def _told(row: Connection) -> dict[str, Any]:
    """What the audit log may say of a connection."""
    names = ("label", "connector", "environment", "account", "auth", "settings", "state")
    return {name: getattr(row, name) for name in names}


def lock(connection: Connection) -> Connection:
    """The row as it is now, and as it stays until the end of the transaction."""
    return Connection.objects.select_for_update(no_key=True).get(pk=connection.pk)


class OtherAccount(Exception):
    """What was entered leads to another account than the connection's."""

    def __init__(self, account: str, known: str) -> None:
        words = gettext(
            "This is the account {account}, and the connection is to {known}."
            " Connect another account as a system of its own."
        )
        super().__init__(words.format(account=account, known=known))


def change_credentials(
    connection: Connection,
    credentials: Mapping[str, str],
    settings: Mapping[str, str] | None = None,
) -> None:
    """Merge new credentials in and open the connection again, unless a person has paused it. Of
    them only the names are told.

    `settings` are those that were missing. Raises OtherAccount.
    """
    if settings:
        _fill_in(connection, settings)
    _merge(connection, credentials, action="connection.credentials_changed")


def settings_with(connection: Connection, settings: Mapping[str, str]) -> dict[str, Any]:
    """Its own with these filled in. Raises OtherAccount."""
    after = {**connection.settings, **settings}
    account = connection.spec.account(after) if settings else connection.account
    if account != connection.account:
        raise OtherAccount(account, connection.account)
    return after


def _fill_in(connection: Connection, settings: Mapping[str, str]) -> None:
    before, after = connection.settings, settings_with(connection, settings)
    connection.settings = after
    connection.save(update_fields=["settings"])
    record(
        "connection.changed",
        subject=connection.public_id,
        label=connection.label,
        before={"settings": before},
        after={"settings": after},
    )


def keep_consent(connection: Connection, tokens: Mapping[str, str]) -> None:
    """What the vendor gave for a person's consent."""
    _merge(connection, tokens, action="connection.authorized")


def _merge(connection: Connection, credentials: Mapping[str, str], *, action: str) -> None:
    connection.refresh_from_db(fields=["state"])  # somebody may have paused it since it was read
    known, state = open_credentials(connection), str(connection.state)
    changed = sorted(name for name, value in credentials.items() if known.get(name, "") != value)
    seal_credentials(connection, {**known, **credentials})
    connection.check_report, connection.checked_at = [], None  # it told of the old ones
    connection.save(update_fields=["sealed", "check_report", "checked_at"])
    if connection.state != ConnectionState.PAUSED:
        change_state(connection, ConnectionState.ACTIVE, "")
    record(
        action,
        subject=connection.public_id,
        label=connection.label,
        before={"state": state},
        after={"state": str(connection.state), "changed": changed},
    )


def pause(connection: Connection, *, by: str) -> bool:
    """What is due waits until it is resumed. Only one that is open: that which was refused must
    not be opened by a pause and its end."""
    before = str(connection.state)
    if not connection.is_open:
        return False
    if change_state(connection, ConnectionState.PAUSED, f"Paused by {by}."):
        _record_state(connection, "connection.paused", before)
    return True


def resume(connection: Connection) -> bool:
    """Only what was paused: a refused credential needs a check that passes, and so does one that
    was refused during the pause."""
    if connection.state != ConnectionState.PAUSED:
        return False
    refused = [part["message"] for part in connection.check_report if part.get("refused")]
    state = ConnectionState.NEEDS_REAUTHORIZATION if refused else ConnectionState.ACTIVE
    if change_state(connection, state, refused[0] if refused else ""):
        _record_state(connection, "connection.resumed", ConnectionState.PAUSED)
    return not refused


def _record_state(connection: Connection, action: str, before: str) -> None:
    record(
        action,
        subject=connection.public_id,
        label=connection.label,
        before={"state": before},
        after={"state": str(connection.state)},
    )


def change_state(connection: Connection, state: str, reason: str) -> bool:
    """Returns whether it was another one; if so, our webhooks may be forgotten there by now."""
    changed = (
        Connection.objects.filter(pk=connection.pk)
        .exclude(state=state)
        .update(
            state=state,
            state_reason=reason,
            state_changed_at=timezone.now(),
            webhooks_checked_at=None,
        )
    )
    connection.state, connection.state_reason = state, reason
    return bool(changed)


def needs_reauthorization(connection: Connection, *, access_token: str, reason: str) -> bool:
    """Judge a refusal: False when only the access token had run out, and a new one will do."""
    has_token = connection.spec.auth_method(connection.auth).needs_token and access_token
    if has_token and drop_token(connection, access_token):
        return False
    change_state(connection, ConnectionState.NEEDS_REAUTHORIZATION, reason)
    return True


def mark_throttled(connection: Connection, *, until: datetime) -> None:
    """The vendor wants fewer requests: nothing is sent on this connection before `until`."""
    Connection.objects.filter(pk=connection.pk).update(throttled_until=until)
    connection.throttled_until = until
