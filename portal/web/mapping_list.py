"""A flow's mapping as two lists of lines in their order."""

from django.http import HttpResponse
from django.shortcuts import render

from portal.web.access import SeatedRequest, page
from portal.web.logic import frame, open_desk
from portal.web.sides import show_sides


@page
def mapping_list(request: SeatedRequest, id: str) -> HttpResponse:
    desk = open_desk(id)
    trial, sides = show_sides(desk.flow, desk.logic)
    context = frame(request, desk, "mapping", trial=trial, sides=sides)
    context["focus"] = request.GET.get("focus", "")
    return render(request, "portal/mapping_list.html", context)
