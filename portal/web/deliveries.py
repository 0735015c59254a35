"""One delivery: all that was said about it; assign it, comment on it."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext

from ekyam.tenants.rights import Right
from flows.models import Delivery
from flows.operations.care import LONGEST, NotSaid, assign, comment
from flows.queries.care import find_carers, list_people, list_said
from flows.queries.deliveries import MOST_ATTEMPTS, get_delivery, get_payload, list_attempts
from flows.queries.vendor_text import write_to_vendor
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
        "most_attempts": MOST_ATTEMPTS,
    }
    return render(request, "portal/delivery.html", context)


@page
def exchanges(request: SeatedRequest, id: str) -> HttpResponse:
    return render(
        request,
        "portal/exchanges.html",
        {"attempts": list_attempts(id), "most_attempts": MOST_ATTEMPTS},
    )


@page
def payload(request: SeatedRequest, id: str) -> HttpResponse:
    return render(request, "portal/payload.html", {"payload": get_payload(id)})


@page
def vendor_text(request: SeatedRequest, id: str) -> HttpResponse:
    """A text to copy, for the support of the other system."""
    return render(request, "portal/vendor_text.html", {"text": write_to_vendor(id)})


@act(Right.OPERATE)
def assign_letter(request: SeatedRequest, id: str) -> HttpResponse:
    one, member = Delivery.get_public(id), read_member(request)
    assign(one.cause, member, delivery=one, label=one.external_id)
    messages.success(request, given_to(member))
    return redirect("delivery", id=id)


@act(Right.OPERATE)
def comment_letter(request: SeatedRequest, id: str) -> HttpResponse:
    one = Delivery.get_public(id)
    try:
        comment(request.POST.get("text", ""), delivery=one, label=one.external_id)
        messages.success(request, gettext("Your comment is kept."))
    except NotSaid as reason:
        messages.error(request, str(reason))
    return redirect(f"{reverse('delivery', kwargs={'id': id})}#comments")
