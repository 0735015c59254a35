"""Shadow runs: what a draft would have done to the past, begun, followed, stopped and opened."""

from datetime import date, datetime, time, timedelta
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode
from django.utils.translation import gettext

from connectors.errors import MappingFailed
from ekyam.tenants.rights import Right
from flows.models import ShadowRun
from flows.operations.shadow.start import start_shadow as begin
from flows.operations.shadow.start import stop_shadow as call_off
from flows.queries.shadow import (
    ShadowRow,
    count_differences,
    get_difference,
    get_shadow_run,
    list_differences,
    list_shadow_runs,
)
from flows.rules.judge import RuleInvalid
from flows.states import IllegalMove
from portal.web.access import SeatedRequest, act, page
from portal.web.logic import Desk, frame, open_desk

DAYS = 30  # that a window has if nobody says otherwise
_OLDEST = date(2000, 1, 1)


@page
def shadow_runs(request: SeatedRequest, id: str) -> HttpResponse:
    """Where one begins, and the last ones."""
    desk, today = open_desk(id), timezone.localdate()
    runs = list_shadow_runs(desk.flow)
    context = frame(request, desk, "shadow", runs=runs)
    context["running"] = next((one for one in runs if one.state == "running"), None)
    context["since"] = request.GET.get("since", str(today - timedelta(days=DAYS)))[:10]
    context["until"] = request.GET.get("until", str(today))[:10]
    context["today"] = str(today)
    return render(request, "portal/shadow_runs.html", context)


@act(Right.CONFIGURE)
def start_shadow(request: SeatedRequest, id: str) -> HttpResponse:
    """From the beginning of one day to the end of another, in the company's zone."""
    desk, today = open_desk(id), timezone.localdate()
    since = request.POST.get("since", "") or str(today - timedelta(days=DAYS))
    until = request.POST.get("until", "") or str(today)
    try:
        ends = _midnight(until) + timedelta(days=1)
        run = begin(desk.flow, since=_midnight(since), until=ends)
    except (IllegalMove, MappingFailed, RuleInvalid) as refused:
        messages.error(request, str(refused))
        typed = urlencode({"since": since[:10], "until": until[:10]})
        return redirect(f"{reverse('shadow_runs', kwargs={'id': id})}?{typed}")
    return redirect("shadow_run", id=run.public_id)


def _midnight(text: str) -> datetime:
    """At which a day begins. Raises IllegalMove, in words."""
    try:
        day = date.fromisoformat(text)
    except ValueError as error:
        raise IllegalMove(
            gettext("«{text}» is not a day: write it as 2026-05-01.").format(text=text[:20])
        ) from error
    if not _OLDEST <= day <= timezone.localdate() + timedelta(days=366):
        raise IllegalMove(
            gettext("{day} is not a day that a window can have: choose one in the past.").format(
                day=day
            )
        )
    return timezone.make_aware(datetime.combine(day, time.min))


@page
def shadow_run(request: SeatedRequest, id: str) -> HttpResponse:
    """With the differences of one kind, if the address names one."""
    run = get_shadow_run(id)
    desk = open_desk(run.flow_id)
    context = frame(request, desk, "shadow", **_shown(run, desk))
    context["kind"] = kind = request.GET.get("kind", "")[:20]
    context["attributes"] = attributes = request.GET.get("attributes", "").replace("\x00", "")
    group = next((g for g in run.groups if (g.kind, g.attributes) == (kind, attributes)), None)
    if group is not None and group.is_openable:
        after = request.GET.get("after", "")
        context["group"] = group
        context["kept"] = count_differences(id, kind=kind, attributes=attributes)
        context["page"] = list_differences(id, kind=kind, attributes=attributes, after=after)
        context["filters"] = urlencode({"kind": kind, "attributes": attributes})
    return render(request, "portal/shadow_run.html", context)


@page
def shadow_part(request: SeatedRequest, id: str) -> HttpResponse:
    """The part that changes, for polling: 204 while it is as the reader has seen it."""
    run = get_shadow_run(id)
    context = _shown(run, open_desk(run.flow_id))
    if context["seen"] == request.GET.get("seen"):
        return HttpResponse(status=204)
    context["may_change"] = request.seat.may(Right.CONFIGURE)
    return render(request, "portal/shadow_part.html", context)


def _shown(run: ShadowRow, desk: Desk) -> dict[str, Any]:
    is_running = run.state == "running"
    found: dict[str, Any] = {"run": run, "is_running": is_running}
    found["seen"] = f"{run.state}-{run.total}-{run.events}-{run.reason[:40]}"
    found["is_of_draft"] = is_of_draft(run, desk)
    if is_running and run.started_at and run.events and run.total:
        passed = (timezone.now() - run.started_at).total_seconds()
        found["rate"] = rate = run.events / max(passed, 1.0)
        found["left_seconds"] = (run.total - run.events) / rate
    return found


def is_of_draft(run: ShadowRow, desk: Desk) -> bool:
    """Whether it is of the draft as it is now, beside what the flow goes by now."""
    draft, baseline = desk.draft, desk.published.number if desk.published else None
    was = (run.number, run.edition, run.baseline)
    return draft is not None and was == (draft.number, draft.edition, baseline)


@act(Right.CONFIGURE)
def stop_shadow(request: SeatedRequest, id: str) -> HttpResponse:
    try:
        call_off(ShadowRun.get_public(id))
        messages.success(request, gettext("It is stopped. What was found until then stays."))
    except IllegalMove as reason:
        messages.error(request, str(reason))
    return redirect("shadow_run", id=id)


@page
def shadow_difference(request: SeatedRequest, id: str) -> HttpResponse:
    """What is in the row that is opened."""
    return render(request, "portal/shadow_difference.html", {"one": get_difference(id)})
