"""What the pages of a flow's mapping, rules and versions share: its draft, and saving it."""

from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.urls import reverse
from django.utils.translation import gettext

from connectors.errors import MappingFailed
from connectors.set_ups import open_set_up_of
from ekyam.tenants.rights import Right
from flows.mapping.logic import Logic
from flows.models import Flow
from flows.operations.stock.streams import is_stock
from flows.operations.versions import Conflict, save_draft
from flows.queries.lines import SIDES, Side
from flows.queries.versions import VersionRow, find_current, logic_of
from flows.states import IllegalMove
from portal.web.access import SeatedRequest


@dataclass(frozen=True)
class Desk:
    """A flow with what is being worked at: the draft, or what it would begin with."""

    flow: Flow
    draft: VersionRow | None
    published: VersionRow | None

    @property
    def edition(self) -> int:
        return self.draft.edition if self.draft else 0

    @property
    def logic(self) -> Logic:
        found = self.draft or self.published
        return logic_of(found) if found else Logic()

    @property
    def published_logic(self) -> Logic:
        return logic_of(self.published) if self.published else Logic()


def open_desk(id: str) -> Desk:
    """Raises Flow.DoesNotExist, also for a flow of stock: it goes by its formula."""
    return _desk_of(Flow.get_public(id, "source", "target", "version"))


def open_canvas_desk(id: str) -> Desk:
    """Of a flow, or of a half of one. Raises Flow.DoesNotExist."""
    rows = Flow.with_halves.all()
    return _desk_of(Flow.get_public(id, "source", "target", "version", rows=rows))


def _desk_of(flow: Flow) -> Desk:
    if is_stock(flow):
        raise Flow.DoesNotExist(gettext("A flow of stock goes by its formula."))
    return Desk(flow, *find_current(flow))


def frame(request: SeatedRequest, desk: Desk, tab: str, **more: Any) -> dict[str, Any]:
    """What the top of each page of a flow needs."""
    may = request.seat.may(Right.CONFIGURE)
    above = _above(desk.flow) if desk.flow.is_half else ""
    return {"flow": desk.flow, "desk": desk, "tab": tab, "may_change": may, "above": above, **more}


def _above(half: Flow) -> str:
    """The step of the set-up that it is opened from; after that has ended, the system's page."""
    row = open_set_up_of(half.source)
    if row is None:
        return reverse("connection", kwargs={"id": half.source.public_id})
    step = "set_up_map" if half.stream else "set_up_writer"
    return reverse(step, kwargs={"id": row.public_id})


def read_side(request: SeatedRequest, desk: Desk) -> Side:
    """The one that is asked for, or of the line that has the focus; a half has only one."""
    asked = request.POST if request.method == "POST" else request.GET
    text = asked.get("side") or asked.get("focus", "").partition("-")[0]
    if desk.flow.is_half:
        return "reader" if desk.flow.stream else "writer"
    return next((one for one in SIDES if one == text), "reader")


def read_edition(request: SeatedRequest, desk: Desk) -> int:
    """The one that the form was made of; a form that names none is of what is there now."""
    text = request.POST.get("edition", "")
    return int(text[:9]) if text.isascii() and text.isdigit() else desk.edition


def save(request: SeatedRequest, desk: Desk, logic: Logic, said: str) -> bool:
    """Save what a button did; False, with the reason as a message, if it cannot be."""
    try:
        note = desk.draft.note if desk.draft else ""
        save_draft(desk.flow, logic, edition=read_edition(request, desk), note=note)
    except Conflict:
        if desk.draft:
            changed = gettext(
                "The draft was changed meanwhile by {name}: this is how it is now. Try again."
            ).format(name=desk.draft.made_by)
        else:
            changed = gettext("The draft was changed meanwhile: this is how it is now. Try again.")
        messages.error(request, changed)
        return False
    except (MappingFailed, IllegalMove) as refused:
        messages.error(request, str(refused))
        return False
    if said:
        messages.success(request, said)
    return True
