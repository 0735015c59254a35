"""What the pages of a set-up share: the six steps above, and where one may go."""

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext, gettext_lazy

from connectors.set_ups import Ended
from ekyam.tenants.rights import Right
from flows.queries.set_up import Name, Progress
from portal.web.access import SeatedRequest

ENDED = gettext_lazy("This set-up was finished or discarded meanwhile. Nothing was changed.")
ADDRESSES: dict[Name, str] = {
    "choose": "set_up",
    "connect": "set_up_connect",
    "map": "set_up_map",
    "writer": "set_up_writer",
    "flows": "set_up_flows",
    "live": "set_up_live",
}


def address_of(progress: Progress, step: Name) -> str:
    return reverse(ADDRESSES[step], kwargs={"id": progress.id})


def resumable(found: list[Progress]) -> list[tuple[Progress, str]]:
    """Each with the address of its next step."""
    return [(one, address_of(one, one.next)) for one in found]


def show(
    request: SeatedRequest, progress: Progress, here: Name, *, template: str = "", **more: Any
) -> HttpResponse:
    """The page of a step, or another one that belongs to it."""
    steps = [(one, address_of(progress, one.name)) for one in progress.steps]
    names = [one.name for one in progress.steps]
    place = names.index(here)
    context = {
        "set_up": progress,
        "steps": steps,
        "here": here,
        "back": address_of(progress, names[place - 1]) if place else reverse("set_ups"),
        "may_map": request.seat.may(Right.CONFIGURE),
        "further": address_of(progress, names[place + 1]) if place + 1 < len(names) else "",
        **more,
    }
    return render(request, f"portal/set_up_{template or here}.html", context)


def too_early(request: SeatedRequest, progress: Progress) -> HttpResponse | None:
    """Without a connection there is nothing to show in the later steps."""
    if progress.connection is not None:
        return None
    messages.error(
        request,
        gettext("First connect {label}: the rest builds upon it.").format(
            label=progress.connector.label
        ),
    )
    return redirect(address_of(progress, "connect"))


def has_ended(request: SeatedRequest, ended: Ended) -> HttpResponse:
    messages.error(request, ENDED)
    return redirect("set_ups")
