"""What rules hold for review: a person releases it, or rejects it and says why."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse, HttpResponseBadRequest
from django.shortcuts import redirect, render
from django.utils.http import urlencode

from ekyam import ids
from ekyam.tenants.rights import Right
from flows.models import Delivery, Flow
from flows.operations.hold import reject, reject_many, release, release_many
from flows.queries.deliveries import get_delivery
from flows.queries.held import count_held, list_held, list_held_groups, list_held_ids
from flows.states import IllegalMove
from portal.web.access import SeatedRequest, act, form_page, page

MOST_AT_ONCE, LONGEST_REASON = 500, 300


@dataclass(frozen=True)
class Chosen:
    """What the address names: what one rule holds, of one flow or of all."""

    rule: str
    flow: UUID | None
    query: str  # the same again

    @property
    def wanted(self) -> dict[str, Any]:
        return {"rule": self.rule, "flow": self.flow}


def _chosen(request: SeatedRequest) -> Chosen:
    """Raises Flow.DoesNotExist for a flow that is none."""
    rule, flow = request.GET.get("rule", ""), request.GET.get("flow", "")
    found = {"rule": rule} if rule else {}
    if flow:
        found["flow"] = flow
    key = ids.parse(Flow.prefix, Flow.get_public(flow).public_id) if flow else None
    return Chosen(rule.replace("\x00", ""), key, urlencode(found))


@page
def held(request: SeatedRequest) -> HttpResponse:
    chosen = _chosen(request)
    groups = list_held_groups()
    context = {
        "groups": groups,
        "count": sum(group.count for group in groups),
        "chosen": chosen,
        "page": list_held(**chosen.wanted, after=request.GET.get("after", "")),
    }
    return render(request, "portal/held.html", context)


@act(Right.OPERATE)
def release_held(request: SeatedRequest, id: str) -> HttpResponse:
    try:
        release(Delivery.get_public(id))
        messages.success(request, "It is released, and sent as it is.")
    except IllegalMove as reason:
        messages.error(request, str(reason))
    return redirect("held")


@form_page(Right.OPERATE)
def reject_held(request: SeatedRequest, id: str) -> HttpResponse:
    found, error = get_delivery(id), ""
    if request.method == "POST":
        reason, error = _reason(request)
        if not error:
            try:
                reject(Delivery.get_public(id), reason)
                messages.success(request, f"{found.label} is rejected: it is not sent.")
            except IllegalMove as refused:
                messages.error(request, str(refused))
            return redirect("held")
    context = {"delivery": found, "error": error, "reason": request.POST.get("reason", "")}
    return render(request, "portal/reject_held.html", context, status=422 if error else 200)


@form_page(Right.OPERATE)
def release_all(request: SeatedRequest) -> HttpResponse:
    """First how many and which; then they go."""
    return _all(request, "release")


@form_page(Right.OPERATE)
def reject_all(request: SeatedRequest) -> HttpResponse:
    return _all(request, "reject")


def _all(request: SeatedRequest, deed: str) -> HttpResponse:
    """Only as many as were shown: what was held since then waits for the next look."""
    chosen, error = _chosen(request), ""
    if request.method == "POST":
        reason, error = _reason(request) if deed == "reject" else ("", "")
        most = request.POST.get("most", str(MOST_AT_ONCE))
        if not most.isascii() or not most.isdigit():
            return HttpResponseBadRequest("«most» is no number.")
        if not error:
            limit = min(int(most[:6]), MOST_AT_ONCE)
            found = list_held_ids(**chosen.wanted, limit=limit)
            done = reject_many(found, reason) if deed == "reject" else release_many(found)
            word = "rejected" if deed == "reject" else "released"
            messages.success(request, f"{done} of {len(found)} {word}.")
            return redirect("held")
    count = count_held(**chosen.wanted)
    context = {
        "deed": deed,
        "chosen": chosen,
        "count": count,
        "at_once": min(count, MOST_AT_ONCE),
        "first": list_held(**chosen.wanted, size=10).rows,
        "error": error,
        "reason": request.POST.get("reason", ""),
    }
    return render(request, "portal/held_all.html", context, status=422 if error else 200)


def _reason(request: SeatedRequest) -> tuple[str, str]:
    """The reason, and what is wrong with it."""
    reason = request.POST.get("reason", "").replace("\x00", "").strip()
    if not reason:
        return "", "Say why: it is kept, and shown with the record."
    if len(reason) > LONGEST_REASON:
        return "", f"It is longer than {LONGEST_REASON} characters."
    return reason, ""
