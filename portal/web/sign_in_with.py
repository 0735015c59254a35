"""Signing in to an application of the company's with Ekyam: the page on which a person agrees.

Before allauth's view there is ours. It lets nobody by who is not of the company that registered the
application, and gives away no code that Valkey has in it.
"""

from typing import Any
from urllib.parse import parse_qsl, urlsplit, urlunsplit

from allauth.idp.oidc.views import AuthorizationView
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict
from django.shortcuts import render
from django.utils.http import urlencode
from django.utils.translation import gettext, gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt

from ekyam.addresses import address_of
from ekyam.audit.actors import Actor, Kind, acting
from ekyam.audit.record import record
from ekyam.keys import limits
from ekyam.keys.models import Application
from ekyam.keys.redirects import origin_of
from ekyam.keys.sign_in import SCOPES, find_application, find_membership
from ekyam.keys.sign_in_codes import seal_code
from ekyam.keys.sign_in_requests import Asked, NotToBeSentBack, SendBack, read_request
from ekyam.people import standing
from ekyam.people.policies import is_second_factor_required
from ekyam.tenants.models import User
from ekyam.tenants.scope import tenant_scope
from portal.web.access import to_prove

GONE = gettext_lazy("The application that sent you is not known here, or was removed.")
NO_MEMBER = gettext_lazy(
    "{name} is for the people of the company that registered it, and {email} is not among them. "
    "Sign in as somebody who is, or ask an admin of that company to invite you."
)
VOUCHED_ELSEWHERE = gettext_lazy(
    "You signed in by a provider that vouches for another company than that of {name}. Sign out, "
    "sign in as {name}'s company wants it, and start again."
)


class SignInWith(AuthorizationView):  # type: ignore[misc]
    template_name = "portal/sign_in_with.html"

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        return _go_on(request, self._answer(request, *args, **kwargs))

    def _answer(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        try:
            asked = read_request(request.GET)
            _answer_silently(request, asked)
        except NotToBeSentBack as error:
            return _say_no(request, str(error), 400)
        except SendBack as back:
            return HttpResponseRedirect(back.asked.back_with_error(back.error))
        if request.user.is_authenticated and (why := self._why_not(asked.application)):
            return _keep_out(request, asked.application, why)
        if self._must_prove(asked.application):
            if "none" in asked.prompts:
                return HttpResponseRedirect(asked.back_with_error("login_required"))
            return to_prove(request)
        _pass_on(request, asked)
        answer: HttpResponse = super().get(request, *args, **kwargs)
        return answer

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """The person's answer; what was asked comes back signed by us."""
        if not request.POST.get("request"):
            return _say_no(request, gettext("Start again from the application that sent you."), 400)
        answer: HttpResponse = super().post(request, *args, **kwargs)
        return answer

    def form_valid(self, form: Any) -> HttpResponse:
        application = find_application(self._request_info["client_id"])
        if application is None:
            return _say_no(self.request, str(GONE), 400)
        if why := self._why_not(application):
            return _keep_out(self.request, application, why)
        if self._must_prove(application):
            return to_prove(self.request)
        answer: HttpResponse = super().form_valid(form)
        if _seal(answer, application):
            _tell(self.request, application)
        return answer

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context: dict[str, Any] = super().get_context_data(**kwargs)
        shown = [(scope, SCOPES[scope]) for scope in SCOPES if scope in self._scopes]
        return context | {"scopes": shown, "goes_to": origin_of(self._request_info["redirect_uri"])}

    def render_to_response(self, context: dict[str, Any], **kwargs: Any) -> HttpResponse:
        """A form's answer leads to the application, which the policy of pages would refuse."""
        answer: HttpResponse = super().render_to_response(context, **kwargs)
        answer._csp_update = {"form-action": [context["goes_to"]]}  # type: ignore[attr-defined]
        return answer

    def _must_prove(self, application: Application) -> bool:
        """Its company asks for a second factor, also of who goes on to its applications."""
        tenant_id, user = application.tenant_id, self.request.user
        return user.is_authenticated and standing.must_prove(
            self.request,
            tenant_id=tenant_id,
            is_required=is_second_factor_required(tenant_id),
            is_verified=user.is_verified(),
        )

    def _why_not(self, application: Application) -> str:
        """Words for whoever is not of its company, or is vouched for by another one's provider."""
        if find_membership(application.public_id, self.request.user) is None:
            email = getattr(self.request.user, "email", "")
            return NO_MEMBER.format(name=application.name, email=email)
        if standing.voucher(self.request) not in ("", str(application.tenant_id)):
            return VOUCHED_ELSEWHERE.format(name=application.name)
        return ""


sign_in_with = never_cache(csrf_exempt(SignInWith.as_view()))


def _go_on(request: HttpRequest, answer: HttpResponse) -> HttpResponse:
    """By a page, for whoever comes from a form of ours: the policy of pages, which holds for all
    redirects of a form's answer, lets none of them lead to another site.
    """
    address = answer.get("Location", "/")
    if address.startswith("/") or request.headers.get("Sec-Fetch-Site") != "same-origin":
        return answer
    return render(request, "portal/sign_in_goes_on.html", {"address": address})


def _answer_silently(request: HttpRequest, asked: Asked) -> None:
    """prompt=none: without any page, or not at all."""
    if "none" not in asked.prompts:
        return
    if not request.user.is_authenticated:
        raise SendBack("login_required", asked)
    if asked.application.asks:
        raise SendBack("consent_required", asked)


def _pass_on(request: HttpRequest, asked: Asked) -> None:
    request.META["QUERY_STRING"] = asked.query
    request.GET = QueryDict(asked.query)


def _seal(answer: HttpResponse, application: Application) -> bool:
    """Whether a code was given; the one in the address is then for this application alone."""
    if "Location" not in answer:
        return False
    parts = urlsplit(answer["Location"])
    said = parse_qsl(parts.query, keep_blank_values=True)
    sealed = [(name, seal_code(application, v) if name == "code" else v) for name, v in said]
    answer["Location"] = urlunsplit(parts._replace(query=urlencode(sealed)))
    return sealed != said


def _tell(request: HttpRequest, application: Application) -> None:
    user = request.user
    assert isinstance(user, User)
    actor = Actor(Kind.PERSON, user.public_id, user.email, address_of(request))
    with tenant_scope(application.tenant_id), acting(actor):
        record("application.signed_in", subject=application.public_id, label=application.name)


def _keep_out(request: HttpRequest, application: Application, why: str) -> HttpResponse:
    """The company is told that somebody came, and not who: that is another company's matter."""
    address = address_of(request)
    if limits.is_first(f"kept_out:{application.public_id}", address=address):
        actor = Actor(Kind.PERSON, "", "Somebody of another company", address)
        with tenant_scope(application.tenant_id), acting(actor):
            subject = application.public_id
            record("application.sign_in_refused", subject=subject, label=application.name)
    return _say_no(request, why, 403)


def _say_no(request: HttpRequest, why: str, status: int) -> HttpResponse:
    return render(request, "portal/sign_in_refused.html", {"why": why}, status=status)
