"""The workflow: how systems and flows hang together, each flow with its On light."""

from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.http import urlencode

from ekyam import ids
from flows.models import Flow
from flows.queries.home import answer
from flows.queries.lights import MOST_DEAD, FlowRow, list_chains
from flows.queries.pages import Page, cut
from flows.queries.stock.syncs import newest_syncs
from flows.queries.workflow import Workflow, get_workflow
from portal.web.access import SeatedRequest, page
from portal.web.drawing import drawing_of

FILTERS: tuple[str, ...] = ("from", "to", "after")
LISTED = 25  # at once, under the drawing of all


@page
def flows(request: SeatedRequest) -> HttpResponse:
    found = get_workflow(now=timezone.now())
    return render(request, "portal/flows.html", _context(request, found))


@page
def workflow_part(request: SeatedRequest) -> HttpResponse:
    """The part that changes, for polling: 204 while it is as the reader has seen it."""
    found = get_workflow(now=timezone.now())
    if found.seen == request.GET.get("seen"):
        return HttpResponse(status=204)
    if "drawing" in request.GET:  # where the list is another one
        return render(request, "portal/workflow.html", drawing_of(found, rest="&drawing=1"))
    return render(request, "portal/workflow_part.html", _context(request, found))


def _context(request: SeatedRequest, workflow: Workflow) -> dict[str, Any]:
    """`rest` is what the list is asked for, to be asked again."""
    source, target = request.GET.get("from", ""), request.GET.get("to", "")
    rows = [row for row in workflow.flows if _is_between(row, source, target)]
    listed = _cut(rows, request.GET.get("after", ""))
    shown = [row for row in listed.rows if row.facts.is_stock]
    of_stock = [Flow(pk=ids.parse(Flow.prefix, row.id)) for row in shown]
    asked: dict[str, str] = {name: request.GET[name] for name in FILTERS if name in request.GET}
    kept = {name: value for name, value in asked.items() if name != "after"}
    return {
        **drawing_of(workflow, rest=f"&{urlencode(asked)}" if asked else ""),
        "answer": answer([row.light for row in workflow.flows]),
        "page": listed,
        "chains": list_chains(listed.rows),
        "is_filtered": bool(source or target),
        "query": urlencode(kept),
        "stock": newest_syncs(of_stock) if of_stock else {},
        "most_dead": MOST_DEAD,
    }


def _is_between(row: FlowRow, source: str, target: str) -> bool:
    return source in ("", row.source.id) and target in ("", row.target.id)


def _cut(rows: list[FlowRow], after: str) -> Page[FlowRow]:
    """A flow that is there no more is none to go on after: then from the beginning."""
    keys = [row.id for row in rows]
    start = keys.index(after) + 1 if after in keys else 0
    few = rows[start : start + LISTED + 1]
    return cut(few, ids=[row.id for row in few], after=after if start else "", size=LISTED)
