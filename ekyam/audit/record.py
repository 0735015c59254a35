"""Writes the audit log, in the transaction of what it tells of: both happen, or neither."""

from collections.abc import Mapping
from functools import partial
from typing import Any

import structlog
from django.db import connection as db
from django.db import transaction
from django.utils import timezone

from ekyam.audit.actors import current_actor
from ekyam.audit.chain import FIRST, digest_of
from ekyam.audit.models import AuditEntry
from ekyam.audit.plain import plain, plain_text
from ekyam.logs import redact, redact_text
from ekyam.tenants.scope import current_tenant_id

log = structlog.get_logger(__name__)

# One at a time in a tenant, until the transaction ends: record last, and once. Who locks a row
# after this may wait for somebody who waits for this.
_LOCK = "SELECT pg_advisory_xact_lock(hashtextextended('ekyam.audit:' || %s, 0))"


def record(
    action: str,
    *,
    subject: str = "",
    label: str = "",
    before: Mapping[str, Any] | None = None,
    after: Mapping[str, Any] | None = None,
) -> AuditEntry:
    """Needs a tenant scope. `action` reads `flow.switched_on`; what looks secret is blanked.

    What a company's customers are called or where they live has no place in it: it is never
    taken back, and theirs must be when they ask.
    """
    tenant_id = current_tenant_id()
    if tenant_id is None:
        raise RuntimeError("The audit log is a tenant's: enter its scope first.")
    with db.cursor() as cursor:
        cursor.execute(_LOCK, [str(tenant_id)])
    last = AuditEntry.objects.order_by("-number").only("number", "digest").first()
    actor = current_actor()
    entry = AuditEntry(
        tenant_id=tenant_id,
        number=last.number + 1 if last else 1,
        at=timezone.now(),
        actor_kind=str(actor.kind),
        actor_id=plain_text(actor.id)[:120],
        actor=plain_text(actor.label)[:254],
        address=actor.address,
        action=action,
        subject=plain_text(subject)[:120],
        subject_label=redact_text(plain_text(label))[:254],
        before=_kept(before),
        after=_kept(after),
    )
    entry.digest = digest_of(entry, last.digest if last else FIRST)
    entry.save(force_insert=True)
    transaction.on_commit(partial(_tell, entry))
    return entry


def _kept(values: Mapping[str, Any] | None) -> Any:
    return None if values is None else plain(redact(values))


def _tell(entry: AuditEntry) -> None:
    """The logs are kept elsewhere: a chain that was made anew as a whole does not fit to them."""
    log.info(
        "audited",
        tenant=str(entry.tenant_id),
        number=entry.number,
        action=entry.action,
        actor=entry.actor_id,
        digest=entry.digest,
    )
