"""A flow's mapping as a canvas: what there is to read, what is to be filled, and the lines."""

from dataclasses import dataclass, field
from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext, ngettext
from django_htmx.http import reswap, retarget

from flows.mapping.difference import WHOSE, Difference
from flows.operations.suggest import ask_for_suggestions
from flows.queries.canvas import open_canvas
from flows.queries.lines import SIDES, Side
from flows.queries.suggestions import find_found, place_of
from portal.web import words
from portal.web.access import SeatedRequest, page
from portal.web.logic import Desk, frame, open_canvas_desk, read_side
from portal.web.suggestions import MOST_LOOKS, read_looks
from portal.web.versions import differ


@dataclass(frozen=True)
class Said:
    """What came of a change. `undo` takes it back; a `conflict` has theirs beside what was drawn,
    and `again` is the form that draws it into what they have."""

    text: str = ""
    is_bad: bool = False
    undo: str = ""
    theirs: str = ""
    mine: str = ""
    by: str = ""
    again: dict[str, str] = field(default_factory=dict)


@page
def mapping(request: SeatedRequest, id: str) -> HttpResponse:
    """With «part» only the attributes, or nothing as long as nobody has looked for suggestions."""
    desk = open_canvas_desk(id)
    side = read_side(request, desk)
    is_part = bool(request.GET.get("part"))
    context = canvas_context(request, desk, side)
    if not is_part:
        context["focus"] = request.GET.get("focus", "").rpartition("-")[2]
        return render(request, "portal/mapping.html", context)
    if context["found"] is None:
        return render(request, "portal/canvas_wait.html", context)
    return show_attributes(request, context)


def show_attributes(request: SeatedRequest, context: dict[str, Any]) -> HttpResponse:
    """What a change has changed: the attributes, the bar above them, and what is said."""
    answer = render(request, "portal/canvas_part.html", context)
    return reswap(retarget(answer, "#attributes"), "innerHTML")


def canvas_context(
    request: SeatedRequest, desk: Desk, side: Side, said: Said | None = None
) -> dict[str, Any]:
    flow, now = desk.flow, timezone.now()
    asked = request.POST if request.method == "POST" else request.GET
    found, looks = find_found(place_of(flow, side, desk.logic)), read_looks(request)
    if found is None and looks < MOST_LOOKS:
        ask_for_suggestions(flow, side)
    sample = asked.get("sample", "")[:200]
    canvas = open_canvas(flow, side, desk.logic, found, sample=sample, now=now)
    chosen = canvas.trial.sample
    return frame(
        request,
        desk,
        "mapping",
        side=side,
        canvas=canvas,
        found=found,
        looks=looks + 1,
        is_looking=found is None and looks < MOST_LOOKS,
        said=said or Said(),
        what=flow.stream_spec.resource.replace("_", " "),
        sample=chosen.key if chosen else "",
        samples=[(one.key, one.id, words.ago(one.received_at, now)) for one in canvas.samples],
        changed=count_changes(differ(desk, desk.published_logic, desk.logic)),
        has_own_bar=True,
    )


def count_changes(difference: Difference) -> str:
    """«3 lines and 1 rule», or nothing."""
    lines = sum(one.name != WHOSE for side in SIDES for one in difference.of(side))
    rules = len(difference.of("rules"))
    of_lines = ngettext("{many} line", "{many} lines", lines).format(many=lines) if lines else ""
    of_rules = ngettext("{many} rule", "{many} rules", rules).format(many=rules) if rules else ""
    if of_lines and of_rules:
        return gettext("{lines} and {rules}").format(lines=of_lines, rules=of_rules)
    return of_lines or of_rules
