"""Orders, the search by any id, and the journey of one."""

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.http import urlencode

from flows.queries.journey import get_journey
from flows.queries.orders import FILTERS, find_orders, list_orders
from portal.web.access import SeatedRequest, page

TABS = (("all", "All"), ("open", "Under way"), ("dead", "Stuck"))


@page
def orders(request: SeatedRequest) -> HttpResponse:
    state = request.GET.get("state", "all")
    state = state if state in FILTERS else "all"
    context = {
        "page": list_orders(state=state, after=request.GET.get("after", "")),
        "state": state,
        "tabs": TABS,
        "filters": urlencode({"state": state}),
    }
    return render(request, "portal/orders.html", context)


@page
def search(request: SeatedRequest) -> HttpResponse:
    query = request.GET.get("q", "").strip()[:255]
    found = find_orders(query)
    named = [one for one in found if one.label == query]  # whatever else has this for an id
    if len(found) == 1 or len(named) == 1:
        return redirect("journey", id=(named or found)[0].id)
    return render(request, "portal/search.html", {"query": query, "rows": found})


@page
def journey(request: SeatedRequest, id: str) -> HttpResponse:
    return render(request, "portal/journey.html", {"journey": get_journey(id, now=timezone.now())})


@page
def journey_part(request: SeatedRequest, id: str) -> HttpResponse:
    """The part that changes, for polling: 204 while it is as the reader has seen it."""
    found = get_journey(id, now=timezone.now())
    if found.seen == request.GET.get("seen"):
        return HttpResponse(status=204)
    return render(request, "portal/journey_part.html", {"journey": found})
