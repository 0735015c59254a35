"""Visits by Ekyam's staff: the company sees them, and may refuse them."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext
from django.views.decorators.http import require_POST

from ekyam.audit.actors import acting
from ekyam.staff_door import staff_actor
from ekyam.tenants.rights import Right
from ekyam.tenants.scope import tenant_scope
from ekyam.visits.operations import allow_visits, end_visit
from ekyam.visits.queries import are_visits_allowed, list_visits
from ekyam.visits.sessions import held_visit, let_go
from portal.web.access import SeatedRequest, act, page_for


@page_for(Right.SECURITY)
def visits(request: SeatedRequest) -> HttpResponse:
    context = {"visits": list_visits(), "is_allowed": are_visits_allowed(), "now": timezone.now()}
    return render(request, "portal/visits.html", context)


@act(Right.SECURITY)
def switch_visits(request: SeatedRequest) -> HttpResponse:
    is_allowed = request.POST.get("to") == "on"
    allow_visits(tenant_id=request.seat.tenant.pk, is_allowed=is_allowed)
    words = (
        gettext("Ekyam's staff may visit.")
        if is_allowed
        else gettext("Nobody of Ekyam's staff may visit.")
    )
    messages.success(request, words)
    return redirect("visits")


@require_POST
@login_required
def leave(request: HttpRequest) -> HttpResponse:
    """The visitor goes before the time is over."""
    visit = held_visit(request)
    if visit is not None:
        with tenant_scope(visit.tenant_id), acting(staff_actor(request)):
            end_visit(visit, how="by the visitor")
        let_go(request)
    return redirect("admin:index")
