"""The third and fourth step: what comes from the system, and what it accepts."""

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext

from connectors.lines import Mapping
from connectors.spec import Action
from ekyam.tenants.rights import Right
from ekyam.tenants.scope import tenant_scope
from flows.models import Flow
from flows.operations.halves import open_half
from flows.operations.read_samples import read_samples
from flows.operations.stock.streams import LEVELS
from flows.queries.halves import writers_of
from flows.queries.set_up import get_progress
from flows.queries.stream_checks import StreamCheck, check_stream, check_streams
from flows.states import IllegalMove
from portal.web.access import SeatedRequest, act, act_outside, page_for
from portal.web.set_up_steps import show, too_early


@page_for(Right.CONNECT)
def map_data(request: SeatedRequest, id: str) -> HttpResponse:
    progress = get_progress(id)
    if progress.connection is None:
        return too_early(request, progress) or redirect("set_ups")
    streams = check_streams(progress.connection)
    return show(
        request,
        progress,
        "map",
        streams=[(one, f"stream:{one.name}" in progress.uses) for one in streams],
        answer=_answer(streams, progress.label),
        has_own=any(one.is_own for one in streams),
    )


def _answer(streams: list[StreamCheck], label: str) -> str:
    bad = [one for one in streams if one.state == "stream_bad"]
    own = [one for one in streams if one.is_own]
    if not own:
        return gettext(
            "Ekyam knows the records of {label} already. Read the newest ones, to see that "
            "yours fit."
        ).format(label=label)
    if bad:
        names = ", ".join(one.label for one in bad)
        return gettext("Something that is required is missing in: {names}.").format(names=names)
    return gettext(
        "{own} of {streams} kinds of record were read, and what is required is there."
    ).format(own=len(own), streams=len(streams))


@page_for(Right.CONNECT)
def stream(request: SeatedRequest, id: str) -> HttpResponse:
    """A part of the page, asked for when it is opened."""
    connection = get_progress(id).connection
    if connection is None:
        raise Http404
    try:
        detail = check_stream(connection, request.GET.get("stream", ""))
    except KeyError:
        # Without a name: of the first, so that the address shows something by itself.
        if "stream" in request.GET or not connection.spec.streams:
            raise Http404 from None
        detail = check_stream(connection, connection.spec.streams[0].name)
    return render(request, "portal/set_up_stream.html", {"detail": detail})


@act_outside(Right.CONNECT)
def read(request: SeatedRequest, id: str) -> HttpResponse:
    """Reads from the system; nothing is sent on, and nothing is changed there."""
    with tenant_scope(request.seat.tenant):
        progress = get_progress(id)
    if progress.connection is None:
        return too_early(request, progress) or redirect("set_ups")
    found = read_samples(progress.connection)
    problems = {one.problem for one in found if one.problem}
    total = sum(one.count for one in found)
    for problem in sorted(problems):
        messages.error(
            request, gettext("Not everything could be read. {problem}").format(problem=problem)
        )
    if total:
        messages.success(
            request, gettext("{total} records were read. Nothing was sent on.").format(total=total)
        )
    elif not problems:
        messages.success(
            request,
            gettext("{label} answered, and has no record of the last 30 days yet.").format(
                label=progress.label
            ),
        )
    return redirect("set_up_map", id=id)


@act(Right.CONFIGURE)
def open_mapping(request: SeatedRequest, id: str) -> HttpResponse:
    """The canvas of one stream, or of one action, as long as no flow has a mapping of its own."""
    progress = get_progress(id)
    if progress.connection is None:
        return too_early(request, progress) or redirect("set_ups")
    stream, action = (request.POST.get(name, "") for name in ("stream", "action"))
    try:
        ends = {"stream": stream} if stream else {"action": action}
        half = open_half(progress.connection, **ends)
    except KeyError:
        raise Http404 from None
    except IllegalMove as refused:
        messages.error(request, str(refused))
        return redirect("set_up_map" if stream else "set_up_writer", id=id)
    return redirect("mapping", id=half.public_id)


@page_for(Right.CONNECT)
def writer(request: SeatedRequest, id: str) -> HttpResponse:
    progress = get_progress(id)
    if progress.connection is None:
        return too_early(request, progress) or redirect("set_ups")
    flows: dict[str, list[Flow]] = {}
    for flow in Flow.objects.filter(target=progress.connection).order_by("label"):
        flows.setdefault(flow.action, []).append(flow)
    own = writers_of(progress.connection)
    actions = [
        _row(one, flows.get(one.name, []), own.get(one.name)) for one in progress.connector.actions
    ]
    return show(request, progress, "writer", actions=actions)


def _row(action: Action, flows: list[Flow], own: Mapping | None) -> dict[str, object]:
    return {
        "name": action.name,
        "label": action.label,
        "takes": action.resource.replace("_", " "),
        "lines": len((own or action.writer).lines),
        "is_mapped": own is not None,
        "is_stock": action.resource == LEVELS,
        "flows": flows,
    }
