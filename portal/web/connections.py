"""Connections: their health, the check, pausing and resuming."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render

from connectors.checks import check_connection, keep_report
from connectors.models import Connection, ConnectionState
from connectors.operations import change_state
from connectors.queries import budget_of, get_connection, list_connections
from ekyam.tenants.rights import Right
from ekyam.tenants.scope import tenant_scope
from flows.queries.home import count_held
from portal.web.access import SeatedRequest, act, act_outside, page


@page
def connections(request: SeatedRequest) -> HttpResponse:
    held = count_held()
    rows = [(one, held.get(one.id, 0)) for one in list_connections()]
    return render(request, "portal/connections.html", {"rows": rows})


@page
def connection(request: SeatedRequest, id: str) -> HttpResponse:
    found = {"connection": get_connection(id), "budget": budget_of(id)}
    return render(request, "portal/connection.html", found)


@act_outside(Right.CONNECT)
def check(request: SeatedRequest, id: str) -> HttpResponse:
    """The check sends requests, so no transaction is open meanwhile."""
    with tenant_scope(request.seat.tenant):
        row = Connection.get_public(id)
    parts = check_connection(row)
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
    reason = f"Paused by {request.seat.person}."
    change_state(Connection.get_public(id), ConnectionState.PAUSED, reason)
    messages.success(request, "Paused. What is due waits, and nothing is lost.")
    return redirect("connection", id=id)


@act(Right.CONNECT)
def resume(request: SeatedRequest, id: str) -> HttpResponse:
    """Only what was paused: a refused credential needs a check that passes."""
    row = Connection.get_public(id)
    if row.state == ConnectionState.PAUSED:
        change_state(row, ConnectionState.ACTIVE, "")
        messages.success(request, "Resumed. What waited is sent now.")
    return redirect("connection", id=id)
