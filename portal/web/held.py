"""What rules hold for review, and the orders that people hold."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.http import urlencode
from django.utils.translation import ngettext

from ekyam import ids
from ekyam.tenants.rights import Right
from flows.models import Flow
from flows.operations.hold import reject_many, release_many
from flows.queries.held import count_held, list_held, list_held_groups, list_held_ids
from flows.queries.holds import list_held_orders
from portal.web.access import SeatedRequest, form_page, page
from portal.web.moments import moment_of
from portal.web.reasons import BadReason, read_reason

MOST_AT_ONCE = 500


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
    return Chosen(rule, key, urlencode(found))


@page
def held(request: SeatedRequest) -> HttpResponse:
    chosen = _chosen(request)
    groups = list_held_groups()
    context = {
        "groups": groups,
        "count": sum(group.count for group in groups),
        "chosen": chosen,
        "orders": [] if chosen.query else list_held_orders(),
        "page": list_held(**chosen.wanted, after=request.GET.get("after", "")),
    }
    return render(request, "portal/held.html", context)


@form_page(Right.OPERATE)
def release_all(request: SeatedRequest) -> HttpResponse:
    """First how many and which; then they go."""
    return _all(request, "release")


@form_page(Right.OPERATE)
def reject_all(request: SeatedRequest) -> HttpResponse:
    return _all(request, "reject")


def _all(request: SeatedRequest, deed: str) -> HttpResponse:
    """Only what was held when it was shown: what was held since then waits for the next look."""
    chosen, error = _chosen(request), ""
    if request.method == "POST":
        reason, error = _reason(request) if deed == "reject" else ("", "")
        if not error:
            until = moment_of(request.POST.get("until", ""))
            found = list_held_ids(**chosen.wanted, until=until, limit=MOST_AT_ONCE)
            done = reject_many(found, reason) if deed == "reject" else release_many(found)
            messages.success(request, _say_done(deed, done, len(found)))
            return redirect("held")
    count = count_held(**chosen.wanted)
    context = {
        "deed": deed,
        "chosen": chosen,
        "count": count,
        "at_once": min(count, MOST_AT_ONCE),
        "first": list_held(**chosen.wanted, size=10).rows,
        "until": timezone.now().isoformat(),
        "error": error,
        "reason": request.POST.get("reason", ""),
    }
    return render(request, "portal/held_all.html", context)


def _say_done(deed: str, done: int, found: int) -> str:
    if deed == "reject":
        said = ngettext("{done} of {found} rejected.", "{done} of {found} rejected.", done)
    else:
        said = ngettext("{done} of {found} released.", "{done} of {found} released.", done)
    return said.format(done=done, found=found)


def _reason(request: SeatedRequest) -> tuple[str, str]:
    """The reason, and what is wrong with it."""
    try:
        return read_reason(request), ""
    except BadReason as wrong:
        return "", str(wrong)
