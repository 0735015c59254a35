"""Orders, the search by any id, and the journey of one."""

from contextlib import suppress

from django.core.exceptions import ObjectDoesNotExist
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone

from connectors.models import Connection
from flows.models import Delivery, Flow, Record, Run
from flows.queries.find_orders import MOST_FOUND, find_matches
from flows.queries.journey import get_journey
from flows.queries.orders import list_orders
from flows.queries.saved_views import list_views
from portal.web.access import SeatedRequest, page
from portal.web.order_filters import SPAN_WORDS, read_filters, wanted_of


@page
def orders(request: SeatedRequest) -> HttpResponse:
    asked = read_filters(request.GET)
    views = list_views(request.user)
    context = {
        "page": list_orders(wanted=wanted_of(asked), after=request.GET.get("after", "")),
        "asked": asked,
        "systems": list(Connection.objects.only("id", "label").order_by("label", "pk")),
        "flows": list(Flow.objects.only("id", "label").order_by("position", "label", "pk")),
        "spans": SPAN_WORDS,
        "views": views,
        "view": next((one for one in views if one.filters == asked.values), None),
    }
    return render(request, "portal/orders.html", context)


# What has a page of its own by its own id, as pages and tables to take home show it.
OWN: dict[str, type[Record | Delivery | Run]] = {
    "journey": Record,
    "delivery": Delivery,
    "run": Run,
}


def _page_of(id: str) -> str:
    """The name of the page; empty where there is none."""
    for name, model in OWN.items():
        with suppress(ObjectDoesNotExist):
            row = model.get_public(id)
            return name if not isinstance(row, Record) or row.resource == "order" else ""
    return ""


@page
def search(request: SeatedRequest) -> HttpResponse:
    query = request.GET.get("q", "").strip()[:255]
    found = find_matches(query)
    own = "" if found else _page_of(query)
    if own:
        return redirect(own, id=query)
    named = [one for one in found if one.row.label == query]  # whatever else has this for an id
    if len(found) == 1 or len(named) == 1:
        return redirect("journey", id=(named or found)[0].row.id)
    context = {"query": query, "found": found, "is_cut": len(found) == MOST_FOUND}
    return render(request, "portal/search.html", context)


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
