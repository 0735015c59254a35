"""Who may enter: signed in, a member, in the right role; and inside the tenant's scope."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from uuid import UUID
from zoneinfo import ZoneInfo

from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import ObjectDoesNotExist, PermissionDenied
from django.http import Http404, HttpRequest, HttpResponseNotAllowed
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.utils import timezone
from django_htmx.http import HttpResponseClientRedirect

from ekyam.tenants.models import Membership, Role, Tenant, User
from ekyam.tenants.scope import tenant_scope, user_scope

SESSION_KEY = "tenant"

# What a role may do in the portal. Looking is for every member.
ACTING = frozenset({Role.OWNER, Role.ADMIN, Role.INTEGRATOR, Role.OPERATOR})
RIGHTS: dict[str, frozenset[Role]] = {"look": frozenset(Role), "act": ACTING}


@dataclass(frozen=True)
class Seat:
    """The person, in the company that they act in now."""

    tenant: Tenant
    user_id: UUID
    person: str
    role: str
    has_choice: bool

    @property
    def tenant_name(self) -> str:
        return self.tenant.name

    @property
    def may_act(self) -> bool:
        return self.may("act")

    def may(self, right: str) -> bool:
        return self.role in RIGHTS[right]


class SeatedRequest(HttpRequest):
    """What views are given: a request of somebody who has a seat."""

    seat: Seat


View = Callable[..., HttpResponseBase]


def page(view: View) -> View:
    """For members, by GET, inside the scope of their tenant."""
    return _door(view, method="GET", right="look", is_scoped=True)


def act(view: View) -> View:
    """For those who may act, by POST, inside the scope of their tenant: one transaction."""
    return _door(view, method="POST", right="act", is_scoped=True)


def act_outside(view: View) -> View:
    """Like `act`, for what sends requests: the view opens scopes itself, around its rows only."""
    return _door(view, method="POST", right="act", is_scoped=False)


def form_page(view: View) -> View:
    """For those who may act: a form by GET, its answer by POST."""
    return _door(view, method="GET POST", right="act", is_scoped=True)


def act_on_return(view: View) -> View:
    """For a person whom a vendor sends back, by GET; the view opens scopes itself."""
    return _door(view, method="GET", right="act", is_scoped=False)


def _door(view: View, *, method: str, right: str, is_scoped: bool) -> View:
    @wraps(view)
    def guarded(request: SeatedRequest, **arguments: str) -> HttpResponseBase:
        if not request.user.is_authenticated:
            return _to_sign_in(request)
        if request.method not in method.replace("GET", "GET HEAD").split():
            return HttpResponseNotAllowed(method.split())
        seat = find_seat(request)
        if seat is None:
            return redirect("tenants")
        request.seat = seat
        if not seat.may(right):
            raise PermissionDenied
        return _enter(view, request, arguments, is_scoped=is_scoped)

    return guarded


def _enter(
    view: View, request: SeatedRequest, arguments: dict[str, str], *, is_scoped: bool
) -> HttpResponseBase:
    """Views answer with rendered pages: no query runs after the scope has ended."""
    try:
        with timezone.override(ZoneInfo(request.seat.tenant.time_zone)):
            if not is_scoped:
                return view(request, **arguments)
            with tenant_scope(request.seat.tenant):
                return view(request, **arguments)
    except ObjectDoesNotExist as error:
        raise Http404(str(error)) from error


def _to_sign_in(request: HttpRequest) -> HttpResponseBase:
    if request.htmx:  # type: ignore[attr-defined]
        return HttpResponseClientRedirect("/accounts/login/")
    return redirect_to_login(request.get_full_path())


def find_seat(request: HttpRequest) -> Seat | None:
    """The chosen tenant is kept in the session; who has only one need not choose."""
    assert isinstance(request.user, User)
    memberships = list_memberships(request.user)
    chosen = request.session.get(SESSION_KEY)
    if len(memberships) > 1:
        mine = [one for one in memberships if str(one.tenant_id) == chosen]
    else:
        mine = memberships
    if not mine:
        return None
    return Seat(
        tenant=mine[0].tenant,
        user_id=request.user.pk,
        person=request.user.name or request.user.email,
        role=mine[0].role,
        has_choice=len(memberships) > 1,
    )


def list_memberships(user: User) -> list[Membership]:
    with user_scope(user):
        rows = Membership.objects.filter(user=user).select_related("tenant")
        return list(rows.order_by("tenant__name"))
