"""Accepting an invitation: by a link from the mail, signed in, or with a new account."""

from typing import Any

from allauth.account.utils import perform_login
from django import forms
from django.contrib import messages
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.translation import gettext, gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods

from ekyam.addresses import address_of
from ekyam.audit.actors import Actor, Kind, acting
from ekyam.sso.enforcement import check_way_in
from ekyam.team.invitations import (
    Void,
    digest,
    find_invitation,
    has_account,
    join,
    join_anew,
    note_refused,
)
from ekyam.team.models import Invitation
from ekyam.team.tries import are_too_many, count_try
from ekyam.tenants.models import User
from ekyam.tenants.rights import Right, rights_of
from portal.web.access import SESSION_KEY

# The digest of the token, so that the token stands in no address, log or history for longer.
INVITATION = "invitation"


class NewAccountForm(forms.Form):
    name = forms.CharField(max_length=200, label=gettext_lazy("Your name"))
    password = forms.CharField(
        label=gettext_lazy("Password"),
        max_length=1000,
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
        help_text=gettext_lazy("12 characters or more, and none that others use."),
    )

    def __init__(self, invitation: Invitation, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._email = invitation.email

    def clean(self) -> None:
        values = self.cleaned_data
        if "password" in values:
            try:
                person = User(email=self._email, name=values.get("name", ""))
                validate_password(values["password"], person)
            except ValidationError as reasons:
                self.add_error("password", reasons)


@require_GET
@never_cache
def follow_invitation(request: HttpRequest, token: str) -> HttpResponse:
    address = address_of(request)
    if are_too_many(address):
        return _void(request)
    try:
        find_invitation(digest(token))
    except Void:
        count_try(address)
        with acting(Actor(Kind.PERSON, "", "Somebody unknown", address)):
            note_refused(digest(token))
        return _void(request)
    request.session[INVITATION] = digest(token)
    return redirect("join")


@require_http_methods(["GET", "POST"])
@never_cache
def join_company(request: HttpRequest) -> HttpResponseBase:
    try:
        invitation = find_invitation(request.session.get(INVITATION, ""))
        if request.user.is_authenticated:
            return _join_as(request, invitation)
        if has_account(invitation):
            return _show(request, "portal/join_sign_in.html", invitation)
        return _join_anew(request, invitation)
    except Void:
        return _void(request)


def _join_as(request: HttpRequest, invitation: Invitation) -> HttpResponse:
    assert isinstance(request.user, User)
    if request.user.email != invitation.email:
        return _show(request, "portal/join_another.html", invitation, status=403)
    if request.method != "POST":
        return _show(request, "portal/join.html", invitation)
    with acting(_actor(request, request.user)):
        join(token_digest=request.session[INVITATION], user=request.user)
    _seat(request, invitation)
    try:
        check_way_in(request, request.user)
    except PermissionDenied:  # the message says by what to sign in
        return redirect("account_login")
    return redirect("home")


def _join_anew(request: HttpRequest, invitation: Invitation) -> HttpResponseBase:
    form = NewAccountForm(invitation, request.POST or None)
    if request.method != "POST" or not form.is_valid():
        return _show(request, "portal/join_anew.html", invitation, form=form)
    someone = Actor(Kind.PERSON, "", invitation.email, address_of(request))
    with acting(someone):
        _, user = join_anew(token_digest=request.session[INVITATION], **form.cleaned_data)
    _seat(request, invitation)
    # By the way of every sign-in, with whatever it asks for after the password.
    answer: HttpResponseBase = perform_login(request, user, redirect_url="/")
    return answer


def _seat(request: HttpRequest, invitation: Invitation) -> None:
    """They are in the company that they joined, and the link is used up."""
    del request.session[INVITATION]
    request.session[SESSION_KEY] = str(invitation.tenant_id)
    messages.success(
        request, gettext("You are a member of {name} now.").format(name=invitation.tenant.name)
    )


def _actor(request: HttpRequest, user: User) -> Actor:
    return Actor(Kind.PERSON, user.public_id, user.email, address_of(request))


def _show(
    request: HttpRequest, template: str, invitation: Invitation, status: int = 200, **more: Any
) -> HttpResponse:
    may = [right.label for right in Right if right in rights_of(invitation.role)]
    context = {"invitation": invitation, "may": may, **more}
    return render(request, template, context, status=status)


def _void(request: HttpRequest) -> HttpResponse:
    """One answer for all that does not hold, so that it tells nothing to who tries."""
    return render(request, "portal/join_void.html", status=404)
