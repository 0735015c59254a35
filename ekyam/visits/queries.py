"""Which visits there were, and the one that a session holds."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.utils import timezone

from ekyam import ids
from ekyam.tenants.models import User
from ekyam.tenants.scope import tenant_scope
from ekyam.visits.models import Visit, VisitRule

MOST_SHOWN = 100


@dataclass(frozen=True)
class VisitRow:
    id: str
    staff: str
    reason: str
    began_at: datetime
    ends_at: datetime
    ended_at: datetime | None


def list_visits() -> list[VisitRow]:
    """Of the current tenant, the newest first."""
    rows = Visit.objects.select_related("staff").order_by("-began_at")[:MOST_SHOWN]
    return [
        VisitRow(
            row.public_id, row.staff.email, row.reason, row.began_at, row.ends_at, row.ended_at
        )
        for row in rows
    ]


def are_visits_allowed() -> bool:
    return not VisitRule.objects.filter(is_allowed=False).exists()


def find_visit(tenant_id: str, visit_id: str, staff: User) -> Visit | None:
    """While it is under way, and the company lets it be. Enters the company's scope itself."""
    with tenant_scope(UUID(tenant_id)):
        found = Visit.objects.filter(pk=ids.parse(Visit.prefix, visit_id), staff=staff)
        visit = found.select_related("tenant", "staff").first()
        is_good = visit and visit.is_under_way(timezone.now()) and are_visits_allowed()
        return visit if is_good else None
