"""Connections: their health, the check, pausing and resuming."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render

from connectors.checks import check_connection, keep_report
from connectors.models import Connection
from connectors.operations import pause as pause_connection
from connectors.operations import resume as resume_connection
from connectors.queries import budget_of, get_connection, list_connections
from ekyam.tenants.rights import Right
from ekyam.tenants.scope import tenant_scope
from flows.queries.home import count_held
from flows.queries.set_up import list_unfinished, uses_of
from portal.web.access import SeatedRequest, act, act_outside, page
from portal.web.set_up_steps import resumable


@page
def connections(request: SeatedRequest) -> HttpResponse:
    held = count_held()
    rows = [(one, held.get(one.id, 0)) for one in list_connections()]
    context = {"rows": rows, "unfinished": resumable(list_unfinished())}
    return render(request, "portal/connections.html", context)


@page
def connection(request: SeatedRequest, id: str) -> HttpResponse:
    found = {"connection": get_connection(id), "budget": budget_of(id)}
    return render(request, "portal/connection.html", found)


@act_outside(Right.CONNECT)
def check(request: SeatedRequest, id: str) -> HttpResponse:
    """The check sends requests, so no transaction is open meanwhile."""
    with tenant_scope(request.seat.tenant):
        row = Connection.get_public(id)
        uses = uses_of(row)
    parts = check_connection(row, uses=uses)
    with tenant_scope(request.seat.tenant):
        keep_report(row, parts)
    failed = [part["label"] for part in parts if not part["ok"]]
    if failed:
        messages.error(request, f"The check did not pass: {', '.join(failed)}.")
    else:
        messages.success(request, f"All {len(parts)} parts of the check passed.")
    return redirect("connection", id=id)


@act(Right.CONNECT)
def pause(request: SeatedRequest, id: str) -> HttpResponse:
    pause_connection(Connection.get_public(id), by=request.seat.person)
    messages.success(request, "Paused. What is due waits, and nothing is lost.")
    return redirect("connection", id=id)


@act(Right.CONNECT)
def resume(request: SeatedRequest, id: str) -> HttpResponse:
    if resume_connection(Connection.get_public(id)):
        messages.success(request, "Resumed. What waited is sent now.")
    return redirect("connection", id=id)
