"""One flow: its light, the four things that it is earned by, and the way to its other pages."""

import hashlib
from dataclasses import replace
from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext, gettext_lazy

from ekyam.tenants.rights import Right
from flows.models import Flow
from flows.operations.complete import VERIFIED
from flows.operations.stock.streams import is_stock
from flows.queries.lights import MOST_DEAD, FlowRow, get_flow
from flows.queries.needs import judge
from flows.queries.recent import list_recent
from flows.queries.runs import DeliveryRow
from flows.queries.verify import verify
from flows.queries.versions import find_current
from flows.rules.judge import RuleInvalid
from portal.web.access import SeatedRequest, page
from portal.web.logic import Desk, frame

NEEDS = {
    "authentication": gettext_lazy("Authentication"),
    "mapping": gettext_lazy("Field mapping"),
    "logic": gettext_lazy("Workflow logic"),
    "synchronisation": gettext_lazy("Live synchronisation"),
}


@page
def flow(request: SeatedRequest, id: str) -> HttpResponse:
    found, row = get_flow(id)
    context = _context(request, found, row, list_recent(found))
    if not context["is_stock"]:
        context |= frame(request, Desk(found, *find_current(found)), "flow")
    return render(request, "portal/flow.html", context)


@page
def flow_part(request: SeatedRequest, id: str) -> HttpResponse:
    """The part that changes, for polling: 204 while it is as the reader has seen it."""
    found, row = get_flow(id)
    recent = list_recent(found)
    if request.GET.get("seen") == _seen(found, row, recent):
        return HttpResponse(status=204)
    return render(request, "portal/flow_part.html", _context(request, found, row, recent))


def _seen(flow: Flow, row: FlowRow, recent: list[DeliveryRow]) -> str:
    """Changes with anything that is shown, and costs no dry run."""
    shown = repr((row, recent, flow.switched_at, flow.label))
    return hashlib.sha256(shown.encode()).hexdigest()[:16]


def _context(
    request: SeatedRequest, found: Flow, row: FlowRow, recent: list[DeliveryRow]
) -> dict[str, Any]:
    judged = judge(row.facts, stops=_stops(found))
    return {
        "row": replace(row, light=judged.light.state, why=judged.light.why),
        "needs": [(NEEDS[need.name], f"need_{need.tone}", need) for need in judged.needs],
        "met": sum(need.is_met for need in judged.needs),
        "recent": recent,
        "seen": _seen(found, row, recent),
        "is_stock": is_stock(found),
        "most_dead": MOST_DEAD,
        "flow": found,
        "may_change": request.seat.may(Right.CONFIGURE),
    }


def _stops(flow: Flow) -> list[str]:
    """Of a flow that is on its published version was verified; the connectors' own is whole."""
    if flow.is_on or flow.version is None or is_stock(flow):
        return []
    try:
        return list(verify(flow, most=VERIFIED).stops.values())
    except RuleInvalid as failure:
        return [gettext("Its rules cannot be used: {failure}").format(failure=failure)]
