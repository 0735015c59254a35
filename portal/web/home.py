"""The first page: the answer, what needs a person, the last day."""

from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone

from connectors.queries import list_connections
from flows.queries.home import count_held, get_home
from flows.queries.set_up import list_unfinished
from portal.web.access import SeatedRequest, page
from portal.web.set_up_steps import resumable


@page
def home(request: SeatedRequest) -> HttpResponse:
    connections, held = list_connections(), count_held()
    context = {
        "home": get_home(now=timezone.now()),
        "connections": connections,
        "unfinished": resumable(list_unfinished()),
        "troubled": [(one, held.get(one.id, 0)) for one in connections if one.state != "active"],
    }
    return render(request, "portal/home.html", context)
