"""Connections: their health, the check, pausing and resuming."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext, ngettext

from connectors.certificates import keep_certificate, see_certificate
from connectors.checks import check_connection, keep_report
from connectors.expiry import endings_of
from connectors.health import hours_of, sums_of
from connectors.models import Connection, ConnectionState, Environment
from connectors.operations import pause as pause_connection
from connectors.operations import resume as resume_connection
from connectors.queries import budget_of, get_connection, list_connections
from ekyam.tenants.rights import Right
from ekyam.tenants.scope import tenant_scope
from flows.operations.poll import poll_soon
from flows.queries.connections import answer, answer_of_all, get_doings
from flows.queries.home import count_held
from flows.queries.set_up import list_unfinished, uses_of
from portal.web.access import SeatedRequest, act, act_outside, page
from portal.web.hour_bars import chart_of
from portal.web.set_up_steps import resumable


@page
def connections(request: SeatedRequest) -> HttpResponse:
    held, sums = count_held(), sums_of(now=timezone.now())
    rows = [
        (one, held.get(one.id, 0), chart_of(sums[one.id]) if one.id in sums else None)
        for one in list_connections()
    ]
    context = {
        "rows": rows,
        "answer": answer_of_all([one for one, _, _ in rows]),
        "unfinished": resumable(list_unfinished()),
    }
    return render(request, "portal/connections.html", context)


@page
def connection(request: SeatedRequest, id: str) -> HttpResponse:
    row, now = Connection.get_public(id), timezone.now()
    hours, doings = hours_of(row, now=now), get_doings(row)
    is_throttled = row.throttled_until is not None and row.throttled_until > now
    context = {
        "connection": get_connection(id),
        "budget": budget_of(id),
        "chart": chart_of(hours),
        "endings": endings_of(row, now=now),
        "doings": doings,
        "answer": answer(row, hours, doings.waiting),
        "throttled_until": row.throttled_until if is_throttled else None,
        "is_simulated": row.environment == Environment.SANDBOX,
    }
    return render(request, "portal/connection.html", context)


@act_outside(Right.CONNECT)
def check(request: SeatedRequest, id: str) -> HttpResponse:
    """The check sends requests, so no transaction is open meanwhile."""
    with tenant_scope(request.seat.tenant):
        row = Connection.get_public(id)
        uses = uses_of(row)
    parts, certificate = check_connection(row, uses=uses), see_certificate(row)
    with tenant_scope(request.seat.tenant):
        keep_certificate(row, certificate)
        keep_report(row, parts)
        if row.is_open:
            poll_soon(row)
    failed = [part["label"] for part in parts if not part["ok"]]
    if failed:
        messages.error(
            request, gettext("The check did not pass: {failed}.").format(failed=", ".join(failed))
        )
    else:
        messages.success(
            request,
            ngettext(
                "All {many} parts of the check passed.",
                "All {many} parts of the check passed.",
                len(parts),
            ).format(many=len(parts)),
        )
    return redirect("connection", id=id)


@act(Right.CONNECT)
def pause(request: SeatedRequest, id: str) -> HttpResponse:
    row = Connection.get_public(id)
    is_paused = row.state == ConnectionState.PAUSED  # by a first click
    if is_paused or pause_connection(row, by=request.seat.person):
        messages.success(request, gettext("Paused. What is due waits, and nothing is lost."))
    else:
        messages.error(request, gettext("Nothing is sent to it at the moment: look at why."))
    return redirect("connection", id=id)


@act(Right.CONNECT)
def resume(request: SeatedRequest, id: str) -> HttpResponse:
    row = Connection.get_public(id)
    if resume_connection(row):
        messages.success(request, gettext("Resumed. What waited is sent now."))
    elif row.state == ConnectionState.NEEDS_REAUTHORIZATION:
        messages.error(
            request, gettext("The last check was refused: nothing is sent before one passes.")
        )
    return redirect("connection", id=id)
