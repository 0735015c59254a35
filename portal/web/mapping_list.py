"""A flow's mapping as two lists of lines in their order."""

from django.http import HttpResponse
from django.shortcuts import render

from portal.web.access import SeatedRequest, page
from portal.web.logic import frame, open_canvas_desk, read_side
from portal.web.sides import show_sides


@page
def mapping_list(request: SeatedRequest, id: str) -> HttpResponse:
    desk = open_canvas_desk(id)
    trial, sides = show_sides(desk.flow, desk.logic)
    if desk.flow.is_half:
        sides = [one for one in sides if one.side == read_side(request, desk)]
    context = frame(request, desk, "mapping", trial=trial, sides=sides)
    context["focus"] = request.GET.get("focus", "")
    return render(request, "portal/mapping_list.html", context)
