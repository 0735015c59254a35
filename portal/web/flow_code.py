"""A flow as code: taken home as YAML, brought back with a plan, and applied as a draft."""

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext

from connectors.errors import MappingFailed
from ekyam.tenants.rights import Right
from flows.mapping.code import FlowCode, Source, Target, plan, read_code, write_code
from flows.mapping.difference import Change
from flows.mapping.logic import Logic
from flows.mapping.nodes import CodeInvalid
from flows.operations.versions import check_logic, save_draft
from flows.states import IllegalMove
from portal.web.access import SeatedRequest, form_page, page
from portal.web.logic import Desk, frame, open_desk, read_edition
from portal.web.sheets import NotText, attachment, read_sheet_text


class OtherFlow(ValueError):
    """The code is of another source or target."""


def code_of(desk: Desk, logic: Logic) -> FlowCode:
    flow = desk.flow
    source = Source(flow.source.connector, flow.stream)
    return FlowCode(flow.label, source, Target(flow.target.connector, flow.action), logic)


def _yaml(desk: Desk, *, is_draft: bool) -> str:
    version = desk.draft if is_draft else desk.published
    logic = desk.logic if is_draft else desk.published_logic
    return write_code(code_of(desk, logic), version=version.number if version else None)


@page
def flow_code(request: SeatedRequest, id: str) -> HttpResponse:
    desk = open_desk(id)
    is_draft = desk.draft is not None and "draft" in request.GET
    context = frame(request, desk, "code", code=_yaml(desk, is_draft=is_draft), is_draft=is_draft)
    return render(request, "portal/flow_code.html", context)


@page
def flow_yaml(request: SeatedRequest, id: str) -> HttpResponse:
    desk = open_desk(id)
    is_draft = desk.draft is not None and "draft" in request.GET
    text = _yaml(desk, is_draft=is_draft)
    return attachment(f"{desk.flow.label}.yaml", text, "application/yaml")


@form_page(Right.CONFIGURE)
def import_code(request: SeatedRequest, id: str) -> HttpResponse:
    """First what would change; then it is the draft."""
    desk = open_desk(id)
    context: dict[str, Any] = frame(request, desk, "code", edition=desk.edition)
    if request.method == "POST":
        try:
            context["text"] = read_sheet_text(request)
            found = read_code(context["text"])
            context["changes"], context["label"] = _planned(desk, found)
            check_logic(desk.flow, found.logic)
            if request.POST.get("do") == "apply":
                note = "Imported as code."
                edition = read_edition(request, desk)
                save_draft(desk.flow, found.logic, edition=edition, note=note)
                messages.success(
                    request, gettext("It is the draft now. Publish it when you have looked.")
                )
                return redirect("mapping", id=id)
        except (NotText, CodeInvalid, OtherFlow, MappingFailed, IllegalMove) as refused:
            context["error"] = str(refused)
    return render(request, "portal/import_code.html", context)


def _planned(desk: Desk, found: FlowCode) -> tuple[tuple[Change, ...], str]:
    """What the flow would do otherwise, and the label if it is another: a draft has none.

    Raises OtherFlow.
    """
    flow, now = desk.flow, code_of(desk, desk.published_logic)
    for end, here in (("source", now.source), ("target", now.target)):
        given = getattr(found, end)
        if given != here:
            names = " ".join(str(getattr(given, name)) for name in given.__struct_fields__)
            ours = " ".join(str(getattr(here, name)) for name in here.__struct_fields__)
            raise OtherFlow(_other(end).format(names=names, ours=ours))
    own = {"own_reader": flow.stream_spec.reader, "own_writer": flow.action_spec.writer}
    changes = plan(now, found, **own).changes
    label = found.label if found.label != flow.label else ""
    return tuple(one for one in changes if one.where != "flow"), label


def _other(end: str) -> str:
    if end == "source":
        return gettext("It is of another flow: its source is {names}, and here it is {ours}.")
    return gettext("It is of another flow: its target is {names}, and here it is {ours}.")
