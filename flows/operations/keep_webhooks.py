"""Looks, once an hour, whether the vendor still knocks: some forget us after a few failures."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import structlog
from django.db.models import Q
from django.utils import timezone

from connectors.checks import register_webhooks
from connectors.credentials import open_credentials
from connectors.errors import Unauthorized
from connectors.models import OPEN_STATES, Connection
from connectors.operations import needs_reauthorization
from connectors.registry import all_connectors
from ekyam.tenants.scope import tenant_scope
from flows.models import Cursor, Flow
from flows.operations.nudge import nudge

log = structlog.get_logger(__name__)
EVERY = timedelta(hours=1)


def due_for_webhooks(now: datetime) -> set[tuple[UUID, Any]]:
    """The connections (with their tenants) that a flow listens to, not looked at for an hour."""
    registering = [
        slug
        for slug, spec in all_connectors().items()
        if spec.webhooks is not None and spec.webhooks.register is not None
    ]
    listening = Flow.objects.filter(is_on=True).values("source_id")
    due = Connection.objects.filter(
        _due(now), connector__in=registering, state__in=OPEN_STATES, pk__in=listening
    )
    return set(due.values_list("tenant_id", "pk"))


def _due(now: datetime) -> Q:
    return Q(webhooks_checked_at=None) | Q(webhooks_checked_at__lt=now - EVERY)


def keep_webhooks_of(*, tenant_id: UUID, connection_id: UUID) -> list[str]:
    """Register what is missing; returns what was changed. What came in the gap is polled for."""
    now = timezone.now()
    with tenant_scope(tenant_id):
        mine = Connection.objects.filter(_due(now), pk=connection_id, state__in=OPEN_STATES)
        if not mine.update(webhooks_checked_at=now):
            return []
        row = Connection.objects.get(pk=connection_id)
    try:
        changed = register_webhooks(row)
    except Unauthorized as failure:
        with tenant_scope(tenant_id):
            _refused(connection_id, failure.message)
        return []
    except Exception as failure:
        log.warning("webhooks not looked at", connection=row.public_id, reason=str(failure))
        return []
    if changed:
        log.info("webhooks registered again", connection=row.public_id, changed=changed)
        with tenant_scope(tenant_id):
            _poll_now(row)
    return changed


def _refused(connection_id: UUID, reason: str) -> None:
    """When only the token had run out, there is another look at once, with a new one."""
    row = Connection.objects.get(pk=connection_id)
    token = open_credentials(row).get("access_token", "")
    if not needs_reauthorization(row, access_token=token, reason=reason):
        Connection.objects.filter(pk=connection_id).update(webhooks_checked_at=None)


def _poll_now(row: Connection) -> None:
    cursors = Cursor.objects.filter(connection=row)
    cursors.update(due_at=timezone.now())
    for cursor_id in cursors.values_list("pk", flat=True):
        nudge("poll", tenant_id=row.tenant_id, subject_id=cursor_id)
