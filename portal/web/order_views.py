"""Views of the list of orders that people keep, and the list as a table to take home."""

from collections.abc import Sequence
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse, QueryDict, StreamingHttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext, gettext_lazy

from ekyam.tenants.rights import Right
from flows.models import SavedView
from flows.operations.saved_views import ViewRefused
from flows.operations.saved_views import remove_view as take_away
from flows.operations.saved_views import save_view as keep
from flows.queries.orders import OrderRow, list_orders
from portal.web.access import SeatedRequest, act, page
from portal.web.order_filters import read_filters, wanted_of
from portal.web.spreadsheet import PAGE, spreadsheet
from portal.web.undo import say_with_undo
from portal.web.words import TONES

LONGEST_FILTERS = 10_000  # as an address, where a letter may be nine characters
HEADER = (
    gettext_lazy("Order"),
    gettext_lazy("State"),
    gettext_lazy("In each system"),
    gettext_lazy("Seen first (UTC)"),
    gettext_lazy("Our reference"),
    gettext_lazy("Id"),
)


@page
def orders_csv(request: SeatedRequest) -> StreamingHttpResponse:
    asked = read_filters(request.GET)
    wanted = wanted_of(asked)

    def turn(after: str) -> tuple[list[Sequence[Any]], str]:
        found = list_orders(wanted=wanted, after=after, size=PAGE)
        return [_cells(row) for row in found.rows], found.next

    return spreadsheet(
        request.seat.tenant, "orders", [str(one) for one in HEADER], turn, filters=asked.values
    )


def _cells(row: OrderRow) -> list[Any]:
    _, state = TONES.get(row.state, ("", row.state))
    systems = "; ".join(f"{one.system} {one.text}" for one in row.systems)
    return [
        row.label,
        state,
        systems,
        row.created_at.isoformat(timespec="seconds"),
        row.reference,
        row.id,
    ]


@act(Right.LOOK)
def save_view(request: SeatedRequest) -> HttpResponse:
    """What is not the person's to share stays theirs."""
    asked = read_filters(QueryDict(request.POST.get("filters", "")[:LONGEST_FILTERS]))
    is_shared = "shared" in request.POST and request.seat.may(Right.OPERATE)
    try:
        row, was = keep(
            request.user, request.POST.get("name", ""), asked.values, is_shared=is_shared
        )
        if was is None or was.filters == row.filters:
            messages.success(request, gettext("The view «{name}» is kept.").format(name=row.name))
        else:
            said = gettext("The view «{name}», which there was, has these filters now.")
            _say_with_undo(request, said.format(name=row.name), was)
    except ViewRefused as reason:
        messages.error(request, str(reason))
    return redirect(f"{reverse('orders')}?{asked.query}")


@act(Right.LOOK)
def remove_view(request: SeatedRequest, id: str) -> HttpResponse:
    """One's own; one that is shared also by whoever may share."""
    row = SavedView.get_public(id)
    is_mine = row.owner_id == request.user.pk
    if not (is_mine or (row.is_shared and request.seat.may(Right.OPERATE))):
        raise PermissionDenied
    take_away(row)
    said = gettext("The view «{name}» is removed.").format(name=row.name)
    if is_mine:
        _say_with_undo(request, said, row)
    else:
        messages.success(request, said)
    return redirect("orders")


def _say_with_undo(request: SeatedRequest, said: str, was: SavedView) -> None:
    kept = {"name": was.name, "filters": urlencode(was.filters)}
    kept |= {"shared": "on"} if was.is_shared else {}
    say_with_undo(request, said, undo=reverse("save_view"), **kept)
