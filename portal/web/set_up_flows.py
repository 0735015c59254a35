"""The last two steps: which flows there are to be, and turning them On."""

from collections.abc import Collection

from django.contrib import messages
from django.db.models import Q, QuerySet
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode
from django.utils.translation import gettext, ngettext

from connectors import set_ups as operations
from connectors.models import Connection
from connectors.set_ups import Ended
from ekyam import ids
from ekyam.tenants.rights import Right
from ekyam.tenants.scope import tenant_scope
from flows.models import Flow
from flows.operations.configure import switch_on
from flows.operations.make_flows import make_flows
from flows.queries.lights import FlowRow
from flows.queries.offers import Offer, list_offers
from flows.queries.set_up import Progress, get_progress
from flows.queries.workflow import get_workflow
from flows.states import IllegalMove
from portal.web.access import SeatedRequest, act, form_page, form_page_outside, page_for
from portal.web.add_flows import by_pair, say_made
from portal.web.drawing import drawing_of
from portal.web.set_up_steps import address_of, has_ended, show, too_early
from portal.web.switching import context_of, news_of, number_of

MOST_AT_ONCE = 60


@form_page(Right.CONFIGURE)
def configure(request: SeatedRequest, id: str) -> HttpResponse:
    progress = get_progress(id)
    if progress.connection is None:
        return too_early(request, progress) or redirect("set_ups")
    if request.method == "POST":
        return _make(request, progress)
    return _page(request, progress)


def _page(request: SeatedRequest, progress: Progress) -> HttpResponse:
    assert progress.connection is not None
    offers = list_offers(progress.connection)
    ready = [one for one in offers if one.recipe]
    return show(
        request,
        progress,
        "flows",
        ready=by_pair(ready),
        singles=by_pair([one for one in offers if not one.recipe]),
        is_advised=any(one.is_advised or one.flow_id for one in ready),
    )


def _make(request: SeatedRequest, progress: Progress) -> HttpResponse:
    assert progress.connection is not None
    try:
        operations.lock(progress.id)
    except Ended as ended:
        return has_ended(request, ended)
    made = make_flows(set(request.POST.getlist("flow")))
    if not made and not progress.steps[4].is_done:
        messages.error(request, gettext("Choose at least one flow."))
        return _page(request, progress)
    if made:
        say_made(request, len(made))
    return redirect("set_up_live", id=progress.id)


@page_for(Right.CONNECT)
def live(request: SeatedRequest, id: str) -> HttpResponse:
    progress = get_progress(id)
    if progress.connection is None:
        return too_early(request, progress) or redirect("set_ups")
    offers = list_offers(progress.connection)
    own = {flow.public_id for flow in _flows_of(progress.connection, offers)}
    workflow = get_workflow(now=timezone.now())
    rows = [row for row in workflow.flows if row.id in own]
    unadvised = {one.flow_id for one in offers if one.recipe and not one.is_advised}
    return show(
        request,
        progress,
        "live",
        flows=[(row, row.id not in unadvised) for row in rows],
        answer=_answer(rows),
        **drawing_of(workflow, rest="&drawing=1"),
        waiting=sum(not row.is_on for row in rows),
    )


def _answer(rows: list[FlowRow]) -> str:
    on, many = sum(row.is_on for row in rows), len(rows)
    if not rows:
        return gettext("There is no flow yet: choose some in the step before.")
    if not on:
        return ngettext(
            "{many} flow is ready. Turn On what you want.",
            "{many} flows are ready. Turn On what you want.",
            many,
        ).format(many=many)
    if on == many:
        return ngettext(
            "The flow is On. The set-up is finished.",
            "All {many} flows are On. The set-up is finished.",
            many,
        ).format(many=many)
    return gettext("{on} of {many} flows are On. The others wait until you turn them On.").format(
        on=on, many=many
    )


@page_for(Right.CONNECT)
def preview(request: SeatedRequest, id: str) -> HttpResponse:
    """A part of the page: what one flow would make of the newest records. Nothing is written."""
    connection = get_progress(id).connection
    if connection is None:
        raise Http404
    asked = request.GET.get("flow", "")
    mine = _flows_of(connection, list_offers(connection))
    flow = mine.filter(pk=Flow.get_public(asked).pk).first() if asked else mine.first()
    if flow is None:
        raise Http404
    context = context_of(flow)
    in_flight = context["preview"].in_flight
    many = in_flight.waiting + in_flight.sending
    context["seen"] = f"{flow.public_id}:{number_of(flow)}:{many}"
    return render(request, "portal/set_up_preview.html", context)


@form_page_outside(Right.CONFIGURE)
def turn_on(request: SeatedRequest, id: str) -> HttpResponse:
    """First what each would send: only what was looked at is turned On.

    Each flow in a transaction of its own: one that may not go On keeps none of the others.
    """
    with tenant_scope(request.seat.tenant):
        progress = get_progress(id)
        if progress.connection is None:
            return too_early(request, progress) or redirect("set_ups")
        if request.method != "POST":
            return _look(request, progress)
        offers = list_offers(progress.connection)
        mine = {flow.public_id for flow in _flows_of(progress.connection, offers)}
    chosen = request.POST.getlist("flow")[:MOST_AT_ONCE]
    looked_at = dict(one.split(":", 1) for one in request.POST.getlist("seen") if ":" in one)
    turned, again = [], []
    for one in chosen:
        try:
            label = _turn_on(request, mine, one, looked_at.get(one, ""))
        except _LookAgain as news:
            messages.error(request, str(news))
            again.append(one)
        else:
            turned += [label] if label else []
    if turned:
        count = len(turned)
        words = (
            gettext("{label} is On.").format(label=turned[0])
            if count == 1
            else ngettext("{count} flow is On.", "{count} flows are On.", count).format(count=count)
        )
        messages.success(request, f"{words} {gettext('What changes from now on is sent.')}")
        with tenant_scope(request.seat.tenant):
            _finish(id)
    elif not chosen:
        messages.error(request, gettext("Choose at least one flow."))
    if again:
        query = urlencode({"flow": again}, doseq=True)
        return redirect(f"{reverse('turn_on_flows', kwargs={'id': id})}?{query}")
    return redirect("set_up_live", id=id)


class _LookAgain(Exception):
    """It was not looked at, or is another by now."""


def _look(request: SeatedRequest, progress: Progress) -> HttpResponse:
    """What each would do comes as a part of its own: a dry run takes its time."""
    assert progress.connection is not None
    asked = set(request.GET.getlist("flow")[:MOST_AT_ONCE])
    mine = _flows_of(progress.connection, list_offers(progress.connection))
    off = mine.filter(is_on=False).order_by("position", "id")
    chosen = [flow for flow in off if flow.public_id in asked]
    live = address_of(progress, "live")
    return show(request, progress, "live", template="on", chosen=chosen, live=live)


def _flows_of(connection: Connection, offers: list[Offer]) -> QuerySet[Flow]:
    """Those of this system; and what is advised between others, was made, and was never On."""
    found = Flow.objects.select_related("source", "target", "version", "feeder__version")
    own = Q(source=connection) | Q(target=connection)
    offered = [one.flow_id for one in offers if one.flow_id and one.is_advised]
    made = Q(pk__in=[ids.parse(Flow.prefix, id) for id in offered], switched_at=None)
    return found.filter(own | made)


def _turn_on(request: SeatedRequest, mine: Collection[str], public_id: str, seen: str) -> str:
    """Its label if it is On now. One that is none of `mine`, or was On, is left alone.

    Raises _LookAgain.
    """
    try:
        with tenant_scope(request.seat.tenant):
            flow = Flow.get_public(public_id, "source", "target", "version")
            if public_id not in mine or flow.is_on:
                return ""
            if not seen:
                words = gettext("Look first at what {flow} would send.")
                raise _LookAgain(words.format(flow=flow.label))
            number, _, many = seen.partition(":")
            if news := news_of(flow, number=number, seen=many):
                words = gettext("{news} This is how it is now: look again.")
                raise _LookAgain(words.format(news=news))
            switch_on(flow)
            return str(flow.label)
    except Flow.DoesNotExist:
        messages.error(request, gettext("One of the flows is not there any more."))
    except IllegalMove as reason:
        messages.error(request, str(reason))
    return ""


def _finish(id: str) -> None:
    try:
        operations.finish(operations.lock(id))
    except Ended:
        return  # it was finished before


@act(Right.CONNECT)
def finish(request: SeatedRequest, id: str) -> HttpResponse:
    """Without turning anything On: whoever does that may be somebody else."""
    try:
        row = operations.lock(id)
    except Ended as ended:
        return has_ended(request, ended)
    progress = get_progress(id)
    if early := too_early(request, progress):
        return early
    if not next(one for one in progress.steps if one.name == "flows").is_done:
        words = gettext(
            "{label} has no flow yet, so there is nothing to finish: make one first, or leave"
            " the set-up and resume it later."
        )
        messages.error(request, words.format(label=progress.label))
        return redirect("set_up_flows", id=id)
    operations.finish(row)
    messages.success(request, gettext("The set-up is finished. Flows are turned On on their page."))
    return redirect("flows")
