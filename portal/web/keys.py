"""API keys: seen, made, rotated, revoked. A secret is on one page, once."""

from datetime import datetime
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext, gettext_lazy

from ekyam.keys.models import ApiKey
from ekyam.keys.operations import (
    USUAL_DAYS,
    NameTaken,
    TooMuch,
    TwoAreLive,
    make_key,
    revoke_key,
    rotate_key,
)
from ekyam.keys.queries import list_applications, list_keys, say, spell_start
from ekyam.tenants.rights import Right
from portal.web.access import SeatedRequest, form_page, page_for
from portal.web.key_forms import KeyForm
from portal.web.words import ago

TAKEN = gettext_lazy("One of this name is live already: rotate it, or choose another name.")
ROTATES = gettext_lazy("A second one is made, for a year. This one ends in 7 days at the latest.")
TWO = gettext_lazy("Two are live already. Revoke the older one first.")
REFUSED = gettext_lazy("Every request with this key is refused from then on.")
TOO_MUCH = gettext_lazy("It may do something that you may not do yourself: ask somebody who may.")


@page_for(Right.DEVELOP)
def keys(request: SeatedRequest) -> HttpResponse:
    keys, applications = list_keys(), list_applications()
    found = {"keys": keys, "applications": applications, "answer": say(keys, applications)}
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
            return show_once(
                request, made.secret, gettext("The key «{name}»").format(name=made.row.name)
            )
    return render(request, "portal/new_key.html", {"form": form})


@form_page(Right.DEVELOP)
def rotate(request: SeatedRequest, id: str) -> HttpResponse:
    key = ApiKey.get_public(id)
    if request.method != "POST":
        title = gettext("Rotate the key «{name}»?").format(name=key.name)
        return ask_before(
            request, title, str(ROTATES), key.last_used_at, gettext("Make the new key")
        )
    try:
        made = rotate_key(key, maker=request.user, may=request.seat.rights, days=USUAL_DAYS)
    except (TwoAreLive, TooMuch) as error:
        messages.error(request, TWO if isinstance(error, TwoAreLive) else TOO_MUCH)
        return redirect("keys")
    return show_once(
        request, made.secret, gettext("The new key «{name}»").format(name=key.name), has_old=True
    )


@form_page(Right.DEVELOP)
def revoke(request: SeatedRequest, id: str) -> HttpResponse:
    key = ApiKey.get_public(id)
    if request.method != "POST":
        made = ago(key.created_at, timezone.now())
        begins = gettext("It begins with {start}, and was made {made}.").format(
            start=spell_start(key), made=made
        )
        will = f"{begins} {REFUSED}"
        return ask_before(
            request,
            gettext("Revoke the key «{name}»?").format(name=key.name),
            will,
            key.last_used_at,
        )
    if revoke_key(key):
        messages.success(
            request,
            gettext("«{name}» is revoked. Its next request is refused.").format(name=key.name),
        )
    return redirect("keys")


def ask_before(
    request: SeatedRequest,
    title: str,
    will: str,
    last_used_at: datetime | None,
    button: str = "",
) -> HttpResponse:
    """What will happen, and whether anything still uses it."""
    used = (
        gettext("It was last used {ago}.").format(ago=ago(last_used_at, timezone.now()))
        if last_used_at
        else ""
    )
    found = {
        "title": title,
        "will": will,
        "used": used or gettext("It was never used."),
        "button": button or gettext("Revoke it now"),
    }
    return render(request, "portal/ask_before.html", {**found, "above": reverse("keys")})


def show_once(request: SeatedRequest, secret: str, what: str, **more: Any) -> HttpResponse:
    """The answer to the form itself: no address ever leads to the secret again."""
    answer = render(request, "portal/secret.html", {"secret": secret, "what": what, **more})
    answer["Cache-Control"] = "no-store"
    return answer
