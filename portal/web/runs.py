"""Runs: what came of each batch and each poll."""

from django.http import HttpResponse
from django.shortcuts import render

from flows.queries.runs import get_run, list_runs
from portal.web.access import SeatedRequest, page


@page
def runs(request: SeatedRequest) -> HttpResponse:
    found = list_runs(after=request.GET.get("after", ""))
    return render(request, "portal/runs.html", {"page": found})


@page
def run(request: SeatedRequest, id: str) -> HttpResponse:
    return render(
        request, "portal/run.html", {"run": get_run(id, after=request.GET.get("after", ""))}
    )
