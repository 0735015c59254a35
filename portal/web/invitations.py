"""Inviting somebody, and calling it off. Mails leave when the invitation is kept, not before."""

import structlog
from django.conf import settings
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext

from ekyam.team import invitations
from ekyam.team.letters import send_invitation
from ekyam.team.members import Refused
from ekyam.team.models import Invitation
from ekyam.tenants.rights import Right
from ekyam.tenants.scope import tenant_scope
from portal.web.access import SeatedRequest, act, act_outside
from portal.web.team import InviteForm, show_team

log = structlog.get_logger()


@act_outside(Right.PEOPLE)
def invite(request: SeatedRequest) -> HttpResponse:
    form = InviteForm(request.seat, request.POST)
    with tenant_scope(request.seat.tenant):
        if form.is_valid():
            try:
                kept, token = invitations.invite(by=request.user, **form.cleaned_data)
            except Refused as reason:
                form.add_error(None, str(reason))
        if form.errors:
            return show_team(request, form=form)
    _mail(request, kept, token)
    return redirect("team")


@act_outside(Right.PEOPLE)
def resend_invitation(request: SeatedRequest, id: str) -> HttpResponse:
    try:
        with tenant_scope(request.seat.tenant):
            kept = Invitation.get_public(id)
            token = invitations.send_again(by=request.user, invitation=kept)
    except Refused as reason:
        messages.error(request, str(reason))
    else:
        _mail(request, kept, token)
    return redirect("team")


@act(Right.PEOPLE)
def call_off_invitation(request: SeatedRequest, id: str) -> HttpResponse:
    found = Invitation.get_public(id)
    try:
        invitations.call_off(by=request.user, invitation=found)
        messages.success(
            request, gettext("{email} cannot join by that link any more.").format(email=found.email)
        )
    except Refused as reason:
        messages.error(request, str(reason))
    return redirect("team")


def _mail(request: SeatedRequest, invitation: Invitation, token: str) -> None:
    link = settings.PUBLIC_URL + reverse("follow_invitation", kwargs={"token": token})
    try:
        send_invitation(
            invitation=invitation, link=link, tenant=request.seat.tenant, by=request.user
        )
    except OSError as error:  # what SMTP raises is one, too
        log.error("invitation_not_mailed", invitation=invitation.public_id, error=repr(error))
        messages.error(
            request,
            gettext(
                "The invitation is kept, but its mail could not be sent: our mail server did not "
                "take it. Send it again in a few minutes."
            ),
        )
    else:
        messages.success(
            request,
            gettext("An invitation is on its way to {email}.").format(email=invitation.email),
        )
