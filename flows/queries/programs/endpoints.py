"""Webhook endpoints, without their secrets."""

from dataclasses import dataclass
from datetime import datetime

from flows.models import WebhookEndpoint
from flows.queries.pages import Page
from flows.queries.programs.newest import turn_page


@dataclass(frozen=True)
class EndpointEntry:
    """`secret` only where it was just made."""

    id: str
    url: str
    label: str
    events: list[str]
    is_on: bool
    created_at: datetime
    changed_at: datetime
    secret: str = ""


def list_endpoints(*, after: str = "", size: int = 50) -> Page[EndpointEntry]:
    found = WebhookEndpoint.objects.defer("sealed")
    rows, following = turn_page(found, after=after, size=size)
    return Page([show_endpoint(one) for one in rows], following, bool(after))


def get_endpoint(public_id: str) -> EndpointEntry:
    """Raises WebhookEndpoint.DoesNotExist."""
    return show_endpoint(WebhookEndpoint.get_public(public_id))


def show_endpoint(row: WebhookEndpoint, secret: str = "") -> EndpointEntry:
    return EndpointEntry(
        id=row.public_id,
        url=row.url,
        label=row.label,
        events=list(row.events),
        is_on=row.is_on,
        created_at=row.created_at,
        changed_at=row.changed_at,
        secret=secret,
    )
