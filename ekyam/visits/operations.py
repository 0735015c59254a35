"""Visits begin and end, and both stand in the company's audit log."""

from datetime import timedelta
from uuid import UUID

from django.utils import timezone
from django.utils.translation import gettext

from ekyam.audit.record import record
from ekyam.tenants.models import User
from ekyam.tenants.scope import across_tenants, tenant_scope
from ekyam.visits.models import Visit, VisitRule

LONGEST = timedelta(minutes=30)


class VisitRefused(Exception):
    """The company has switched visits off, or no reason was given."""


def begin_visit(*, tenant_id: UUID, staff: User, reason: str) -> Visit:
    """Needs the company's scope; another visit of the same person ends. Raises VisitRefused."""
    if not reason.strip():
        raise VisitRefused(gettext("Give a reason: the company reads it in its audit log."))
    if VisitRule.objects.filter(is_allowed=False).exists():
        raise VisitRefused(gettext("This company lets nobody of Ekyam's staff see what it sees."))
    for earlier in Visit.objects.filter(staff=staff, ended_at=None):
        end_visit(earlier, how="by another one")
    now = timezone.now()
    visit = Visit.objects.create(
        tenant_id=tenant_id,
        staff=staff,
        reason=reason.strip()[:500],
        began_at=now,
        ends_at=now + LONGEST,
    )
    record(
        "visit.began",
        subject=visit.public_id,
        label=staff.email,
        after={"reason": visit.reason, "ends_at": visit.ends_at.isoformat(timespec="seconds")},
    )
    return visit


def end_visit(visit: Visit, *, how: str) -> bool:
    """False when it had ended. `how` reads on: «by itself», «by the company»."""
    open_ = Visit.objects.filter(pk=visit.pk, ended_at=None)
    if not open_.update(ended_at=timezone.now()):
        return False
    record("visit.ended", subject=visit.public_id, label=visit.staff.email, after={"how": how})
    return True


def end_overdue_visits() -> int:
    """Those whose time is over; returns how many. For beat: a visitor may simply go away."""
    with across_tenants("visits of all companies end by themselves"):
        overdue = list(
            Visit.objects.filter(ended_at=None, ends_at__lte=timezone.now()).select_related("staff")
        )
    for visit in overdue:
        with tenant_scope(visit.tenant_id):
            end_visit(visit, how="by itself")
    return len(overdue)


def allow_visits(*, tenant_id: UUID, is_allowed: bool) -> bool:
    """The company's word; refused, whoever is there has to go. Returns whether it is another."""
    rule, _ = VisitRule.objects.get_or_create(tenant_id=tenant_id)
    if rule.is_allowed == is_allowed:
        return False
    VisitRule.objects.filter(pk=rule.pk).update(is_allowed=is_allowed)
    ended = []
    if not is_allowed:
        under_way = Visit.objects.filter(ended_at=None)
        ended = [visit.public_id for visit in under_way]
        under_way.update(ended_at=timezone.now())
    record(
        "visits.allowed" if is_allowed else "visits.refused",
        before={"is_allowed": not is_allowed},
        after={"is_allowed": is_allowed, **({"ended": ended} if ended else {})},
    )
    return True
