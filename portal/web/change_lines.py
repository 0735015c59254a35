"""What the buttons and the drawing of a mapping do to its lines."""

import msgspec
from django.contrib import messages
from django.http import HttpResponse, HttpResponseBadRequest
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext, ngettext

from connectors.errors import MappingFailed
from ekyam.tenants.rights import Right
from flows.mapping.edit import NoSuchLine, find, find_again, move, read_place, remove, show_place
from flows.mapping.place import DoesNotFit, find_filling
from flows.mapping.reads import targets_of
from flows.mapping.undo import Before, before_of, take_back
from flows.mapping.words import say_line, say_step
from flows.operations.choices import remember_choice
from flows.operations.draw import draw_line
from flows.operations.versions import Conflict, save_draft
from flows.queries.lines import SIDES, Side
from flows.queries.suggestions import find_found, place_of
from flows.states import IllegalMove
from portal.web.access import SeatedRequest, act
from portal.web.logic import Desk, open_canvas_desk, read_edition, read_side, save
from portal.web.mapping import Said, canvas_context, show_attributes
from portal.web.sides import mapping_of, with_mapping

LONGEST = 1000


@act(Right.CONFIGURE)
def change_lines(request: SeatedRequest, id: str) -> HttpResponse:
    """«draw», «cut», «undo», «refuse» of the canvas; «up:reader:3», «down:writer:2.1»."""
    desk = open_canvas_desk(id)
    what, _, rest = request.POST.get("do", "").partition(":")
    if what in _DEEDS:
        return _on_canvas(request, desk, what)
    name, _, at = rest.partition(":")
    side = next((one for one in SIDES if one == name), None)
    if side is None or what not in ("up", "down", "own"):
        return HttpResponseBadRequest(gettext("There is no such button."))
    if what == "own":
        logic = with_mapping(desk.logic, side, None)
        save(
            request,
            desk,
            logic,
            gettext("The {side} is the connector's own again, in the draft.").format(side=side),
        )
        return redirect("mapping_list", id=id)
    return _move(request, desk, side, at, -1 if what == "up" else 1)


def _move(request: SeatedRequest, desk: Desk, side: Side, at: str, by: int) -> HttpResponse:
    id = desk.flow.public_id
    try:
        moved, place = move(mapping_of(desk, side), read_place(at), by)
    except NoSuchLine as gone:
        messages.error(request, str(gone))
        return redirect("mapping_list", id=id)
    save(request, desk, with_mapping(desk.logic, side, moved), "")
    address = reverse("mapping_list", kwargs={"id": id})
    return redirect(f"{address}?focus={side}-{show_place(place)}")


# --- On the canvas ------------------------------------------------------------------------------


def _on_canvas(request: SeatedRequest, desk: Desk, what: str) -> HttpResponse:
    side = read_side(request, desk)
    try:
        said = _DEEDS[what](request, desk, side)
    except Conflict:
        said = _conflict(request, desk, side, what)
    except (DoesNotFit, IllegalMove, MappingFailed, NoSuchLine) as refused:
        said = Said(str(refused), is_bad=True)
    id = desk.flow.public_id
    if request.htmx:  # type: ignore[attr-defined]
        return show_attributes(request, canvas_context(request, open_canvas_desk(id), side, said))
    (messages.error if said.is_bad else messages.success)(request, said.text)
    query = urlencode({"side": side, "sample": request.POST.get("sample", "")})
    return redirect(f"{reverse('mapping', kwargs={'id': id})}?{query}")


def _draw(request: SeatedRequest, desk: Desk, side: Side) -> Said:
    attribute, source = _drawn(request)
    if not attribute or not source:
        raise NoSuchLine(gettext("Choose a field and the attribute that it fills."))
    mapping = mapping_of(desk, side)
    was, before = find_filling(mapping, attribute), before_of(mapping, attribute)
    edition = read_edition(request, desk)
    steps = draw_line(desk.flow, side, attribute=attribute, source=source, edition=edition)
    through, instead = ", ".join(map(say_step, steps)), was.source if was else ""
    return Said(_say_drawn(attribute, source, instead, through), undo=_kept(before))


def _say_drawn(attribute: str, source: str, instead: str, through: str) -> str:
    if instead and through:
        said = gettext(
            "{attribute} is filled from {source} in the place of {instead}, through: {through}."
        )
    elif instead:
        said = gettext("{attribute} is filled from {source} in the place of {instead}.")
    elif through:
        said = gettext("{attribute} is filled from {source}, through: {through}.")
    else:
        said = gettext("{attribute} is filled from {source}.")
    return said.format(attribute=attribute, source=source, instead=instead, through=through)


def _cut(request: SeatedRequest, desk: Desk, side: Side) -> Said:
    """The line of this attribute, wherever it is by now."""
    attribute, mapping = _drawn(request)[0], mapping_of(desk, side)
    places = {target: place for place, target in targets_of(mapping.lines).items()}
    place = places.get(attribute)
    found = find_again(mapping, place, attribute.rpartition("[].")[2]) if place else None
    if found is None:
        raise NoSuchLine(
            gettext("No line fills {attribute} any more.").format(attribute=attribute)
            if attribute
            else gettext("No line fills it any more.")
        )
    line, before = find(mapping, found), before_of(mapping, attribute)
    _save(request, desk, side, remove(mapping, found))
    said = gettext("The line of {attribute} is taken away.")
    if line.each:
        said = ngettext(
            "The line of {attribute} is taken away, with its {many} line for each element.",
            "The line of {attribute} is taken away, with its {many} lines for each element.",
            len(line.each),
        )
    return Said(said.format(attribute=attribute, many=len(line.each)), undo=_kept(before))


def _undo(request: SeatedRequest, desk: Desk, side: Side) -> Said:
    try:
        before = msgspec.json.decode(request.POST.get("before", ""), type=Before)
    except (msgspec.MsgspecError, RecursionError):
        raise NoSuchLine(gettext("There is nothing to take back.")) from None
    mapping = mapping_of(desk, side)
    _save(request, desk, side, take_back(mapping, before))
    return Said(
        gettext("{target} is as it was before.").format(target=before.target),
        undo=_kept(before_of(mapping, before.target)),
    )


def _refuse(request: SeatedRequest, desk: Desk, side: Side) -> Said:
    """One that was suggested; no other."""
    attribute, source = _drawn(request)
    found = find_found(place_of(desk.flow, side))
    if source not in [one.source for one in (found.offers.get(attribute, ()) if found else ())]:
        raise NoSuchLine(gettext("This is no longer suggested."))
    remember_choice(desk.flow, side, attribute=attribute, source=source, is_accepted=False)
    return Said(
        gettext("{source} is not suggested for {attribute} again.").format(
            source=source, attribute=attribute
        )
    )


_DEEDS = {"draw": _draw, "cut": _cut, "undo": _undo, "refuse": _refuse}


def _save(request: SeatedRequest, desk: Desk, side: Side, mapping: object) -> None:
    logic = with_mapping(desk.logic, side, mapping)  # type: ignore[arg-type]
    note = desk.draft.note if desk.draft else ""
    save_draft(desk.flow, logic, edition=read_edition(request, desk), note=note)


def _drawn(request: SeatedRequest) -> tuple[str, str]:
    given = (request.POST.get(name, "").strip() for name in ("attribute", "source"))
    attribute, source = (text[:LONGEST] for text in given)
    return attribute, source


def _kept(before: Before) -> str:
    return msgspec.json.encode(before).decode()


def _conflict(request: SeatedRequest, desk: Desk, side: Side, what: str) -> Said:
    """Theirs beside what was drawn, which one press draws into theirs."""
    attribute, source = _drawn(request)
    line = find_filling(mapping_of(desk, side), attribute) if attribute else None
    mine = {
        "draw": f"{attribute} ← {source}",
        "cut": gettext("no line of {attribute}").format(attribute=attribute),
    }
    names = ("do", "attribute", "source", "before")
    return Said(
        is_bad=True,
        text=gettext("The draft was changed meanwhile, and yours is not in it yet."),
        by=(desk.draft.made_by if desk.draft else "") or gettext("Somebody else"),
        theirs=say_line(line) if line else gettext("no such line"),
        mine=mine.get(what, gettext("as it was before your change")),
        again={name: request.POST[name] for name in names if name in request.POST},
    )
