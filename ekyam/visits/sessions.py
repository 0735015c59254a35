"""The visit that a session holds. The row decides, not the session."""

from django.http import HttpRequest

from ekyam.staff_door import find_hindrance, note_seen, staff_actor
from ekyam.tenants.models import User
from ekyam.tenants.rights import Right
from ekyam.tenants.seats import Seat
from ekyam.visits.models import Visit
from ekyam.visits.queries import find_visit

_KEY = "visit"  # (id of the tenant, public id of the visit)


def hold_visit(request: HttpRequest, visit: Visit) -> None:
    request.session[_KEY] = [str(visit.tenant_id), visit.public_id]


def held_visit(request: HttpRequest) -> Visit | None:
    """One that the company has ended is over at once, like one whose staff is out."""
    held, user = request.session.get(_KEY), request.user
    if not held:
        return None
    visit = None
    if isinstance(user, User) and find_hindrance(request) is None:
        tenant_id, visit_id = held
        visit = find_visit(tenant_id, visit_id, user)
    if visit is None:
        let_go(request)
    return visit


def let_go(request: HttpRequest) -> None:
    request.session.pop(_KEY, None)


def find_visitor(request: HttpRequest) -> Seat | None:
    """The seat of one of Ekyam's staff who visits a company: it may look, and nothing else."""
    visit = held_visit(request)
    if visit is None:
        return None
    note_seen(request)
    return Seat(
        tenant=visit.tenant,
        actor=staff_actor(request),
        person="Ekyam's staff",
        rights=frozenset({Right.LOOK}),
        role="visitor",
        visit_until=visit.ends_at,
    )
