"""Who may enter: signed in, a member, in the right role; and inside the tenant's scope."""

from collections.abc import Callable
from functools import partial, wraps
from urllib.parse import urlsplit, urlunsplit
from zoneinfo import ZoneInfo

from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import ObjectDoesNotExist, PermissionDenied
from django.db.models import Exists, OuterRef
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode
from django_htmx.http import HttpResponseClientRedirect

from ekyam.addresses import address_of
from ekyam.audit.actors import Actor, Kind, acting
from ekyam.people.models import SignInPolicy
from ekyam.people.standing import must_prove, verified, voucher
from ekyam.people.ways import list_factors
from ekyam.sessions.queries import COMPANY_KEY
from ekyam.tenants.models import Membership, User
from ekyam.tenants.rights import Right, rights_of
from ekyam.tenants.scope import tenant_scope, user_scope
from ekyam.tenants.seats import Seat
from ekyam.visits.sessions import find_visitor

SESSION_KEY = COMPANY_KEY


class SeatedRequest(HttpRequest):
    """What views are given: a request of somebody who has a seat."""

    seat: Seat
    user: User


View = Callable[..., HttpResponseBase]


Door = Callable[[View], View]


def page(view: View) -> View:
    """For every member, by GET, inside the scope of their tenant."""
    return page_for(Right.LOOK)(view)


def page_for(right: Right) -> Door:
    """For those who have this right, by GET, inside the scope of their tenant."""
    return partial(_door, method="GET", right=right, is_scoped=True)


def act(right: Right) -> Door:
    """By POST, inside the scope of the tenant: one transaction."""
    return partial(_door, method="POST", right=right, is_scoped=True)


def act_outside(right: Right) -> Door:
    """Like `act`, for what sends requests: the view opens scopes itself, around its rows only."""
    return partial(_door, method="POST", right=right, is_scoped=False)


def page_outside(right: Right) -> Door:
    """Like `page_for`, for what asks elsewhere: the view opens scopes itself, around its rows."""
    return partial(_door, method="GET", right=right, is_scoped=False)


def form_page(right: Right) -> Door:
    """A form by GET, its answer by POST."""
    return partial(_door, method="GET POST", right=right, is_scoped=True)


def form_page_outside(right: Right) -> Door:
    """Like `form_page`, for an answer that sends requests: the view opens scopes itself."""
    return partial(_door, method="GET POST", right=right, is_scoped=False)


def act_on_return(right: Right) -> Door:
    """For a person whom a vendor sends back, by GET; the view opens scopes itself."""
    return partial(_door, method="GET", right=right, is_scoped=False)


def _door(view: View, *, method: str, right: Right, is_scoped: bool) -> View:
    @wraps(view)
    def guarded(request: SeatedRequest, **arguments: str) -> HttpResponseBase:
        if not request.user.is_authenticated:
            return _to_sign_in(request)
        if request.method not in method.replace("GET", "GET HEAD").split():
            return HttpResponseNotAllowed(method.split())
        seat = find_seat(request)
        if seat is None:
            return redirect("tenants")
        if seat.must_prove:
            return to_prove(request)
        request.seat = seat
        if not seat.may(right) or _is_visitor_sending(seat, request):
            raise PermissionDenied
        return _enter(view, request, arguments, is_scoped=is_scoped)

    return guarded


def _is_visitor_sending(seat: Seat, request: HttpRequest) -> bool:
    """A visitor sends nothing, not even what the right to look is enough for."""
    return seat.visit_until is not None and request.method == "POST"


def _enter(
    view: View, request: SeatedRequest, arguments: dict[str, str], *, is_scoped: bool
) -> HttpResponseBase:
    """Views answer with rendered pages: no query runs after the scope has ended."""
    try:
        with (
            timezone.override(ZoneInfo(request.seat.tenant.time_zone)),
            acting(request.seat.actor),
        ):
            if not is_scoped:
                return view(request, **arguments)
            with tenant_scope(request.seat.tenant):
                return view(request, **arguments)
    except ObjectDoesNotExist as error:
        raise Http404(str(error)) from error


def to_prove(request: HttpRequest) -> HttpResponse:
    """The company asks for a second factor: to be shown, or to be set up first."""
    address = reverse("security")
    assert isinstance(request.user, User)
    if list_factors(request.user):
        query = urlencode({"next": _comes_back_to(request)})
        address = f"{reverse('second_factor')}?{query}"
    return HttpResponseClientRedirect(address) if request.htmx else redirect(address)  # type: ignore[attr-defined]


def _to_sign_in(request: HttpRequest) -> HttpResponseBase:
    to_sign_in = redirect_to_login(_comes_back_to(request))
    return HttpResponseClientRedirect(to_sign_in.url) if request.htmx else to_sign_in  # type: ignore[attr-defined]


def _comes_back_to(request: HttpRequest) -> str:
    """A form that was sent is not sent again behind somebody's back: its page is shown, and
    static/js/unsent.js puts back what was typed."""
    if request.method == "GET" and not request.htmx:  # type: ignore[attr-defined]
        return request.get_full_path()
    page = urlsplit(request.headers.get("Referer", ""))
    is_ours = page.netloc == request.get_host()
    return urlunsplit(("", "", page.path, page.query, "")) if is_ours else "/"


def find_seat(request: HttpRequest) -> Seat | None:
    """The chosen tenant is kept in the session; who has only one need not choose."""
    assert isinstance(request.user, User)
    if visitor := find_visitor(request):
        return visitor
    memberships = list_open_memberships(request)
    chosen = request.session.get(SESSION_KEY)
    if len(memberships) > 1:
        mine = [one for one in memberships if str(one.tenant_id) == chosen]
    else:
        mine = memberships
    if not mine:
        return None
    user, membership = request.user, mine[0]
    return Seat(
        tenant=membership.tenant,
        actor=Actor(Kind.PERSON, user.public_id, user.email, address_of(request)),
        person=user.name or user.email,
        rights=rights_of(membership.role),
        role=membership.role,
        has_choice=len(memberships) > 1,
        must_prove=must_prove(
            request,
            tenant_id=membership.tenant_id,
            is_required=membership.requires_second_factor,  # type: ignore[attr-defined]
            is_verified=membership.is_verified,  # type: ignore[attr-defined]
        ),
    )


def list_open_memberships(request: HttpRequest) -> list[Membership]:
    """A company's provider vouches for that company alone, wherever else the person belongs."""
    vouched = voucher(request)
    memberships = _list_memberships(request)
    return [one for one in memberships if vouched in ("", str(one.tenant_id))]


def _list_memberships(request: HttpRequest) -> list[Membership]:
    """Each also says whether its company requires a second factor, and whether one was shown."""
    user = request.user
    assert isinstance(user, User)
    policies = SignInPolicy.objects.filter(tenant=OuterRef("tenant"), requires_second_factor=True)
    with user_scope(user):
        rows = Membership.objects.filter(user=user).select_related("tenant")
        rows = rows.annotate(requires_second_factor=Exists(policies), is_verified=verified(request))
        return list(rows.order_by("tenant__name"))
