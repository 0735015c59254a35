"""The first page: the answer, what needs a person, the last day."""

from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone

from flows.queries.home import get_home
from portal.web.access import SeatedRequest, page

SHOWN = 5  # of each kind; the page behind it has all of them


@page
def home(request: SeatedRequest) -> HttpResponse:
    found = get_home(now=timezone.now())
    return render(request, "portal/home.html", {"home": found, "shown": f":{SHOWN}"})
