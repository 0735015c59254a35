"""The audit log: who did what, when and from where; search, CSV, and whether the chain is whole."""

from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from typing import Any

import msgspec
from django.http import HttpResponse, StreamingHttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.http import urlencode
from django.utils.translation import gettext_lazy

from ekyam.audit.listing import SIZE, Entry, Wanted, list_actions, list_actors, list_entries
from ekyam.audit.verify import check_chain
from ekyam.tenants.rights import Right
from flows.queries.pages import Page
from portal.web.access import SeatedRequest, page_for
from portal.web.spreadsheet import PAGE, spreadsheet
from portal.web.words import deed

FILTERS = ("q", "actor", "action", "subject", "from", "to")
HEADER = (
    gettext_lazy("Number"),
    gettext_lazy("When (UTC)"),
    gettext_lazy("Who"),
    gettext_lazy("Kind"),
    gettext_lazy("Address"),
    gettext_lazy("What"),
    gettext_lazy("About"),
    gettext_lazy("Id"),
    gettext_lazy("Changes"),
    gettext_lazy("Digest"),
)


@page_for(Right.AUDIT)
def audit(request: SeatedRequest) -> HttpResponse:
    asked = _asked(request)
    wanted = _wanted(asked)
    rows = list_entries(wanted, before=_number(request), size=SIZE + 1)
    key = str(rows[SIZE - 1].number) if len(rows) > SIZE else ""
    context = {
        "page": Page(rows[:SIZE], next=key, is_later="after" in request.GET),
        "asked": asked,
        "is_filtered": not wanted.is_all,
        "filters": urlencode({name: value for name, value in asked.items() if value}),
        "actors": list_actors(),
        "deeds": [(action, deed(action)) for action in list_actions()],
        "chain": check_chain() if "check" in request.GET else None,
    }
    return render(request, "portal/audit.html", context)


@page_for(Right.AUDIT)
def audit_csv(request: SeatedRequest) -> StreamingHttpResponse:
    asked = _asked(request)
    wanted = _wanted(asked)

    def turn(after: str) -> tuple[list[Sequence[Any]], str]:
        found = list_entries(wanted, before=int(after or 0), size=PAGE)
        return [_cells(one) for one in found], str(found[-1].number) if len(found) == PAGE else ""

    filters = {name: value for name, value in asked.items() if value}
    return spreadsheet(
        request.seat.tenant, "audit", [str(one) for one in HEADER], turn, filters=filters
    )


def _asked(request: SeatedRequest) -> dict[str, str]:
    return {name: request.GET.get(name, "").strip()[:255] for name in FILTERS}


def _wanted(asked: dict[str, str]) -> Wanted:
    last = _day(asked["to"])
    return Wanted(
        text=asked["q"],
        actor=asked["actor"],
        action=asked["action"],
        subject=asked["subject"],
        since=_midnight(_day(asked["from"])),
        until=_midnight(last + timedelta(days=1)) if last and last < date.max else None,
    )


def _day(text: str) -> date | None:
    """What is no day filters nothing."""
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def _midnight(day: date | None) -> datetime | None:
    """Of the company's clock. Days at the ends of the calendar have none in every zone."""
    if day is None or not 1 < day.year < date.max.year:
        return None
    return timezone.make_aware(datetime.combine(day, time.min))


def _number(request: SeatedRequest) -> int:
    text = request.GET.get("after", "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 19 else 0


def _cells(one: Entry) -> list[Any]:
    changes = {change.name: [change.before, change.after] for change in one.changes}
    return [
        one.number,
        one.at.isoformat(timespec="seconds"),
        one.actor,
        one.kind,
        one.address,
        deed(one.action),
        one.label,
        one.subject,
        msgspec.json.encode(changes).decode() if changes else "",
        one.digest,
    ]
