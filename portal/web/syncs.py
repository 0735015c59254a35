"""Full comparisons: their progress, what they ask, and what they corrected."""

from collections.abc import Sequence
from typing import Any

from django.contrib import messages
from django.http import HttpResponse, StreamingHttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext

from ekyam.tenants.rights import Right
from flows.models import Sync
from flows.operations.stock.finish import answer_sync as give_answer
from flows.operations.stock.finish import stop_sync as call_off
from flows.operations.stock.plan import ask_for_sync
from flows.queries.stock.settings import get_stock_flow
from flows.queries.stock.syncs import get_sync, list_sync_corrections, list_syncs
from flows.states import IllegalMove
from portal.web.access import SeatedRequest, act, page
from portal.web.spreadsheet import PAGE, spreadsheet
from portal.web.words import TONES


@page
def syncs(request: SeatedRequest) -> HttpResponse:
    found = list_syncs(after=request.GET.get("after", ""))
    return render(request, "portal/syncs.html", {"page": found})


@page
def sync(request: SeatedRequest, id: str) -> HttpResponse:
    after = request.GET.get("after", "")
    context = {"sync": get_sync(id, after=after), "is_live": not after}
    return render(request, "portal/sync.html", context)


@page
def sync_part(request: SeatedRequest, id: str) -> HttpResponse:
    """The part that changes, for polling: 204 while it is as the reader has seen it."""
    found = get_sync(id)
    if found.seen == request.GET.get("seen"):
        return HttpResponse(status=204)
    return render(request, "portal/sync_part.html", {"sync": found, "is_live": True})


@page
def sync_csv(request: SeatedRequest, id: str) -> StreamingHttpResponse:
    Sync.get_public(id)

    def turn(after: str) -> tuple[list[Sequence[Any]], str]:
        found = list_sync_corrections(id, after=after, size=PAGE)
        return [_cells(row) for row in found.rows], found.next

    header = (
        gettext("SKU"),
        gettext("System"),
        gettext("Place"),
        gettext("From"),
        gettext("To"),
        gettext("Why"),
        gettext("State"),
        gettext("Reason"),
        gettext("When"),
    )
    return spreadsheet(request.seat.tenant, f"corrections-{id}", header, turn)


def _cells(row: Any) -> list[Any]:
    _, state = TONES.get(row.state, ("", row.state))
    found = [row.sku, row.target, row.place, row.held, row.quantity, row.why, state]
    return [*found, row.reason, row.at.isoformat(timespec="seconds")]


@act(Right.OPERATE)
def start_sync(request: SeatedRequest, id: str) -> HttpResponse:
    """Of a flow: all that it offers is compared; `back` that the target is read back too."""
    flow = get_stock_flow(id)
    if not flow.is_on:
        messages.error(
            request,
            gettext("{label} is off: nothing is compared until it is on.").format(label=flow.label),
        )
        return redirect("stock")
    reads_target = bool(request.POST.get("back"))
    begun = ask_for_sync(flow, by=request.seat.person, reads_target=reads_target)
    if begun is None:
        messages.error(
            request, gettext("{label} is being compared already.").format(label=flow.label)
        )
        return redirect("stock")
    return redirect("sync", id=begun.public_id)


@act(Right.OPERATE)
def stop_sync(request: SeatedRequest, id: str) -> HttpResponse:
    try:
        call_off(Sync.get_public(id), by=request.seat.person)
        messages.success(request, gettext("It is stopped. What was written stays."))
    except IllegalMove as reason:
        messages.error(request, str(reason))
    return redirect("sync", id=id)


@act(Right.OPERATE)
def answer_sync(request: SeatedRequest, id: str) -> HttpResponse:
    goes_on = request.POST.get("answer") == "go_on"
    try:
        give_answer(Sync.get_public(id), goes_on=goes_on, by=request.seat.person)
        messages.success(
            request,
            gettext("It goes on.") if goes_on else gettext("It is left. Nothing is changed."),
        )
    except IllegalMove as reason:
        messages.error(request, str(reason))
    return redirect("sync", id=id)
