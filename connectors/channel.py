"""An open connection: the row, the declaration, the address and the credentials, ready to send."""

from collections.abc import Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import partial
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.utils import timezone

from connectors.budget import Account, Spent, spend
from connectors.client import Client, request_token
from connectors.credentials import open_credentials, seal_credentials
from connectors.errors import AddressMissing, Unreachable
from connectors.models import Connection, Environment
from connectors.spec import Connector, Limits, Request, Response
from ekyam import outbound
from ekyam.tenants.scope import tenant_scope

MAX_ANSWER_BYTES = 32 * 1024 * 1024


@dataclass
class Channel:
    """Shared by the clients of one batch; a renewed token reaches them all."""

    connection: Connection
    connector: Connector
    base_url: str
    settings: dict[str, Any]
    credentials: Mapping[str, str]
    allow: frozenset[tuple[str, int]]

    def client(self, lane: int = 0) -> Client:
        """`lane` is its place in the account's rate budget, as of Action."""
        return Client(
            connector=self.connector,
            base_url=self.base_url,
            auth=self.connector.auth_method(self.connection.auth),
            settings=self.settings,
            credentials=self.credentials,
            transport=self._transport,
            renew=self._renew,
            now=timezone.now,
            spend=partial(self._spend, lane),
        )

    def _spend(self, lane: int, request: Request) -> AbstractContextManager[Spent]:
        return spend(
            account_of(self.connection),
            limits_of(self.connection),
            cost=request.cost,
            lane=lane,
            seconds=request.deadline_seconds,
        )

    def _transport(
        self, method: str, url: str, headers: Mapping[str, str], body: bytes, deadline: float
    ) -> Response:
        try:
            answer = outbound.send(
                method,
                url,
                headers=headers,
                body=body,
                deadline_seconds=deadline,
                max_response_bytes=MAX_ANSWER_BYTES,
                allow=self.allow,
            )
        except outbound.OutboundError as error:
            raise Unreachable(str(error), sent=getattr(error, "sent", False)) from error
        return Response(answer.status, answer.headers, answer.body)

    def forget_token(self) -> bool:
        """After a refusal: the next request fetches another one. False where there was none."""
        token = self.credentials.get("access_token", "")
        if not (token and self.connector.auth_method(self.connection.auth).needs_token):
            return False
        self._drop(token)
        self.credentials = {**self.credentials, "access_token": ""}
        return True

    def _drop(self, token: str) -> None:
        with tenant_scope(self.connection.tenant_id):
            drop_token(self.connection, token)

    def _renew(self, client: Client) -> Mapping[str, str]:
        self.credentials = renew_token(self.connection, client)
        return self.credentials


def open_channel(connection: Connection) -> Channel:
    base_url = base_url_of(connection)
    return Channel(
        connection=connection,
        connector=connection.spec,
        base_url=base_url,
        settings={**connection.settings, "base_url": base_url},
        credentials=open_credentials(connection),
        allow=_allowed(connection),
    )


def account_of(connection: Connection) -> Account:
    tenant, name = str(connection.tenant_id), connection.account
    return Account(tenant, connection.connector, name, base_url_of(connection))


def limits_of(connection: Connection) -> Limits:
    """The vendor's documented ones, or what the settings say that this account has."""
    limits, chosen = connection.spec.limits, connection.settings
    per_second, concurrency = chosen.get("per_second"), chosen.get("concurrency")
    return replace(
        limits,
        per_second=limits.per_second if per_second is None else float(per_second),
        concurrency=int(concurrency or limits.concurrency),
    )


def base_url_of(connection: Connection) -> str:
    """Raises AddressMissing."""
    if connection.environment == Environment.SANDBOX:
        return f"{settings.SANDBOX_URL}/{connection.connector}/{connection.account}"
    try:
        return connection.spec.base_url(connection.settings)
    except KeyError as missing:
        words = f"The address is missing: enter it on the page of {connection.label}."
        raise AddressMissing(words) from missing


def settings_of(connection: Connection) -> dict[str, Any]:
    """As readers and writers are given them. They call nobody, so they do without an address."""
    try:
        address = base_url_of(connection)
    except AddressMissing:
        address = ""
    return {**connection.settings, "base_url": address}


def _allowed(connection: Connection) -> frozenset[tuple[str, int]]:
    """The one private address that may be called, and by sandbox connections only."""
    if connection.environment != Environment.SANDBOX or not settings.SANDBOX_URL:
        return frozenset()
    parts = urlsplit(settings.SANDBOX_URL)
    return frozenset({(parts.hostname or "", parts.port or 80)})


def renew_token(connection: Connection, client: Client) -> Mapping[str, str]:
    """Fetch a new token and keep it, one worker at a time; the losers use the winner's.

    The row stays locked during this one request, against the rule that no transaction is open
    while HTTP is: a rotated refresh token must be stored before anybody else may use it.
    """
    with tenant_scope(connection.tenant_id):
        row = Connection.objects.select_for_update(no_key=True).get(pk=connection.pk)
        known = open_credentials(row)
        if known.get("access_token") and known["access_token"] != client.credentials.get(
            "access_token"
        ):
            return known
        request = client.auth.request(known, client.settings, client.now())
        fresh = {**known, **request_token(client, request), "issued_at": client.now().isoformat()}
        seal_credentials(row, fresh)
        row.save(update_fields=["sealed"])
        return fresh


def drop_token(connection: Connection, access_token: str) -> bool:
    """Forget a token that the vendor refused, so that the next request gets a new one.

    False when it is too young to have run out: then it is the authorisation that is gone.
    """
    row = Connection.objects.select_for_update(no_key=True).get(pk=connection.pk)
    known = open_credentials(row)
    if known.get("access_token") != access_token:
        return True  # somebody renewed it meanwhile
    issued_at = known.pop("issued_at", "")
    known.pop("access_token", None)
    seal_credentials(row, known)
    row.save(update_fields=["sealed"])
    young = timezone.now() - timedelta(seconds=30)
    return not issued_at or issued_at < young.isoformat()
