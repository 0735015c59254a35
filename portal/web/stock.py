"""Stock: every SKU in every system, and one SKU with all that is known of it."""

from collections.abc import Sequence
from typing import Any

from django.http import HttpResponse, StreamingHttpResponse
from django.shortcuts import render
from django.utils.http import urlencode
from django.utils.translation import gettext, gettext_lazy

from flows.queries.stock.item import get_item
from flows.queries.stock.layout import Layout, find_layout
from flows.queries.stock.listing import leave_out_silent, list_stock
from flows.queries.stock.skus import SHOWS, Wanted
from flows.queries.stock.summary import count_stock, summarise
from flows.queries.stock.syncs import newest_syncs
from flows.queries.stock.tasks import list_place_tasks
from portal.web.access import SeatedRequest, page
from portal.web.spreadsheet import PAGE, spreadsheet
from portal.web.words import TONES

TABS = (
    ("all", gettext_lazy("All")),
    ("correcting", gettext_lazy("Being corrected")),
    ("stuck", gettext_lazy("Stuck")),
    ("on_the_way", gettext_lazy("On the way")),
    ("unmapped", gettext_lazy("Not mapped")),
    ("gone", gettext_lazy("Gone from the shop")),
)


@page
def stock(request: SeatedRequest) -> HttpResponse:
    wanted, layout = _wanted(request), find_layout()
    places, syncs = list_place_tasks(layout), newest_syncs(layout.flows)
    page = list_stock(layout, wanted)
    systems, rows = leave_out_silent(layout.systems, page.rows)
    context = {
        "answer": summarise(layout, count_stock(layout), places),
        "systems": systems,
        "page": page,
        "rows": rows,
        "places": places,
        "flows": [(flow, syncs.get(flow.public_id)) for flow in layout.flows],
        "wanted": wanted,
        "tabs": TABS,
        "filters": urlencode({"show": wanted.show, "sku": wanted.prefix}),
        "is_filtered": wanted.show != "all" or wanted.prefix,
    }
    return render(request, "portal/stock.html", context)


def _wanted(request: SeatedRequest) -> Wanted:
    show = request.GET.get("show", "all")
    return Wanted(
        show=show if show in SHOWS else "all",
        prefix=_text(request, "sku"),
        after=_text(request, "after"),
    )


def _text(request: SeatedRequest, name: str) -> str:
    return request.GET.get(name, "").strip()[:255]


@page
def stock_csv(request: SeatedRequest) -> StreamingHttpResponse:
    wanted, layout = _wanted(request), find_layout()

    def turn(after: str) -> tuple[list[Sequence[Any]], str]:
        found = list_stock(layout, Wanted(wanted.show, wanted.prefix, after), size=PAGE)
        return [_cells(row) for row in found.rows], found.next

    filters = {"show": wanted.show, "sku": wanted.prefix}
    return spreadsheet(request.seat.tenant, "stock", _header(layout), turn, filters=filters)


def _header(layout: Layout) -> list[str]:
    found = ["SKU", gettext("State")]
    for system in layout.systems:
        first, second = (
            (gettext("holds"), gettext("offered"))
            if system.is_target
            else (gettext("on hand"), gettext("available"))
        )
        for column in system.columns:
            named = f"{system.label}, {column.label}"
            found += [f"{named}: {first}", f"{named}: {second}"]
    return [*found, gettext("Why")]


def _cells(row: Any) -> list[Any]:
    why = "; ".join(str(one) for one in row.reasons)
    _, state = TONES.get(f"stock_{row.state}", ("", row.state))
    return [row.sku, state, *(cell.number for cell in row.cells), why]


@page
def stock_sku(request: SeatedRequest) -> HttpResponse:
    """The SKU stands in the query: it may hold any character."""
    sku = request.GET.get("sku", "")[:255]
    return render(request, "portal/stock_sku.html", {"item": get_item(sku)})
