"""Runs: what came of each batch and each poll, and the long work that is under way."""

from collections.abc import Sequence
from datetime import timedelta
from hashlib import sha256
from typing import Any
from urllib.parse import urlencode

from django.http import HttpResponse, StreamingHttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext_lazy

from flows.models.event import Origin
from flows.queries.runs import RunRow, Wanted, get_run, list_flow_names, list_runs
from flows.queries.under_way import list_under_way
from portal.web.access import SeatedRequest, page
from portal.web.spreadsheet import PAGE, spreadsheet
from portal.web.words import ORIGINS, TONES

OUTCOMES = {"failed": gettext_lazy("Failed"), "done": gettext_lazy("Done")}
SINCE = {"hour": timedelta(hours=1), "day": timedelta(days=1), "week": timedelta(days=7)}
SINCE_WORDS = {
    "hour": gettext_lazy("The last hour"),
    "day": gettext_lazy("The last 24 hours"),
    "week": gettext_lazy("The last 7 days"),
}
HEADER = (
    gettext_lazy("Id"),
    gettext_lazy("Started"),
    gettext_lazy("What"),
    gettext_lazy("From"),
    gettext_lazy("By"),
    gettext_lazy("State"),
    gettext_lazy("Records"),
    gettext_lazy("Deliveries"),
    gettext_lazy("Took"),
    gettext_lazy("Why"),
)
EVERY_SECONDS = 2  # while something is under way; else less often


@page
def runs(request: SeatedRequest) -> HttpResponse:
    asked = _asked(request)
    context = {
        "page": list_runs(_wanted(asked), after=request.GET.get("after", "")),
        "asked": asked,
        "filters": urlencode(asked),
        "flows": list_flow_names(),
        "origins": ORIGINS,
        "outcomes": OUTCOMES,
        "spans": SINCE_WORDS,
        **_under_way(),
    }
    return render(request, "portal/runs.html", context)


@page
def runs_part(request: SeatedRequest) -> HttpResponse:
    """What is under way, for polling: 204 while it is as the reader has seen it."""
    context = _under_way()
    if context["seen"] == request.GET.get("seen"):
        return HttpResponse(status=204)
    return render(request, "portal/under_way.html", context)


def _under_way() -> dict[str, Any]:
    works = list_under_way()
    seen = sha256(str(works).encode()).hexdigest()[:16]
    return {"works": works, "seen": seen, "every": EVERY_SECONDS if works else 10}


@page
def runs_csv(request: SeatedRequest) -> StreamingHttpResponse:
    asked = _asked(request)
    wanted = _wanted(asked)

    def turn(after: str) -> tuple[list[Sequence[Any]], str]:
        found = list_runs(wanted, after=after, size=PAGE)
        return [_cells(row) for row in found.rows], found.next

    return spreadsheet(
        request.seat.tenant, "runs", [str(one) for one in HEADER], turn, filters=asked
    )


@page
def run(request: SeatedRequest, id: str) -> HttpResponse:
    state = request.GET.get("state", "")
    state = state if state in TONES else ""
    found = get_run(id, state=state, after=request.GET.get("after", ""))
    context = {"run": found, "state": state, "kept": urlencode({"state": state} if state else {})}
    return render(request, "portal/run.html", context)


def _asked(request: SeatedRequest) -> dict[str, str]:
    """What filters, and nothing that is none: an address may be old, or typed by hand."""
    given = {
        name: request.GET.get(name, "").strip()[:60] for name in ("flow", "by", "out", "since")
    }
    known = {"by": list(Origin.values), "out": list(OUTCOMES), "since": list(SINCE)}
    return {name: text for name, text in given.items() if text and text in known.get(name, [text])}


def _wanted(asked: dict[str, str]) -> Wanted:
    since = SINCE.get(asked.get("since", ""))
    return Wanted(
        flow=asked.get("flow", ""),
        origin=asked.get("by", ""),
        outcome=asked.get("out", ""),
        since=timezone.now() - since if since else None,
    )


def _cells(row: RunRow) -> list[Any]:
    state = TONES.get(row.state, ("", row.state))[1]
    started = row.started_at.isoformat(timespec="milliseconds")
    by = ORIGINS.get(row.origin, row.origin)
    figures = [row.records, row.deliveries, "" if row.seconds is None else row.seconds]
    return [row.id, started, row.what, row.connection, by, state, *figures, row.failure]
