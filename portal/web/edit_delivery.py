"""Edit one record that was refused: as a form or as JSON, with the difference before it is kept."""

import json
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext

from connectors.errors import MappingFailed
from ekyam.foreign_json import NotJson, read_json
from ekyam.tenants.rights import Right
from flows.models import Delivery
from flows.operations.replay import Overtaken, check_edited, edit_delivery
from flows.queries.deliveries import DeliveryDetail, diff, get_delivery
from flows.queries.record_form import NotANumber, fill_in, sections_of, with_emptied
from flows.states import IllegalMove
from portal.web.access import SeatedRequest, form_page

WAYS = ("form", "json")  # to see it; what was typed goes along from one to the other
TYPED = "f."  # how the names of the form's fields begin


@form_page(Right.OPERATE)
def edit(request: SeatedRequest, id: str) -> HttpResponse:
    """What does not hold comes back with the reason, and with all that was typed."""
    found = get_delivery(id)
    row = Delivery.objects.select_related("flow__source", "flow__target").get(
        pk=Delivery.get_public(id).pk
    )
    do = request.POST.get("do", "look")
    way = do if do in WAYS else request.POST.get("as") or request.GET.get("as")
    way = "json" if way == "json" or not found.resource else "form"
    page: dict[str, Any] = {"delivery": found, "way": way, "seen": found.digest}
    page["text"] = found.standard
    if request.method != "POST":
        return _show(request, row, page)
    page["seen"] = request.POST.get("seen") or found.digest
    try:
        standard = _edited(request, row)
        page["text"] = _pretty(standard)
        if do in (*WAYS, "back"):
            return _show(request, row, page, standard=standard)
        if do == "keep":
            edit_delivery(row, standard, seen=page["seen"])
            messages.success(request, gettext("The edited record is sent."))
            return redirect("delivery", id=id)
        kept = check_edited(row, standard)
    except Overtaken as reason:
        return _overtaken(request, row, found, page, standard, str(reason))
    except (MappingFailed, IllegalMove, NotJson, NotANumber) as reason:
        return _refused(request, row, page, str(reason))
    page |= {"lines": diff(_sorted(row.standard or {}), _sorted(kept)), "text": _pretty(kept)}
    return render(request, "portal/edit_look.html", page)


def _edited(request: SeatedRequest, row: Delivery) -> dict[str, Any]:
    """As JSON where there is JSON, else the record, as it was edited already if it was, with what
    was typed into the form."""
    text = request.POST.get("standard")
    if text is not None:
        return _read_object(text)
    typed = {
        name.removeprefix(TYPED): value
        for name, value in request.POST.items()
        if name.startswith(TYPED) and isinstance(value, str)
    }
    base = request.POST.get("base")
    return fill_in(_read_object(base) if base else row.standard or {}, typed)


def _read_object(text: str) -> dict[str, Any]:
    found = read_json(text)
    if not isinstance(found, dict):
        raise NotJson(gettext("A record is an object: it begins with a brace."))
    return found


def _show(
    request: SeatedRequest,
    row: Delivery,
    page: dict[str, Any],
    *,
    standard: dict[str, Any] | None = None,
) -> HttpResponse:
    if page["way"] == "form":
        standard = standard or row.standard or {}
        resource, reason = page["delivery"].resource, page["delivery"].hop.reason
        page["base"] = _pretty(standard) if standard is not row.standard else ""
        page["sections"] = sections_of(resource, with_emptied(standard, row.standard), reason)
    return render(request, "portal/edit_delivery.html", page)


def _refused(request: SeatedRequest, row: Delivery, page: dict[str, Any], why: str) -> HttpResponse:
    """The form again, as it was typed."""
    page["error"] = why
    if "standard" in request.POST:
        page["way"] = "json"
        page["text"] = request.POST.get("standard", page["text"])
        return _show(request, row, page)
    try:
        standard = _edited(request, row)
    except (NotANumber, NotJson):
        standard = row.standard or {}
    return _show(request, row, page, standard=standard)


def _overtaken(
    request: SeatedRequest,
    row: Delivery,
    found: DeliveryDetail,
    page: dict[str, Any],
    standard: dict[str, Any],
    why: str,
) -> HttpResponse:
    """Theirs beside what was typed, and nothing is lost: it can be sent all the same."""
    page |= {
        "error": why,
        "lines": diff(_sorted(row.standard or {}), _sorted(standard)),
        "seen": found.digest,
    }
    page["is_overtaken"] = True
    return render(request, "portal/edit_look.html", page)


def _sorted(standard: dict[str, Any]) -> dict[str, Any]:
    """By name: what only stands elsewhere is no difference."""
    found: dict[str, Any] = json.loads(json.dumps(standard, sort_keys=True))
    return found


def _pretty(standard: dict[str, Any]) -> str:
    return json.dumps(standard, indent=2, ensure_ascii=False)
