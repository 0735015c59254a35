"""The consent dance: send a person to the vendor, and take the answer back, once."""

import hashlib
import secrets
from collections.abc import Collection, Mapping
from datetime import timedelta
from uuid import UUID

from django.conf import settings
from django.utils import timezone
from django.utils.translation import gettext

from connectors.channel import open_channel
from connectors.client import request_token
from connectors.credentials import open_credentials
from connectors.errors import Unauthorized
from connectors.models import Connection, OAuthState
from connectors.operations import keep_consent
from ekyam.audit.record import record
from ekyam.tenants.scope import tenant_scope

LIFETIME = timedelta(minutes=10)
RETURN_PATH = "/connections/authorized"


def begin(connection: Connection, *, user_id: UUID, uses: Collection[str] | None = None) -> str:
    """The vendor's address where a person gives consent. Needs a tenant scope.

    Where the vendor takes scopes one by one, no more are asked for than these uses need.

    Raises Unauthorized where our own part of the credentials is missing.
    """
    channel = open_channel(connection)
    method = channel.connector.auth_method(connection.auth)
    state = secrets.token_urlsafe(32)
    ours = channel.credentials
    try:
        told = {**channel.settings, "scopes": _scopes(connection, uses)}
        address: str = method.authorize(told, ours, state, return_address())
    except KeyError as missing:
        raise Unauthorized(
            gettext("The {name} is missing: enter it first.").format(name=missing.args[0])
        ) from missing
    OAuthState.objects.create(
        tenant_id=connection.tenant_id,
        connection=connection,
        state=_digest(state),
        user_id=user_id,
        expires_at=timezone.now() + LIFETIME,
    )
    record("connection.consent_asked", subject=connection.public_id, label=connection.label)
    return address


def waits_for_consent(connection: Connection) -> bool:
    """Nobody has agreed at the vendor yet, so that there is nothing to check."""
    return bool(connection.spec.auth_method(connection.auth).has_consent) and not (
        {"access_token", "refresh_token"} & open_credentials(connection).keys()
    )


def _scopes(connection: Connection, uses: Collection[str] | None) -> list[str]:
    """By the names of the permissions; those that only make more possible are not asked for."""
    permissions = connection.spec.permissions
    return [one.name for one in permissions if not one.optional and one.is_needed(uses)]


def complete(*, tenant_id: UUID, user_id: UUID, answer: Mapping[str, str]) -> Connection:
    """Trade the answer for tokens. A state is good once, for the person who began.

    Raises Unauthorized in plain words. Call it outside of any transaction: it sends a request.
    """
    with tenant_scope(tenant_id):
        connection = _take_state(answer.get("state", ""), user_id)
        credentials = open_credentials(connection)
    channel = open_channel(connection)
    method = channel.connector.auth_method(connection.auth)
    request = method.exchange(credentials, channel.settings, answer, return_address())
    client = channel.client()
    tokens = request_token(client, request)
    with tenant_scope(tenant_id):
        keep_consent(connection, {**tokens, "issued_at": client.now().isoformat()})
    return connection


def _take_state(state: str, user_id: UUID) -> Connection:
    row = OAuthState.objects.select_related("connection").filter(state=_digest(state)).first()
    if row is None or row.user_id != user_id or row.expires_at < timezone.now():
        raise Unauthorized(gettext("This consent was not asked for, or is too old; begin again."))
    row.delete()
    return row.connection


def _digest(state: str) -> str:
    """Random enough that a plain digest tells nothing of it."""
    return hashlib.sha256(state.encode("utf-8", "replace")).hexdigest()


def return_address() -> str:
    return f"{settings.PUBLIC_URL}{RETURN_PATH}"
