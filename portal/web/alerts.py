"""Alerts: what is open and what was, and the hand that says «I am at it»."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext

from ekyam.tenants.rights import Right
from flows.models import Alert
from flows.operations.alerts import arrange
from flows.queries.alerts import list_open_alerts, list_past_alerts, summarise
from portal.web.access import SeatedRequest, act, page


@page
def alerts(request: SeatedRequest) -> HttpResponse:
    found = list_open_alerts()
    context = {
        "answer": summarise(found),
        "open": found,
        "past": list_past_alerts(after=request.GET.get("after", "")),
    }
    return render(request, "portal/alerts.html", context)


@act(Right.OPERATE)
def acknowledge(request: SeatedRequest, id: str) -> HttpResponse:
    alert = Alert.get_public(id)
    if arrange.acknowledge(alert, by=request.seat.person):
        messages.success(
            request, gettext("You are at it. It is told of no more, until it is over.")
        )
    else:
        messages.info(request, gettext("It is over, or somebody else is at it already."))
    return redirect("alerts")
