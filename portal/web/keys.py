"""API keys: seen, made, followed by a new one, revoked. A secret is on one page, once."""

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render

from ekyam.keys.models import ApiKey
from ekyam.keys.operations import (
    USUAL_DAYS,
    NameTaken,
    TooMuch,
    TwoAreLive,
    follow_key,
    make_key,
    revoke_key,
)
from ekyam.keys.queries import list_applications, list_keys
from ekyam.tenants.rights import Right
from portal.web.access import SeatedRequest, act, form_page, page_for
from portal.web.key_forms import KeyForm

TAKEN = "One of this name is live already: make its follower, or choose another name."
TWO = "Two are live already. Revoke the older one first."
TOO_MUCH = "It may do something that you may not do yourself: ask somebody who may."


@page_for(Right.DEVELOP)
def keys(request: SeatedRequest) -> HttpResponse:
    found = {"keys": list_keys(), "applications": list_applications()}
    return render(request, "portal/keys.html", found)


@form_page(Right.DEVELOP)
def new_key(request: SeatedRequest) -> HttpResponse:
    seat = request.seat
    form = KeyForm(request.POST or None, may=seat.rights)
    if request.method == "POST" and form.is_valid():
        said = form.cleaned_data
        try:
            made = make_key(tenant=seat.tenant, maker=request.user, may=seat.rights, **said)
        except NameTaken:
            form.add_error("name", TAKEN)
        else:
            return show_once(request, made.secret, f"The key «{made.row.name}»")
    status = 422 if request.method == "POST" else 200
    return render(request, "portal/new_key.html", {"form": form}, status=status)


@act(Right.DEVELOP)
def follow(request: SeatedRequest, id: str) -> HttpResponse:
    key = ApiKey.get_public(id)
    try:
        made = follow_key(key, maker=request.user, may=request.seat.rights, days=USUAL_DAYS)
    except (TwoAreLive, TooMuch) as error:
        messages.error(request, TWO if isinstance(error, TwoAreLive) else TOO_MUCH)
        return redirect("keys")
    return show_once(request, made.secret, f"The follower of the key «{key.name}»", has_old=True)


@act(Right.DEVELOP)
def revoke(request: SeatedRequest, id: str) -> HttpResponse:
    key = ApiKey.get_public(id)
    if revoke_key(key):
        messages.success(request, f"«{key.name}» is revoked. Its next request is refused.")
    return redirect("keys")


def show_once(request: SeatedRequest, secret: str, what: str, **more: Any) -> HttpResponse:
    """The answer to the form itself: no address ever leads to the secret again."""
    answer = render(request, "portal/secret.html", {"secret": secret, "what": what, **more})
    answer["Cache-Control"] = "no-store"
    return answer
