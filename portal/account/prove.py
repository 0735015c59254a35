"""The pages on which a person proves who they are: on the way in, and before great changes."""

from typing import Any

import django_otp
from allauth.account.internal.flows.login import perform_login
from allauth.account.models import Login
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode
from django.utils.translation import gettext, gettext_lazy
from django.views.decorators.http import require_POST

from ekyam.addresses import address_of, network_of
from ekyam.people import limits, passkeys, standing
from ekyam.people.demands import demands_of
from ekyam.people.models import Factor, MailedCode, PhoneFactor
from ekyam.people.prove import note_refusal, prove_by_code
from ekyam.people.remembered import remember
from ekyam.people.stages import send_by
from ekyam.people.ways import Way, list_ways
from ekyam.sessions.browsers import describe
from portal.account.asked import Asked, for_asked, safe_next

WRONG = gettext_lazy(
    "This is not right, or has expired, or was used before. Nothing else has changed."
)
TOO_MANY = gettext_lazy("That was wrong too often. Wait {minutes} min, and then try again.")
CHOICES = {
    Way.SMS: gettext_lazy("A code by text message"),
    Way.TOTP: gettext_lazy("A code of your authenticator app"),
    Way.PASSKEY: gettext_lazy("Your passkey"),
    Way.RECOVERY: gettext_lazy("One of your recovery codes"),
    Way.MAIL: gettext_lazy("A code by e-mail"),
}


@for_asked("GET", "POST")
def second_factor(asked: Asked) -> HttpResponseBase:
    """One page for every way; which one it is stands in the session, never in the address."""
    way = _way_of(asked)
    if asked.request.method == "POST":
        return _answer(asked, way)
    if way is Way.MAIL and asked.stage and asked.may_set_up:
        return redirect("set_up")  # the mailbox is proved: that is what is left
    trouble = asked.state.get("trouble", "")
    if trouble:
        asked.keep(trouble="")
    return _page(asked, way, error=trouble)


@for_asked("GET", "POST")
def choose_way(asked: Asked) -> HttpResponseBase:
    ways, then = list_ways(asked.user), safe_next(asked.request)
    if asked.request.method == "POST":
        way = asked.request.POST.get("way", "")
        if way in ways:
            trouble = send_by(Way(way), asked.user, address=asked.address)
            asked.keep(way=way, trouble=trouble)
        return _to_page(then)
    choices = [(way, CHOICES[way]) for way in ways]
    return render(asked.request, "people/choose_way.html", {"choices": choices, "next": then})


@for_asked("POST")
def send_code(asked: Asked) -> HttpResponseBase:
    """Another code, or the first one for whoever is signed in already."""
    way = _way_of(asked)
    trouble = send_by(way, asked.user, address=asked.address, is_again=True)
    asked.keep(trouble=trouble)
    if not trouble:
        messages.success(
            asked.request, gettext("A new code is on its way. The one before is void.")
        )
    return _to_page(safe_next(asked.request))


@for_asked("POST")
def passkey_options(asked: Asked) -> HttpResponseBase:
    return _options(asked.request, asked)


@require_POST
def passkey_sign_in_options(request: HttpRequest) -> HttpResponseBase:
    return _options(request, None)


def _options(request: HttpRequest, asked: Asked | None) -> HttpResponseBase:
    try:
        return JsonResponse(passkeys.begin_proof(request.session, asked.user if asked else None))
    except passkeys.Refused:
        return JsonResponse({}, status=404)


@require_POST
def passkey_sign_in(request: HttpRequest) -> HttpResponseBase:
    """A passkey that checked finger, face or PIN is password and second factor in one."""
    network, now = network_of(address_of(request)), timezone.now()
    try:
        limits.WRONG_CODES_FROM_ADDRESS[0].count(network, now)
        passkey = passkeys.prove(request.session, None, request.POST.get("credential", ""))
    except limits.TooMany as error:
        messages.error(request, TOO_MANY.format(minutes=error.minutes))
        return redirect("account_login")
    except passkeys.Refused:
        messages.error(
            request, gettext("This passkey is not known here. Sign in by your password.")
        )
        return redirect("account_login")
    limits.WRONG_CODES_FROM_ADDRESS[0].give_back(network, now)
    user = passkey.user
    user.otp_device = passkey
    login = Login(user=user, email=user.email, redirect_url=safe_next(request) or None)
    response: HttpResponseBase = perform_login(request, login)
    if request.user.is_authenticated:
        standing.mark_fresh(request)
    return response


def _way_of(asked: Asked) -> Way:
    ways = list_ways(asked.user)
    kept = asked.state.get("way", "")
    return Way(kept) if kept in ways else ways[0]


def _to_page(then: str) -> HttpResponse:
    query = f"?{urlencode({'next': then})}" if then else ""
    return redirect(f"{reverse('second_factor')}{query}")


def _answer(asked: Asked, way: Way) -> HttpResponseBase:
    posted = asked.request.POST
    try:
        if way is Way.PASSKEY:
            proof = _prove_by_passkey(asked, posted.get("credential", ""))
        else:
            proof = prove_by_code(asked.user, way, posted.get("code", ""), address=asked.address)
    except limits.TooMany as error:
        return _page(asked, way, error=TOO_MANY.format(minutes=error.minutes))
    if not proof:
        return _page(asked, way, error=str(WRONG))
    return _finish(asked, proof if isinstance(proof, Factor) else None)


def _prove_by_passkey(asked: Asked, credential: str) -> Factor | bool:
    now, person = timezone.now(), str(asked.user.pk)
    limits.count_try(person, asked.address, now)
    try:
        found: Factor = passkeys.prove(asked.request.session, asked.user, credential)
    except passkeys.Refused:
        note_refusal(asked.user, Way.PASSKEY, asked.address)
        return False
    limits.forgive_try(person, asked.address, now)
    return found


def _finish(asked: Asked, factor: Factor | None) -> HttpResponseBase:
    """No factor: the mailbox was proved, and a first factor may be set up now."""
    request = asked.request
    if asked.stage is None:
        if factor:
            django_otp.login(request, factor)
        standing.mark_fresh(request)
        then = safe_next(request)
        # The mailbox opens what is the person's own, and no company that asks for more: that, the
        # door of applications asks by itself.
        is_open = factor or then.startswith(("/account/", "/oauth/authorize?"))
        return redirect(then if then and is_open else "security")
    if factor is None:
        asked.keep(mailed=True)
        return redirect("set_up")
    days = demands_of(asked.user).remembered_days
    response = enter(asked, factor)
    if days and request.POST.get("remember") and request.user.is_authenticated:
        browser = describe(request.headers.get("User-Agent", ""))
        remember(request, response, asked.user, days=days, browser=browser)
    return response


def enter(asked: Asked, factor: Factor) -> HttpResponseBase:
    """The stage is passed: signed in, by this factor."""
    assert asked.stage is not None
    asked.stage.login.user.otp_device = factor
    response: HttpResponseBase = asked.stage.exit()
    standing.mark_fresh(asked.request)
    return response


def _page(asked: Asked, way: Way, *, error: str = "") -> HttpResponse:
    context: dict[str, Any] = {
        "way": way,
        "error": error,
        "has_choice": len(list_ways(asked.user)) > 1,
        "remembered_days": _may_remember(asked, way),
        "next": safe_next(asked.request),
        "is_signed_in": asked.stage is None,
        "email": asked.user.email,
    }
    if way is Way.SMS:
        phone = PhoneFactor.objects.get(user=asked.user, confirmed=True)
        context |= {"ending": phone.ending, "is_sent": phone.is_live(timezone.now())}
    if way is Way.MAIL:
        mailed = MailedCode.objects.filter(user=asked.user).first()
        context["is_sent"] = mailed is not None and mailed.is_live(timezone.now())
    return render(asked.request, "people/second_factor.html", context)


def _may_remember(asked: Asked, way: Way) -> int:
    """Days; a mailbox opens nothing that could be remembered."""
    is_asked_again = asked.stage is None or way is Way.MAIL
    return 0 if is_asked_again else demands_of(asked.user).remembered_days
