"""The first page: the answer, what needs a person, the last day."""

from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone

from connectors.queries import list_connections
from flows.queries.home import count_held, get_home
from portal.web.access import SeatedRequest, page


@page
def home(request: SeatedRequest) -> HttpResponse:
    connections, held = list_connections(), count_held()
    context = {
        "home": get_home(now=timezone.now()),
        "connections": connections,
        "troubled": [(one, held.get(one.id, 0)) for one in connections if one.state != "active"],
    }
    return render(request, "portal/home.html", context)
