"""One delivery: all that was said about it; replay, cancel, assign, comment."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme

from ekyam.tenants.rights import Right
from flows.models import Delivery
from flows.operations.care import LONGEST, NotSaid, assign, comment
from flows.operations.mend.one import retry_one
from flows.operations.replay import cancel_delivery
from flows.queries.care import find_carers, list_people, list_said
from flows.queries.deliveries import get_delivery, get_payload, list_attempts
from flows.queries.vendor_text import write_to_vendor
from flows.states import IllegalMove
from portal.web.access import SeatedRequest, act, page
from portal.web.dead_letters import given_to, read_member


@page
def delivery(request: SeatedRequest, id: str) -> HttpResponse:
    found = get_delivery(id)
    one = Delivery.get_public(id)
    key = one.cause.hex if found.is_dead else ""
    carers = find_carers([one.cause.hex])
    context = {
        "delivery": found,
        "cause": key,
        "carer": carers.letters.get(id),
        "carer_of_cause": carers.causes.get(key),
        "people": list_people() if found.is_dead else [],
        "said": list_said(cause=key, delivery=one),
        "longest": LONGEST,
    }
    return render(request, "portal/delivery.html", context)


@page
def exchanges(request: SeatedRequest, id: str) -> HttpResponse:
    return render(request, "portal/exchanges.html", {"attempts": list_attempts(id)})


@page
def payload(request: SeatedRequest, id: str) -> HttpResponse:
    return render(request, "portal/payload.html", {"payload": get_payload(id)})


_OVERTAKEN = "It is not sent: something newer of the same record has taken its place."


@act(Right.OPERATE)
def replay(request: SeatedRequest, id: str) -> HttpResponse:
    try:
        newer = retry_one(Delivery.get_public(id))
        messages.success(request, "It is sent again." if newer is None else _OVERTAKEN)
    except IllegalMove as reason:
        messages.error(request, str(reason))
    return _back(request, id)


@act(Right.OPERATE)
def cancel(request: SeatedRequest, id: str) -> HttpResponse:
    try:
        cancel_delivery(Delivery.get_public(id), note=f"Called off by {request.seat.person}.")
        messages.success(request, "It is called off.")
    except IllegalMove as reason:
        messages.error(request, str(reason))
    return _back(request, id)


@page
def vendor_text(request: SeatedRequest, id: str) -> HttpResponse:
    """A text to copy, for the support of the other system."""
    return render(request, "portal/vendor_text.html", {"text": write_to_vendor(id)})


@act(Right.OPERATE)
def assign_letter(request: SeatedRequest, id: str) -> HttpResponse:
    one, member = Delivery.get_public(id), read_member(request)
    assign(one.cause, member, delivery=one, label=one.external_id)
    messages.success(request, given_to(member))
    return _back(request, id)


@act(Right.OPERATE)
def comment_letter(request: SeatedRequest, id: str) -> HttpResponse:
    one = Delivery.get_public(id)
    try:
        comment(request.POST.get("text", ""), delivery=one, label=one.external_id)
        messages.success(request, "Your comment is kept.")
    except NotSaid as reason:
        messages.error(request, str(reason))
    return redirect(f"{reverse('delivery', kwargs={'id': id})}#comments")


def _back(request: SeatedRequest, id: str) -> HttpResponse:
    """To the page that the button was on."""
    back = request.POST.get("back", "")
    if url_has_allowed_host_and_scheme(back, allowed_hosts=None):
        return redirect(back)
    return redirect(reverse("delivery", kwargs={"id": id}))
