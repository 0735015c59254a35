"""One delivery: all that was said about it, and its record edited."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render

from connectors.errors import MappingFailed
from ekyam.foreign_json import NotJson, read_json
from ekyam.tenants.rights import Right
from flows.models import Delivery
from flows.operations.replay import edit_delivery
from flows.queries.deliveries import get_delivery, get_payload, list_attempts
from flows.states import IllegalMove
from portal.web.access import SeatedRequest, form_page, page


@page
def delivery(request: SeatedRequest, id: str) -> HttpResponse:
    return render(request, "portal/delivery.html", {"delivery": get_delivery(id)})


@page
def exchanges(request: SeatedRequest, id: str) -> HttpResponse:
    return render(request, "portal/exchanges.html", {"attempts": list_attempts(id)})


@page
def payload(request: SeatedRequest, id: str) -> HttpResponse:
    return render(request, "portal/payload.html", {"payload": get_payload(id)})


@form_page(Right.OPERATE)
def edit(request: SeatedRequest, id: str) -> HttpResponse:
    """The record as JSON; what does not hold comes back with the reason."""
    found = get_delivery(id)
    text = request.POST.get("standard", found.standard)
    error = _edit(request, id, text) if request.method == "POST" else ""
    if request.method == "POST" and not error:
        messages.success(request, "The edited record is sent.")
        return redirect("delivery", id=id)
    context = {"delivery": found, "text": text, "error": error}
    return render(request, "portal/edit_delivery.html", context, status=422 if error else 200)


def _edit(request: SeatedRequest, id: str, text: str) -> str:
    """Why it could not be done, or nothing."""
    try:
        edit_delivery(Delivery.get_public(id), read_json(text))
    except (MappingFailed, IllegalMove, NotJson) as reason:
        return str(reason)
    return ""
