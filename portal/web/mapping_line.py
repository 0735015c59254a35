"""One line of a mapping: its form, what each of its steps gives while it is typed, and saving it
without losing what two people do at once."""

from dataclasses import dataclass
from typing import Any

import msgspec
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext
from django_htmx.http import reselect, trigger_client_event

from connectors.errors import MappingFailed
from connectors.lines import Line, Mapping
from connectors.standard import resources
from connectors.standard.attributes import AttributeUnknown, element_of, names_below, type_below
from connectors.steps import Here
from ekyam.tenants.rights import Right
from flows.mapping import trial
from flows.mapping.edit import (
    NoSuchLine,
    Place,
    add,
    find,
    find_again,
    find_named,
    lines_in,
    put,
    read_place,
    remove,
    show_place,
)
from flows.mapping.parse import LogicInvalid, Problem, parse_logic, parse_mapping
from flows.mapping.reads import targets_of
from flows.mapping.words import say_line
from flows.operations.versions import Conflict, save_draft
from flows.queries.canvas import try_on
from flows.queries.fields import MOST_SAMPLES
from flows.queries.lines import Side, show_value
from flows.queries.samples import reading_context, writing_context
from flows.queries.suggestions import OfferRow, find_found, list_attributes, place_of
from flows.states import IllegalMove
from portal.web.access import SeatedRequest, form_page
from portal.web.line_forms import as_data, kinds_by_group, read_line, reshape, show_line
from portal.web.logic import Desk, frame, open_canvas_desk, read_edition, read_side
from portal.web.mapping import Said, canvas_context, show_attributes
from portal.web.sides import at_line, mapping_of, with_mapping

NEW = "+"


@dataclass(frozen=True)
class Spot:
    """Where the line is, or in which lines a new one is to be."""

    side: Side
    inside: Place
    place: Place | None
    was: str  # its target when the form was made
    sample: str = ""  # what it is tried on
    is_panel: bool = False  # beside the canvas, not on a page of its own

    @property
    def at(self) -> str:
        return show_place(self.place) if self.place else ".".join([*map(str, self.inside), NEW])


@form_page(Right.CONFIGURE)
def edit_line(request: SeatedRequest, id: str) -> HttpResponse:
    desk = open_canvas_desk(id)
    try:
        spot = _spot(request, desk)
        given = _line_at(desk, spot)
    except NoSuchLine as gone:
        messages.error(request, str(gone))
        return redirect("mapping", id=id)
    if request.method != "POST":
        empty = {**as_data(None), "target": request.GET.get("target", "")[:200]}
        return _show(request, desk, spot, as_data(given) if given else empty)
    do, line = request.POST.get("do", "save"), read_line(request.POST, as_data(given).get("each"))
    if do == "preview":
        context = _preview(desk, spot, line)
        return render(request, "portal/line_preview.html", context)
    if do == "delete":
        return _delete(request, desk, spot)
    if do != "save":
        what = f"add:{request.POST.get('kind', '')}" if do == "add" else do
        return _show(request, desk, spot, reshape(line, what))
    return _save(request, desk, spot, line)


def _spot(request: SeatedRequest, desk: Desk) -> Spot:
    """Raises NoSuchLine."""
    asked = request.POST if request.method == "POST" else request.GET
    side = read_side(request, desk)
    at, was = asked.get("at", NEW), asked.get("was", "")
    if "at" not in asked and asked.get("line"):  # as a failure names it
        at = show_place(find_named(mapping_of(desk, side), asked["line"]))
    tried_on = asked.get("sample", "")[:200], bool(asked.get("panel"))
    before, _, last = at.rpartition(".")
    if last == NEW:
        inside = read_place(before) if before else ()
        lines_in(mapping_of(desk, side), inside)
        return Spot(side, inside, None, "", *tried_on)
    place = read_place(at)
    was = was or find(mapping_of(desk, side), place).target
    return Spot(side, place[:-1], place, was, *tried_on)


def _line_at(desk: Desk, spot: Spot) -> Line | None:
    """As it is now; None for a new one, and for one that somebody has taken away."""
    mapping = mapping_of(desk, spot.side)
    place = find_again(mapping, spot.place, spot.was) if spot.place else None
    return find(mapping, place) if place else None


def _show(
    request: SeatedRequest,
    desk: Desk,
    spot: Spot,
    line: dict[str, Any],
    *,
    problems: list[Problem] | None = None,
    **more: Any,
) -> HttpResponse:
    context = frame(request, desk, "mapping", spot=spot, form=show_line(line, problems))
    context |= _preview(desk, spot, line)
    context |= {"kinds": kinds_by_group(), "edition": desk.edition, **more}
    if request.method == "POST" and "conflict" not in more:
        context["edition"] = read_edition(request, desk)  # of what was read, not of what is now
    here = context["here"]
    paths = trial.paths_of(here.element) if here else []
    context["paths"] = [(path, show_value(value)) for path, value in paths]
    context["targets"] = _targets(desk, spot)
    if spot.is_panel:
        context["attribute"], context["offers"] = _offers(desk, spot, line)
    return render(request, "portal/mapping_line.html", context)


def _offers(desk: Desk, spot: Spot, line: dict[str, Any]) -> tuple[str, list[OfferRow]]:
    """What is suggested for the attribute, written from the top on."""
    around = targets_of(mapping_of(desk, spot.side).lines).get(spot.inside, "")
    name = spot.was or str(line.get("target", ""))
    path = f"{around}[].{name}" if around else name
    found = find_found(place_of(desk.flow, spot.side, desk.logic))
    if found is None:
        return path, []
    rows = list_attributes(desk.flow, spot.side, found, all_of_them=True, logic=desk.logic)
    return path, next((one.offers for one in rows if one.path == path), [])


# --- What it gives ------------------------------------------------------------------------------


def _preview(desk: Desk, spot: Spot, line: dict[str, Any]) -> dict[str, Any]:
    """What its path finds in the sample, and what there is after each step."""
    here = _here(desk, spot)
    try:
        parsed = _parsed(line)
    except LogicInvalid as invalid:
        return {"here": here, "problems": invalid.problems}
    if here is None or parsed is None:
        return {"here": here, "tried": []}
    tried = list(trial.try_steps(parsed, here))
    labels = [gettext("The path finds"), *(step.label for step in parsed.steps)]
    rows = [
        {"label": label, "gives": show_value(one.value), "failure": one.failure}
        for label, one in zip(labels, tried, strict=False)
    ]
    is_short = parsed.required and not tried[-1].failure
    missing = trial.try_line(parsed, here).failure if is_short and not parsed.each else ""
    return {"here": here, "tried": rows, "missing": missing}


def _parsed(line: dict[str, Any]) -> Line | None:
    """Raises LogicInvalid; a line without a target yet is tried all the same."""
    named = line if line.get("target") else {**line, "target": "value"}
    return parse_mapping({"lines": [named]}).lines[0]


def _here(desk: Desk, spot: Spot) -> Here | None:
    """Where its path begins: the record, or the first element of the list that it is inside."""
    now, flow = timezone.now(), desk.flow
    most = MOST_SAMPLES if spot.sample else 1
    _, read = try_on(flow, desk.logic, spot.sample, now=now, limit=most)
    if spot.side == "writer":
        context, record = writing_context(flow, now, read.record), read.plain
    else:
        context, record = reading_context(flow, now), read.sample and read.sample.raw
    if record is None:
        return None
    here: Here | None = Here(context, record, record)
    lines = mapping_of(desk, spot.side).lines
    for index in spot.inside:
        here = here and trial.element_of(lines[index], here)
        lines = lines[index].each
    return here


def _targets(desk: Desk, spot: Spot) -> list[str]:
    """What a line there may fill."""
    if spot.side == "writer":
        own = desk.flow.action_spec.writer
        try:
            return [line.target for line in lines_in(own, spot.inside)]
        except NoSuchLine:
            return []
    kind: Any = resources()[desk.flow.stream_spec.resource]
    lines = mapping_of(desk, "reader").lines
    try:
        for index in spot.inside:
            kind = element_of(type_below(kind, lines[index].target))
            lines = lines[index].each
    except (AttributeUnknown, KeyError):
        return []
    return list(names_below(kind))


# --- Keeping it ---------------------------------------------------------------------------------


def _save(request: SeatedRequest, desk: Desk, spot: Spot, line: dict[str, Any]) -> HttpResponse:
    try:
        parsed = parse_mapping({"lines": [line]}).lines[0]
        mapping, place = _placed(mapping_of(desk, spot.side), spot, parsed)
        logic = with_mapping(desk.logic, spot.side, mapping)
        parse_logic(msgspec.to_builtins(logic), resource=desk.flow.stream_spec.resource)
    except LogicInvalid as invalid:
        return _show(request, desk, spot, line, problems=invalid.problems)
    try:
        note = desk.draft.note if desk.draft else ""
        save_draft(desk.flow, logic, edition=read_edition(request, desk), note=note)
    except Conflict:
        return _conflict(request, desk, spot, line, parsed)
    except (MappingFailed, IllegalMove) as refused:
        problems = [Problem("", str(refused).rstrip("."))]
        return _show(request, desk, spot, line, problems=problems)
    text = gettext("{target} is saved in the draft.").format(target=parsed.target)
    return _done(
        request, desk, spot, text, at_line(desk.flow.public_id, spot.side, show_place(place))
    )


def _done(request: SeatedRequest, desk: Desk, spot: Spot, text: str, address: str) -> HttpResponse:
    """Beside the canvas only what has changed is drawn anew."""
    if not spot.is_panel:
        messages.success(request, text)
        return redirect(address)
    now = open_canvas_desk(desk.flow.public_id)
    answer = show_attributes(request, canvas_context(request, now, spot.side, Said(text)))
    return trigger_client_event(reselect(answer, "unset"), "line-saved")


def _placed(mapping: Mapping, spot: Spot, line: Line) -> tuple[Mapping, Place]:
    """Where the line that was read is now; at the end if it is new, or gone."""
    place = find_again(mapping, spot.place, spot.was) if spot.place else None
    if place is not None:
        return put(mapping, place, line), place
    added = add(mapping, spot.inside, line)
    return added, (*spot.inside, len(lines_in(added, spot.inside)) - 1)


def _conflict(
    request: SeatedRequest, desk: Desk, spot: Spot, line: dict[str, Any], mine: Line
) -> HttpResponse:
    """Nothing is lost: theirs is shown beside what was typed, which can be saved over it."""
    theirs = _line_at(desk, spot)
    conflict = {
        "by": desk.draft.made_by if desk.draft else "",
        "theirs": say_line(theirs) if theirs else "",
        "mine": say_line(mine),
        "is_new": spot.place is None,
        "is_same": theirs == mine,
    }
    return _show(request, desk, spot, line, conflict=conflict)


def _delete(request: SeatedRequest, desk: Desk, spot: Spot) -> HttpResponse:
    id = desk.flow.public_id
    mapping = mapping_of(desk, spot.side)
    place = find_again(mapping, spot.place, spot.was) if spot.place else None
    address = f"{reverse('mapping', kwargs={'id': id})}?side={spot.side}"
    if place is None:
        return _done(request, desk, spot, gettext("It is gone."), address)
    try:
        logic = with_mapping(desk.logic, spot.side, remove(mapping, place))
        note = desk.draft.note if desk.draft else ""
        save_draft(desk.flow, logic, edition=read_edition(request, desk), note=note)
    except (MappingFailed, IllegalMove) as refused:
        if spot.is_panel:
            problems = [Problem("", str(refused).rstrip("."))]
            return _show(request, desk, spot, as_data(find(mapping, place)), problems=problems)
        messages.error(request, str(refused))
        return redirect(address)
    return _done(
        request,
        desk,
        spot,
        gettext("{was} is taken away in the draft.").format(was=spot.was),
        address,
    )
