"""Setting a system up: the catalogue, and to begin, to resume and to discard."""

from secrets import token_urlsafe

from django.contrib import messages
from django.http import HttpResponse, HttpResponseBadRequest
from django.shortcuts import redirect, render
from django.utils.translation import gettext

from connectors import set_ups as operations
from connectors.catalogue import list_catalogue, list_categories
from connectors.models import Connection
from connectors.oauth import waits_for_consent
from connectors.registry import UnknownConnector, get_connector
from connectors.set_ups import AGREED, Ended
from ekyam.tenants.rights import Right
from ekyam.tenants.scope import tenant_scope
from flows.queries.set_up import every_use, get_progress, list_unfinished, usual_uses
from portal.web.access import SeatedRequest, act, act_outside, page_for
from portal.web.set_up_connect import connect_simulator
from portal.web.set_up_steps import has_ended, resumable, show

LONGEST_QUERY = 200


@page_for(Right.CONNECT)
def set_ups(request: SeatedRequest) -> HttpResponse:
    """The catalogue, which is the first step, under what was begun and not finished."""
    query = request.GET.get("q", "")[:LONGEST_QUERY]
    category = request.GET.get("category", "")
    context = {
        "unfinished": resumable(list_unfinished()),
        "entries": list_catalogue(query, category),
        "categories": list_categories(),
        "once": token_urlsafe(9),
        "query_text": query,
        "category": category,
    }
    return render(request, "portal/set_ups.html", context)


@act_outside(Right.CONNECT)
def begin(request: SeatedRequest) -> HttpResponse:
    """By `sandbox` an account of the simulators is made and connected at once."""
    slug = request.POST.get("connector", "")
    try:
        uses = usual_uses(get_connector(slug))
    except UnknownConnector:
        messages.error(request, gettext("Choose one of the systems of the catalogue."))
        return redirect("set_ups")
    with tenant_scope(request.seat.tenant):
        row = operations.begin(
            tenant_id=request.seat.tenant.pk,
            connector=slug,
            by=request.user,
            uses=uses,
            once=request.POST.get("once", "")[:LONGEST_QUERY],
        )
    if request.POST.get("sandbox"):
        return connect_simulator(request, row.public_id)
    return redirect("set_up_connect", id=row.public_id)


@page_for(Right.CONNECT)
def set_up(request: SeatedRequest, id: str) -> HttpResponse:
    """The first step of one that was begun: what was chosen."""
    progress = get_progress(id)
    entry = next(one for one in list_catalogue() if one.slug == progress.connector.slug)
    return show(request, progress, "choose", entry=entry)


@act(Right.CONNECT)
def discard(request: SeatedRequest, id: str) -> HttpResponse:
    try:
        row = operations.lock(id)
    except Ended as ended:
        return has_ended(request, ended)
    progress = get_progress(id)
    operations.discard(row)
    said = gettext("The set-up of {label} is discarded.").format(label=progress.label)
    if progress.connection:
        said = f"{said} {_what_stays(progress.connection)}"
    messages.success(request, said)
    return redirect("connections")


def _what_stays(row: Connection) -> str:
    if waits_for_consent(row):
        stays = gettext(
            "Nobody has agreed at {vendor}, so nothing is connected: {label} waits for that on"
            " its page, with what you filled in."
        )
    else:
        stays = gettext("{label} stays connected: pause it on its page if it should rest.")
    return stays.format(label=row.label, vendor=row.spec.label)


@act(Right.CONNECT)
def choose_uses(request: SeatedRequest, id: str) -> HttpResponse:
    """What the system is to be used for decides what it must allow us."""
    try:
        row = operations.lock(id)
    except Ended as ended:
        return has_ended(request, ended)
    known = every_use(row.spec)
    operations.choose_uses(row, [use for use in request.POST.getlist("use") if use in known])
    messages.success(
        request, gettext("These are the permissions that are needed for what you chose.")
    )
    return redirect("set_up_connect", id=id)


@act(Right.CONNECT)
def agree(request: SeatedRequest, id: str) -> HttpResponse:
    """Go on from a step that only a person can judge."""
    try:
        row = operations.lock(id)
    except Ended as ended:
        return has_ended(request, ended)
    step = request.POST.get("step", "")
    if step not in AGREED:
        return HttpResponseBadRequest(gettext("There is no such step."))
    operations.agree(row, step)
    return redirect("set_up_writer" if step == "map" else "set_up_flows", id=id)
