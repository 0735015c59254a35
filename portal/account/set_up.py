"""The pages on which a second factor is set up; on the way in, or from "Your security"."""

from typing import Any

import django_otp
from django import forms
from django.contrib import messages
from django.http import Http404, HttpResponse, JsonResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext, gettext_lazy

from ekyam.people import limits, passkeys, qr, sms
from ekyam.people.models import Factor, PhoneFactor, TotpFactor
from ekyam.people.models.sent import TooSoon
from ekyam.people.numbers import NotMobile, read_number
from ekyam.people.operations import TooManyFactors, add_factor, begin_phone, begin_totp
from ekyam.people.prove import confirm_by_code
from ekyam.people.send import NotSent, text_code
from ekyam.people.stages import in_words
from ekyam.sessions.browsers import describe
from portal.account.asked import Asked, for_fresh
from portal.account.prove import TOO_MANY, WRONG, enter

ENOUGH = gettext_lazy("You have ten already. Remove one of them before.")


class PhoneForm(forms.Form):
    number = forms.CharField(
        label=gettext_lazy("Number of your mobile phone"),
        max_length=40,
        help_text=gettext_lazy("With the country: +91 98765 43210."),
        widget=forms.TextInput(attrs={"autocomplete": "tel", "inputmode": "tel"}),
    )

    def clean_number(self) -> str:
        try:
            return read_number(self.cleaned_data["number"])
        except NotMobile as error:
            raise forms.ValidationError(str(error)) from error


@for_fresh("GET")
def set_up(asked: Asked) -> HttpResponseBase:
    """On the way in: which one shall it be?"""
    if asked.stage is None:
        return redirect("security")
    return render(asked.request, "people/set_up.html", _offers())


def _offers() -> dict[str, Any]:
    return {"has_sms": sms.is_offered(), "has_passkeys": passkeys.site() is not None}


@for_fresh("POST")
def set_up_totp(asked: Asked) -> HttpResponseBase:
    return redirect("confirm_totp", id=begin_totp(asked.user).public_id)


@for_fresh("GET", "POST")
def confirm_totp(asked: Asked, id: str) -> HttpResponseBase:
    factor: TotpFactor = _waiting(TotpFactor, asked, id)
    if asked.request.method == "POST":
        return _confirm(asked, factor, "people/confirm_totp.html", _totp_context(factor))
    return render(asked.request, "people/confirm_totp.html", _totp_context(factor))


def _totp_context(factor: TotpFactor) -> dict[str, Any]:
    spelled = factor.spelled()
    groups = " ".join(spelled[at : at + 4] for at in range(0, len(spelled), 4))
    return {"drawing": qr.draw(factor.address()), "spelled": groups, "id": factor.public_id}


@for_fresh("GET", "POST")
def set_up_phone(asked: Asked) -> HttpResponseBase:
    if not sms.is_offered():
        raise Http404(gettext("There is no gateway for text messages."))
    form = PhoneForm(asked.request.POST or None)
    if form.is_valid():
        phone = begin_phone(asked.user, form.cleaned_data["number"])
        _text(asked, phone)
        return redirect("confirm_phone", id=phone.public_id)
    return render(asked.request, "people/set_up_phone.html", {"form": form})


@for_fresh("GET", "POST")
def confirm_phone(asked: Asked, id: str) -> HttpResponseBase:
    phone: PhoneFactor = _waiting(PhoneFactor, asked, id)
    context = {"number": phone.number, "id": id}
    if asked.request.method == "POST":
        return _confirm(asked, phone, "people/confirm_phone.html", context)
    return render(asked.request, "people/confirm_phone.html", context)


@for_fresh("POST")
def send_to_phone(asked: Asked, id: str) -> HttpResponseBase:
    phone: PhoneFactor = _waiting(PhoneFactor, asked, id)
    if _text(asked, phone):
        messages.success(
            asked.request, gettext("A new code is on its way. The one before is void.")
        )
    return redirect("confirm_phone", id=id)


def _text(asked: Asked, phone: PhoneFactor) -> bool:
    try:
        text_code(phone, address=asked.address)
    except TooSoon as error:
        messages.error(asked.request, in_words(error))
    except limits.TooMany as error:
        messages.error(
            asked.request,
            gettext("Too many codes were sent. Wait {minutes} min.").format(minutes=error.minutes),
        )
    except NotSent:
        messages.error(
            asked.request, gettext("The text message could not be sent. Is the number right?")
        )
    else:
        return True
    return False


@for_fresh("GET", "POST")
def set_up_passkey(asked: Asked) -> HttpResponseBase:
    if passkeys.site() is None:
        raise Http404(gettext("Passkeys need a site with a name."))
    request, error = asked.request, ""
    if request.method == "POST":
        name = request.POST.get("name", "").strip()[:40]
        browser = describe(request.headers.get("User-Agent", ""))
        try:
            now = timezone.now()
            limits.count_try(str(asked.user.pk), asked.address, now)
            credential = request.POST.get("credential", "")
            found = passkeys.register(
                request.session,
                asked.user,
                credential,
                name=name or f"Passkey, {browser}",
            )
            limits.forgive_try(str(asked.user.pk), asked.address, now)
            return _added(asked, found)
        except passkeys.Refused:
            error = gettext("The passkey was not made. Try it once more.")
        except limits.TooMany as too_many:
            error = TOO_MANY.format(minutes=too_many.minutes)
    return render(request, "people/set_up_passkey.html", {"error": error})


@for_fresh("POST")
def new_passkey_options(asked: Asked) -> HttpResponseBase:
    try:
        return JsonResponse(passkeys.begin_registration(asked.request.session, asked.user))
    except passkeys.Refused:
        return JsonResponse({}, status=404)


@for_fresh("POST")
def set_up_done(asked: Asked) -> HttpResponseBase:
    """The recovery codes are kept. On the way in, this is the last step of it."""
    if asked.stage is None or not asked.made:
        return redirect("security" if asked.stage is None else "set_up")
    return enter(asked, asked.made)


def _waiting(model: type[Factor], asked: Asked, public_id: str) -> Any:
    """The factor that this person is about to set up."""
    rows = model.objects.filter(user=asked.user, confirmed=False)
    found = next((row for row in rows if row.public_id == public_id), None)
    if found is None:
        raise Http404(gettext("It is set up already, or was begun anew."))
    return found


def _confirm(
    asked: Asked, factor: Factor, template: str, context: dict[str, Any]
) -> HttpResponseBase:
    code = asked.request.POST.get("code", "")
    try:
        if confirm_by_code(factor, code, address=asked.address):
            return _added(asked, factor)
        error = str(WRONG)
    except limits.TooMany as too_many:
        error = TOO_MANY.format(minutes=too_many.minutes)
    return render(asked.request, template, {**context, "error": error})


def _added(asked: Asked, factor: Factor) -> HttpResponseBase:
    """The recovery codes are shown in this answer alone, if there were none before."""
    try:
        added = add_factor(factor, address=asked.address)
    except TooManyFactors:
        factor.delete()
        messages.error(asked.request, ENOUGH)
        return redirect("security")
    if asked.stage is None and not asked.request.user.is_verified():  # type: ignore[union-attr]
        django_otp.login(asked.request, factor)
    if asked.stage:
        asked.keep(made=factor.public_id)
    if added.codes:
        return show_codes(
            asked, added.codes, title=gettext("{name} is set up").format(name=factor.name)
        )
    if asked.stage:
        return enter(asked, factor)
    messages.success(asked.request, gettext("{name} is set up.").format(name=factor.name))
    return redirect("security")


def show_codes(asked: Asked, codes: list[str], *, title: str) -> HttpResponse:
    context = {"codes": codes, "text": "\n".join(codes), "title": title, "email": asked.user.email}
    return render(asked.request, "people/recovery_codes.html", context)
