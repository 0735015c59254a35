"""Versions of what a flow does: what they differ in, publishing, discarding and going back."""

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext

from connectors.errors import MappingFailed
from ekyam.tenants.rights import Right
from flows.mapping.difference import Difference, difference
from flows.mapping.logic import Logic
from flows.models import Version
from flows.operations.complete import Incomplete
from flows.operations.versions import CONNECTORS_OWN, discard_draft, publish, save_draft
from flows.operations.versions import roll_back as go_back
from flows.queries.shadow import list_shadow_runs
from flows.queries.versions import find_version, get_version, list_versions, logic_of
from flows.states import IllegalMove
from portal.web.access import SeatedRequest, form_page, page
from portal.web.logic import Desk, frame, open_desk, read_edition
from portal.web.shadow import is_of_draft
from portal.web.sides import show_sides

LONGEST_NOTE = 500


def differ(desk: Desk, before: Logic, after: Logic) -> Difference:
    flow = desk.flow
    own = {"own_reader": flow.stream_spec.reader, "own_writer": flow.action_spec.writer}
    return difference(before, after, **own)


@page
def versions(request: SeatedRequest, id: str) -> HttpResponse:
    desk = open_desk(id)
    context = frame(request, desk, "versions", versions=list_versions(desk.flow))
    return render(request, "portal/versions.html", context)


@page
def version(request: SeatedRequest, id: str) -> HttpResponse:
    """Beside the one before it, and beside what is published."""
    found = find_version(id)
    desk = open_desk(found.flow_id)
    earlier = [one for one in list_versions(desk.flow) if one.number < found.number]
    before = logic_of(earlier[0]) if earlier else Logic()
    context = frame(request, desk, "versions", version=found)
    context["before"] = earlier[0].number if earlier else CONNECTORS_OWN
    context["changes"] = differ(desk, before, logic_of(found)).changes
    return render(request, "portal/version.html", context)


@form_page(Right.CONFIGURE)
def publish_flow(request: SeatedRequest, id: str) -> HttpResponse:
    """First what would change, in words; then the flow goes by it."""
    desk = open_desk(id)
    if request.method == "POST":
        return _publish(request, desk, id)
    changes = differ(desk, desk.published_logic, desk.logic).changes
    trial, sides = show_sides(desk.flow, desk.logic)
    run = next((one for one in list_shadow_runs(desk.flow) if is_of_draft(one, desk)), None)
    context = frame(request, desk, "", changes=changes, trial=trial, sides=sides, shadow=run)
    return render(request, "portal/publish.html", context)


def _publish(request: SeatedRequest, desk: Desk, id: str) -> HttpResponse:
    note = request.POST.get("note", "").strip()[:LONGEST_NOTE]
    edition = read_edition(request, desk)
    try:
        if desk.draft and note and note != desk.draft.note:
            edition = save_draft(desk.flow, desk.logic, edition=edition, note=note).edition
        found = publish(desk.flow, edition=edition)
        messages.success(
            request,
            gettext("Version {number} is published: the flow goes by it now.").format(
                number=found.number
            ),
        )
    except Incomplete as refused:
        messages.error(request, str(refused))
        return redirect("verify_flow", id=id)
    except (IllegalMove, MappingFailed) as refused:
        messages.error(request, str(refused))
        return redirect("publish_flow" if desk.draft else "mapping", id=id)
    return redirect("mapping", id=id)


@form_page(Right.CONFIGURE)
def discard_flow(request: SeatedRequest, id: str) -> HttpResponse:
    """First what is lost."""
    desk = open_desk(id)
    if request.method != "POST":
        changes = differ(desk, desk.published_logic, desk.logic).changes
        return render(request, "portal/discard.html", frame(request, desk, "", changes=changes))
    if desk.draft and read_edition(request, desk) != desk.edition:
        messages.error(
            request, gettext("Somebody else has saved this draft since you looked. Look again.")
        )
        return redirect("discard_flow", id=id)
    try:
        discard_draft(desk.flow)
        messages.success(request, gettext("The draft is discarded."))
    except IllegalMove as refused:
        messages.error(request, str(refused))
    return redirect("mapping", id=id)


@form_page(Right.CONFIGURE)
def roll_back(request: SeatedRequest, id: str) -> HttpResponse:
    """To an earlier version; 0 is the connectors' own mapping."""
    desk = open_desk(id)
    asked = request.POST if request.method == "POST" else request.GET
    number = _read_number(asked.get("to", "")) or CONNECTORS_OWN
    earlier = get_version(desk.flow, number) if number != CONNECTORS_OWN else None
    if request.method == "POST":
        return _go_back(request, desk, number)
    after = logic_of(earlier) if earlier else Logic()
    context: dict[str, Any] = frame(request, desk, "", number=number)
    context["changes"] = differ(desk, desk.published_logic, after).changes
    return render(request, "portal/roll_back.html", context)


def _read_number(text: str) -> int | None:
    return int(text[:9]) if text.isascii() and text.isdigit() else None


def _go_back(request: SeatedRequest, desk: Desk, number: int) -> HttpResponse:
    try:
        found = go_back(desk.flow, number, seen=_read_number(request.POST.get("seen", "")))
        said = (
            gettext("It is published again, as version {number}.").format(number=found.number)
            if found
            else ""
        )
        messages.success(
            request, said or gettext("The flow goes by the connectors' own mapping again.")
        )
    except (IllegalMove, MappingFailed, Version.DoesNotExist) as refused:
        messages.error(request, str(refused))
    return redirect("versions", id=desk.flow.public_id)
