"""What only a person can answer: seen on Home, and marked done."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext

from ekyam.tenants.rights import Right
from flows.models import Event
from flows.operations.answer import mark_answered
from portal.web.access import SeatedRequest, act


@act(Right.OPERATE)
def mark_done(request: SeatedRequest, id: str) -> HttpResponse:
    if mark_answered(Event.get_public(id), note=f"Answered by {request.seat.person}."):
        messages.success(request, gettext("It is marked as done."))
    return redirect("home")
