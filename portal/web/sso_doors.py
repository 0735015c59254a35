"""The doors of single sign-on that anybody may knock at: to the provider, and back from it."""

from collections.abc import Callable
from functools import wraps
from http import HTTPStatus
from typing import Any

import structlog
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme, urlencode
from django.utils.translation import gettext
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_GET, require_POST

from ekyam.sso import attempts, handover, limits, saml
from ekyam.sso.attempts import Attempt
from ekyam.sso.failures import NotAdmitted, NotProven, Unfit
from ekyam.sso.models import IdentityProvider, Kind
from ekyam.sso.routing import find_provider, find_provider_for
from ekyam.sso.sign_in import begin, return_by_oidc, return_by_saml, tell_refused

log = structlog.get_logger(__name__)

LONGEST_EMAIL = 254
Door = Callable[..., HttpResponse]


def limited(view: Door) -> Door:
    """So many knocks a minute from one address, and fewer in vain."""

    @never_cache
    @wraps(view)
    def guarded(request: HttpRequest, **arguments: str) -> HttpResponse:
        if not limits.may_knock(request):
            return _refuse(request, "too_many", status=HTTPStatus.TOO_MANY_REQUESTS)
        return view(request, **arguments)

    return guarded


@require_GET
@limited
def company_sign_in(request: HttpRequest) -> HttpResponse:
    """For whoever comes without scripts, or by a link of their company's."""
    email = request.GET.get("email", "")[:LONGEST_EMAIL]
    context = {**_offer(request, email), "email": email, "next": _next(request)}
    return render(request, "sso/company.html", context)


@require_GET
@limited
def offer(request: HttpRequest) -> HttpResponse:
    """The part of the sign-in page that follows the address as it is written."""
    return render(request, "sso/offered.html", _offer(request, request.GET.get("email", "")))


@require_GET
@limited
def start(request: HttpRequest, id: str) -> HttpResponse:
    provider = _find(id)
    if not provider.is_on:
        raise Http404(gettext("It is not on."))
    try:
        address = begin(provider, request.session, purpose=attempts.SIGN_IN, next=_next(request))
    except Unfit as error:
        log.warning("sso.unreachable", provider=id, reason=str(error))
        return _refuse(request, "unreachable", provider=provider, status=HTTPStatus.BAD_GATEWAY)
    return redirect(address)


@require_GET
@limited
def returned(request: HttpRequest, id: str) -> HttpResponse:
    """Back from OpenID Connect."""
    provider = _find(id, Kind.OIDC)
    return _conclude(
        request, provider, lambda: return_by_oidc(request, provider, request.GET.dict())
    )


@csrf_exempt  # what comes is proven by its signature, and by the session on the page after this
@require_POST
@limited
def acs(request: HttpRequest, id: str) -> HttpResponse:
    """The assertion consumer service of SAML: the provider's form, which brings no cookie."""
    provider = _find(id, Kind.SAML)
    try:
        where = handover.put(provider, request.POST.get("SAMLResponse", ""))
    except NotProven as error:
        return _turn_away(request, provider, error)
    return redirect(f"{reverse('sso_finish', kwargs={'id': id})}?{urlencode({'at': where})}")


@require_GET
@limited
def finish(request: HttpRequest, id: str) -> HttpResponse:
    """Back from SAML, now with the cookie."""
    provider = _find(id, Kind.SAML)

    def arrive() -> Attempt:
        encoded = handover.take(provider, request.GET.get("at", ""))
        return return_by_saml(request, provider, encoded)

    return _conclude(request, provider, arrive)


@require_GET
@limited
def metadata(request: HttpRequest, id: str) -> HttpResponse:
    """What we are to a SAML provider. It holds no secret."""
    found = saml.metadata_of(_find(id, Kind.SAML))
    return HttpResponse(found, content_type="application/samlmetadata+xml")


def _find(id: str, kind: str = "") -> IdentityProvider:
    try:
        provider = find_provider(id)
    except IdentityProvider.DoesNotExist as error:
        raise Http404(str(error)) from error
    if kind and provider.kind != kind:
        raise Http404(gettext("It is of the other kind."))
    return provider


def _conclude(
    request: HttpRequest, provider: IdentityProvider, arrive: Callable[[], Attempt]
) -> HttpResponse:
    try:
        attempt = arrive()
    except (NotProven, NotAdmitted) as error:
        return _turn_away(request, provider, error)
    if attempt.purpose == attempts.TRY:
        return redirect("identity_provider", id=provider.public_id)
    return redirect(attempt.next)


def _turn_away(
    request: HttpRequest, provider: IdentityProvider, error: NotProven | NotAdmitted
) -> HttpResponse:
    """One answer for whatever proves nobody; the reason only for whom the provider has proven."""
    limits.count_failure(request)
    tell_refused(request, provider, error)
    reason = str(error) if isinstance(error, NotAdmitted) else ""
    kind = "not_admitted" if reason else "not_proven"
    return _refuse(request, kind, provider=provider, reason=reason)


def _refuse(
    request: HttpRequest,
    kind: str,
    *,
    provider: IdentityProvider | None = None,
    reason: str = "",
    status: HTTPStatus = HTTPStatus.FORBIDDEN,
) -> HttpResponse:
    context = {"kind": kind, "label": provider.label if provider else "", "reason": reason}
    return render(request, "sso/refused.html", context, status=status)


def _offer(request: HttpRequest, email: str) -> dict[str, Any]:
    provider = find_provider_for(email)
    if provider is None:
        return {"offer": None}
    address = reverse("sso_start", kwargs={"id": provider.public_id})
    if (after := _next(request)) != "/":
        address = f"{address}?{urlencode({'next': after})}"
    offered = {"label": provider.label, "address": address, "is_required": provider.is_required}
    return {"offer": offered}


def _next(request: HttpRequest) -> str:
    """A page of our own, or the first one."""
    said = request.GET.get("next", "")
    is_ours = url_has_allowed_host_and_scheme(said, allowed_hosts=None)
    return said if is_ours and said.startswith("/") else "/"
