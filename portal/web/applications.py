"""Applications: programs that get tokens, and that people sign in to with Ekyam."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext

from ekyam.keys.models import Application, ApplicationSecret
from ekyam.keys.operations import (
    NameTaken,
    TooMuch,
    TwoAreLive,
    make_application,
    revoke_application,
    revoke_secret,
    rotate_secret,
)
from ekyam.keys.queries import get_application
from ekyam.keys.tokens import issuer
from ekyam.tenants.rights import Right
from portal.web.access import SeatedRequest, form_page, page_for
from portal.web.key_forms import ApplicationForm
from portal.web.keys import ROTATES, TAKEN, TOO_MUCH, TWO, ask_before, show_once


@form_page(Right.DEVELOP)
def new_application(request: SeatedRequest) -> HttpResponse:
    seat = request.seat
    form = ApplicationForm(request.POST or None, may=seat.rights)
    if request.method == "POST" and form.is_valid():
        said = form.cleaned_data
        try:
            made = make_application(tenant=seat.tenant, maker=request.user, may=seat.rights, **said)
        except NameTaken:
            form.add_error("name", TAKEN)
        else:
            application = made.row.application
            what = gettext("The secret of the application «{name}»").format(name=application.name)
            return show_once(request, made.secret, what, client_id=application.public_id)
    return render(request, "portal/new_application.html", {"form": form})


@page_for(Right.DEVELOP)
def application(request: SeatedRequest, id: str) -> HttpResponse:
    found = {"application": get_application(id), "issuer": issuer()}
    return render(request, "portal/application.html", found)


@form_page(Right.DEVELOP)
def new_secret(request: SeatedRequest, id: str) -> HttpResponse:
    row = Application.get_public(id)
    if request.method != "POST":
        title = gettext("Rotate the secret of «{name}»?").format(name=row.name)
        return ask_before(
            request, title, str(ROTATES), row.last_used_at, gettext("Make the new secret")
        )
    try:
        made = rotate_secret(row, may=request.seat.rights)
    except (TwoAreLive, TooMuch) as error:
        messages.error(request, TWO if isinstance(error, TwoAreLive) else TOO_MUCH)
        return redirect("application", id=id)
    what = gettext("The new secret of the application «{name}»").format(name=row.name)
    return show_once(request, made.secret, what, has_old=True, client_id=row.public_id)


@form_page(Right.DEVELOP)
def revoke_one(request: SeatedRequest, id: str) -> HttpResponse:
    secret = ApplicationSecret.get_public(id)
    row = secret.application
    if request.method != "POST":
        title = gettext("Revoke the secret ekm_app_{prefix_of_secret} of «{name}»?").format(
            prefix_of_secret=secret.prefix_of_secret, name=row.name
        )
        will = gettext(
            "No new token is given for it. Tokens that it has got end within ten minutes."
        )
        return ask_before(request, title, will, row.last_used_at)
    if revoke_secret(secret):
        messages.success(request, gettext("The secret is revoked: no new token is given for it."))
    return redirect("application", id=row.public_id)


@form_page(Right.DEVELOP)
def revoke(request: SeatedRequest, id: str) -> HttpResponse:
    row = Application.get_public(id)
    if request.method != "POST":
        will = gettext(
            "Its secrets and tokens end at once, and nobody can sign in to it with Ekyam."
        )
        title = gettext("Revoke the application «{name}»?").format(name=row.name)
        return ask_before(request, title, will, row.last_used_at)
    if revoke_application(row):
        messages.success(
            request,
            gettext("«{name}» is revoked, with all its secrets and tokens.").format(name=row.name),
        )
    return redirect("keys")
