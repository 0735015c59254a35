"""What programs may read of the audit log: its entries as they were written, the newest first."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from ekyam.audit.models import AuditEntry


@dataclass(frozen=True)
class Entry:
    id: str
    number: int
    at: datetime
    actor_kind: str
    actor_id: str
    actor: str
    address: str
    action: str
    subject: str
    subject_label: str
    before: dict[str, Any] | None
    after: dict[str, Any] | None
    digest: str


def list_entries(
    *,
    actor: str | None = None,
    action: str | None = None,
    subject: str | None = None,
    since: datetime | None = None,
    until: datetime | None = None,
    after: str = "",
    size: int = 50,
) -> tuple[list[Entry], str]:
    """And the number to go on after, empty on the last page. None says nothing."""
    asked = {
        "actor_id": actor,
        "action": action,
        "subject": subject,
        "at__gte": since,
        "at__lt": until,
        "number__lt": int(after) if after else None,
    }
    found = AuditEntry.objects.filter(
        **{name: value for name, value in asked.items() if value is not None}
    )
    rows = list(found.order_by("-number")[: size + 1])
    return [_entry(one) for one in rows[:size]], str(rows[size - 1].number) if rows[size:] else ""


def get_entry(public_id: str) -> Entry:
    """Raises AuditEntry.DoesNotExist."""
    return _entry(AuditEntry.get_public(public_id))


def _entry(one: AuditEntry) -> Entry:
    names = [name for name in Entry.__dataclass_fields__ if name != "id"]
    return Entry(id=one.public_id, **{name: getattr(one, name) for name in names})
