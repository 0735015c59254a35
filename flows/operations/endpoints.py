"""Webhook endpoints: made, changed, given another secret, removed."""

import base64
import secrets
from collections.abc import Sequence
from typing import Any

from ekyam.audit.record import record
from ekyam.outbound import refuse_unfit
from ekyam.tenants.models import Tenant
from flows.models import WebhookEndpoint
from flows.states import IllegalMove

MOST = 50
SECRET_BYTES = 32
_CHANGEABLE = ("url", "label", "events", "is_on")


def add_endpoint(
    *, tenant: Tenant, url: str, events: Sequence[str], label: str = "", is_on: bool = True
) -> tuple[WebhookEndpoint, str]:
    """With its secret, which is told this once. Raises Refused for a URL that is unfit, IllegalMove
    when there are enough."""
    refuse_unfit(url)
    if WebhookEndpoint.objects.count() >= MOST:
        raise IllegalMove(f"There are {MOST} endpoints already: remove one first.")
    row = WebhookEndpoint(
        tenant=tenant, url=url, label=label, events=_in_order(events), is_on=is_on
    )
    secret = _new_secret(row)
    row.save(force_insert=True)
    record("webhook_endpoint.added", subject=row.public_id, label=str(row), after=_told(row))
    return row, secret


def change_endpoint(row: WebhookEndpoint, **changes: Any) -> WebhookEndpoint:
    """Any of url, label, events and is_on. Raises Refused for a URL that is unfit."""
    row = WebhookEndpoint.objects.select_for_update().get(pk=row.pk)
    before = _told(row)
    if "url" in changes:
        refuse_unfit(changes["url"])
    if "events" in changes:
        changes["events"] = _in_order(changes["events"])
    for name in _CHANGEABLE:
        setattr(row, name, changes.get(name, getattr(row, name)))
    after = _told(row)
    if after != before:
        row.save()
        record(
            "webhook_endpoint.changed",
            subject=row.public_id,
            label=str(row),
            before=before,
            after=after,
        )
    return row


def renew_secret(row: WebhookEndpoint) -> tuple[WebhookEndpoint, str]:
    """The old one is good for nothing from now on; the new one is told this once."""
    row = WebhookEndpoint.objects.select_for_update().get(pk=row.pk)
    secret = _new_secret(row)
    row.save()
    record("webhook_endpoint.secret_renewed", subject=row.public_id, label=str(row))
    return row, secret


def remove_endpoint(row: WebhookEndpoint) -> None:
    public_id, label, before = row.public_id, str(row), _told(row)
    row.delete()
    record("webhook_endpoint.removed", subject=public_id, label=label, before=before)


def _new_secret(row: WebhookEndpoint) -> str:
    """As Standard Webhooks writes it: whsec_ and base64."""
    secret = "whsec_" + base64.b64encode(secrets.token_bytes(SECRET_BYTES)).decode()
    row.seal("sealed", secret)
    return secret


def _in_order(events: Sequence[str]) -> list[str]:
    return sorted(set(events))


def _told(row: WebhookEndpoint) -> dict[str, Any]:
    return {name: getattr(row, name) for name in _CHANGEABLE}
