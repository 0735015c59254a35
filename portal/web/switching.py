"""Switching a flow: first what it would do, then it is done."""

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext

from ekyam.tenants.rights import Right
from flows.mapping.outcome import Outcome
from flows.models import Flow
from flows.operations.complete import Incomplete
from flows.operations.configure import switch_off, switch_on
from flows.queries.exchanges import pretty
from flows.queries.switching import MOST, count_in_flight, preview_off, preview_on
from flows.states import IllegalMove
from portal.web.access import SeatedRequest, form_page
from portal.web.verify import tried
from portal.web.words import ago

SOME = 10  # more than were seen is no news


@form_page(Right.CONFIGURE)
def switch(request: SeatedRequest, id: str) -> HttpResponse:
    """The form tells what its reader saw: what is another by now is shown again."""
    found = Flow.get_public(id)
    flow = Flow.objects.select_related("source", "target", "version", "feeder__version").get(
        pk=found.pk
    )
    if request.method != "POST":
        return _ask(request, flow)
    to_on = request.POST.get("to") == "on"
    if flow.is_on == to_on:
        return _is_so_already(request, flow)
    number = request.POST.get("version", "") if to_on else ""
    if news := news_of(flow, number=number, seen=request.POST.get("open", "")):
        messages.error(request, f"{news} {gettext('This is how it is now: look again.')}")
        return redirect("switch_flow", id=id)
    return _switch(request, flow, to_on=to_on)


def _ask(request: SeatedRequest, flow: Flow) -> HttpResponse:
    if flow.is_on:
        context = {"flow": flow, "most": MOST, "preview": preview_off(flow)}
        return render(request, "portal/switch_off.html", context)
    return render(request, "portal/switch_on.html", context_of(flow))


def context_of(flow: Flow) -> dict[str, Any]:
    """What would come of turning it On."""
    found: dict[str, Any] = {"flow": flow, "most": MOST, "preview": (preview := preview_on(flow))}
    if preview.report:
        found["examples"] = [(one.id, _shown(one)) for one in preview.report.sent]
        found["tried"] = tried(preview.report)
    return found


def _shown(outcome: Outcome) -> str:
    return pretty(outcome.body)


def _is_so_already(request: SeatedRequest, flow: Flow) -> HttpResponse:
    since = ago(flow.switched_at, timezone.now()) if flow.switched_at else ""
    said = _already(flow.is_on, has_time=bool(since))
    messages.info(request, said.format(label=flow.label, since=since))
    return redirect("flow", id=flow.public_id)


def _already(is_on: bool, *, has_time: bool) -> str:
    if is_on and has_time:
        return gettext("{label} is on already (switched {since}). Nothing was done.")
    if is_on:
        return gettext("{label} is on already. Nothing was done.")
    if has_time:
        return gettext("{label} is off already (switched {since}). Nothing was done.")
    return gettext("{label} is off already. Nothing was done.")


def news_of(flow: Flow, *, number: str, seen: str) -> str:
    """Why what was seen before holds no more; empty while it holds. `number` is that of the version
    that was looked at, `seen` how much was open then; either is empty if it does not matter."""
    if number and number != str(number_of(flow)):
        return gettext("The mapping or the rules of {label} were changed since you looked.").format(
            label=flow.label
        )
    if not (seen.isascii() and seen.isdigit()):
        return ""
    now = count_in_flight(flow)
    before = int(seen[:9])
    if now.waiting + now.sending > before + max(SOME, before // 10):
        return gettext("More of {label} waits than when you looked.").format(label=flow.label)
    return ""


def number_of(flow: Flow) -> int:
    return flow.version.number if flow.version else 0


def _switch(request: SeatedRequest, flow: Flow, *, to_on: bool) -> HttpResponse:
    id = flow.public_id
    try:
        if not (switch_on if to_on else switch_off)(flow):
            return _is_so_already(request, flow)
    except Incomplete as reason:
        messages.error(request, str(reason))
        return redirect(f"{reverse('verify_flow', kwargs={'id': id})}?of=published")
    except IllegalMove as reason:
        messages.error(request, str(reason))
        return redirect("flow", id=id)
    said = gettext("{label} is on.") if to_on else gettext("{label} is off. What is open waits.")
    messages.success(request, said.format(label=flow.label))
    return redirect("flow", id=id)
