"""What could fill the attributes of a flow that nothing fills, to be accepted or refused."""

from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.http import HttpResponse, HttpResponseBadRequest
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext
from django_htmx.http import HttpResponseClientRedirect, trigger_client_event

from connectors.errors import MappingFailed
from ekyam.tenants.rights import Right
from flows.mapping.place import DoesNotFit
from flows.models import Flow
from flows.operations.choices import accept, remember_choice
from flows.operations.suggest import ask_for_suggestions
from flows.operations.versions import Conflict
from flows.queries.sides import Side, subject_of
from flows.queries.suggestions import Found, Offer, find_found, list_attributes, place_of
from flows.states import IllegalMove
from portal.web.access import SeatedRequest, act, page
from portal.web.logic import Desk, frame, open_desk, read_edition

MOST_LOOKS = 60  # a second each; then a person decides whether to go on


@dataclass(frozen=True)
class Said:
    """What came of the last answer, on the fragment itself."""

    text: str = ""
    is_bad: bool = False


@page
def suggestions(request: SeatedRequest, id: str) -> HttpResponse:
    side = _side(request.GET.get("side", ""))
    return _show(request, id, side, request.GET.get("all", ""), looks=read_looks(request))


@act(Right.CONFIGURE)
def answer(request: SeatedRequest, id: str) -> HttpResponse:
    """«accept» or «refuse» one that was suggested; no other."""
    desk, side, given = open_desk(id), _side(request.POST.get("side", "")), request.POST
    do, attribute = given.get("do", ""), given.get("attribute", "")
    if do not in ("accept", "refuse"):
        return HttpResponseBadRequest(gettext("There is no such button."))
    offer = _find(find_found(place_of(desk.flow, side)), attribute, given.get("source", ""))
    if offer is None:
        said = Said(gettext("This is no longer suggested. Look again."), is_bad=True)
    elif do == "refuse":
        remember_choice(
            desk.flow, side, attribute=attribute, source=offer.source, is_accepted=False
        )
        said = Said(
            gettext("{source} is not suggested for {attribute} again.").format(
                source=offer.source, attribute=attribute
            )
        )
    else:
        said = _accept(request, desk, side, attribute, offer)
    is_in = do == "accept" and offer is not None and not said.is_bad
    if is_in and _wants_a_table(desk.flow, side, attribute, offer):
        return _ask_for_a_table(request, id, side, attribute)
    if request.htmx:  # type: ignore[attr-defined]
        shown = _show(request, id, side, given.get("all", ""), said=said)
        return trigger_client_event(shown, "draft-saved") if do == "accept" else shown
    (messages.error if said.is_bad else messages.success)(request, said.text)
    query = urlencode({"side": side, "all": given.get("all", "")})
    return redirect(f"{reverse('suggestions', kwargs={'id': id})}?{query}")


def _accept(request: SeatedRequest, desk: Desk, side: Side, attribute: str, offer: Offer) -> Said:
    edition = read_edition(request, desk)
    wanted: dict[str, Any] = {"attribute": attribute, "source": offer.source}
    try:
        accept(desk.flow, side, **wanted, steps=offer.steps, edition=edition)
    except Conflict:
        text = gettext(
            "The draft was changed meanwhile. What is suggested fits it as it is now: try again."
        )
        return Said(text, is_bad=True)
    except (DoesNotFit, MappingFailed, IllegalMove) as refused:
        return Said(str(refused), is_bad=True)
    return Said(
        gettext("{attribute} is filled from {source} in the draft.").format(
            attribute=attribute, source=offer.source
        )
    )


def _wants_a_table(flow: Flow, side: Side, attribute: str, offer: Offer | None) -> bool:
    """Whether what comes must be one of a few words, and none of them was found in it."""
    about = next((one for one in subject_of(flow, side).attributes if one.path == attribute), None)
    return bool(offer and about and about.kind == "choice" and not offer.steps)


def _ask_for_a_table(request: SeatedRequest, id: str, side: Side, attribute: str) -> HttpResponse:
    """On the form of the line, which is in the draft."""
    words = gettext(
        "{attribute} is filled in the draft, but none of the values that came is one of its words."
        " Add the step «Choose by a table», and say which word each of them is."
    )
    messages.warning(request, words.format(attribute=attribute))
    query = urlencode({"side": side, "line": attribute})
    address = f"{reverse('edit_line', kwargs={'id': id})}?{query}"
    is_part = request.htmx  # type: ignore[attr-defined]
    return HttpResponseClientRedirect(address) if is_part else redirect(address)


def _show(
    request: SeatedRequest,
    id: str,
    side: Side,
    wants_all: str,
    *,
    looks: int = 0,
    said: Said | None = None,
) -> HttpResponse:
    desk = open_desk(id)
    flow = desk.flow
    found = find_found(place_of(flow, side))
    if found is None and looks < MOST_LOOKS:
        ask_for_suggestions(flow, side)
    context = frame(request, desk, "suggestions", side=side, found=found, said=said or Said())
    context |= {
        "what": flow.stream_spec.resource.replace("_", " "),
        "all": "1" if wants_all else "",
        "looks": looks + 1,
        "gave_up": found is None and looks >= MOST_LOOKS,
    }
    if found is not None:
        rows = list_attributes(flow, side, found, all_of_them=bool(wants_all))
        context["rows"] = [row for row in rows if row.offers]
        context["without"] = [row for row in rows if not row.offers]
    is_part = request.htmx  # type: ignore[attr-defined]
    name = "portal/suggestions_part.html" if is_part else "portal/suggestions.html"
    return render(request, name, context)


def _side(text: str) -> Side:
    return "writer" if text == "writer" else "reader"


def read_looks(request: SeatedRequest) -> int:
    text = request.GET.get("looks", "0")
    return int(text[:4]) if text.isascii() and text.isdigit() else 0


def _find(found: Found | None, attribute: str, source: str) -> Offer | None:
    offers = found.offers.get(attribute, ()) if found else ()
    return next((one for one in offers if one.source == source), None)
