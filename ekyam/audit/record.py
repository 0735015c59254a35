"""Writes the audit log, in the transaction of what it tells of: both happen, or neither."""

import hashlib
from collections.abc import Mapping
from typing import Any

import msgspec
from django.db import connection as db
from django.utils import timezone

from ekyam.audit.actors import current_actor
from ekyam.audit.models import AuditEntry
from ekyam.logs import redact
from ekyam.tenants.scope import current_tenant_id

FIRST = "0" * 64  # what the first entry of a chain follows

# One at a time in a tenant, until the transaction ends: record last, so that nobody waits long.
_LOCK = "SELECT pg_advisory_xact_lock(hashtextextended('ekyam.audit:' || %s, 0))"


def record(
    action: str,
    *,
    subject: str = "",
    label: str = "",
    before: Mapping[str, Any] | None = None,
    after: Mapping[str, Any] | None = None,
) -> AuditEntry:
    """Needs a tenant scope. `action` reads `flow.switched_on`; what looks secret is blanked."""
    tenant_id = current_tenant_id()
    if tenant_id is None:
        raise RuntimeError("The audit log is a tenant's: enter its scope first.")
    with db.cursor() as cursor:
        cursor.execute(_LOCK, [str(tenant_id)])
    last = AuditEntry.objects.order_by("-number").first()
    actor = current_actor()
    entry = AuditEntry(
        tenant_id=tenant_id,
        number=last.number + 1 if last else 1,
        at=timezone.now(),
        actor_kind=actor.kind,
        actor_id=actor.id,
        actor=actor.label[:254],
        address=actor.address,
        action=action,
        subject=subject,
        subject_label=label[:254],
        before=_plain(before),
        after=_plain(after),
    )
    entry.digest = digest_of(entry, last.digest if last else FIRST)
    entry.save(force_insert=True)
    return entry


def _plain(values: Mapping[str, Any] | None) -> Any:
    """As JSON will give it back, without secrets."""
    return None if values is None else msgspec.json.decode(msgspec.json.encode(redact(values)))


def digest_of(entry: AuditEntry, previous: str) -> str:
    """SHA-256, in hexadecimal, over the digest before it and the JSON of the entry's columns."""
    told = [
        str(entry.tenant_id),
        entry.number,
        entry.at.isoformat(),
        str(entry.actor_kind),
        entry.actor_id,
        entry.actor,
        entry.address,
        entry.action,
        entry.subject,
        entry.subject_label,
        entry.before,
        entry.after,
    ]
    text = msgspec.json.encode([previous, told], order="deterministic")
    return hashlib.sha256(text).hexdigest()
