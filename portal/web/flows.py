"""The workflow: how systems and flows hang together, each flow with its On light."""

from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone

from flows.queries.home import answer
from flows.queries.lights import MOST_DEAD, MOST_OPEN
from flows.queries.stock.layout import list_stock_flows
from flows.queries.stock.syncs import newest_syncs
from flows.queries.workflow import Workflow, get_workflow
from portal.web.access import SeatedRequest, page


@page
def flows(request: SeatedRequest) -> HttpResponse:
    found = get_workflow(now=timezone.now())
    return render(request, "portal/flows.html", _context(found))


@page
def workflow_part(request: SeatedRequest) -> HttpResponse:
    """The part that changes, for polling: 204 while it is as the reader has seen it."""
    found = get_workflow(now=timezone.now())
    if found.seen == request.GET.get("seen"):
        return HttpResponse(status=204)
    return render(request, "portal/workflow_part.html", _context(found))


def _context(workflow: Workflow) -> dict[str, Any]:
    of_stock = list_stock_flows()
    syncs = newest_syncs(of_stock)
    return {
        "workflow": workflow,
        "answer": answer(workflow.flows),
        "stock": {flow.public_id: syncs.get(flow.public_id) for flow in of_stock},
        "most_open": MOST_OPEN,
        "most_dead": MOST_DEAD,
    }
