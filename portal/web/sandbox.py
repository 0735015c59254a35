"""The simulated systems: make an order, do what people do there, break things, and watch."""

from collections.abc import Callable
from functools import wraps
from hashlib import sha256
from typing import Any
from urllib.parse import urlencode
from uuid import uuid4

from django.conf import settings
from django.contrib import messages
from django.core.cache import cache
from django.http import Http404, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext, gettext_lazy, override

from ekyam.audit.record import record
from ekyam.tenants.rights import Right
from ekyam.tenants.scope import tenant_scope
from flows.demo.breakage import BREAKAGES, fault_of
from flows.demo.desk import Act, NotTaken, acts_of, fill_in, find_act, skus_of
from flows.demo.look import Seen, look_at, look_at_all, remote_of
from flows.demo.remote import Row, SandboxAway, SandboxRefused
from flows.queries.sandbox import System, find_journeys, get_system, list_systems
from portal.web.access import SeatedRequest, act_outside, page_outside
from portal.web.sandbox_rows import MOST, documents_of, kinds_of

AWAY = gettext_lazy(
    "{label} does not answer. Look below whether it was done, before you try again."
)
REMEMBERED_SECONDS = 600
FEW = 8  # of the newest orders, beside all else of the first page
TIMES = (
    ("1", gettext_lazy("once")),
    ("3", gettext_lazy("3 times")),
    ("10", gettext_lazy("10 times")),
    ("always", gettext_lazy("until it is mended")),
)
View = Callable[..., HttpResponseBase]


def where_there_is_one(view: View) -> View:
    """Where no sandboxes run, the page may as well not exist."""

    @wraps(view)
    def guarded(request: SeatedRequest, **arguments: str) -> HttpResponseBase:
        if not settings.SANDBOX_URL:
            raise Http404
        return view(request, **arguments)

    return guarded


@page_outside(Right.CONFIGURE)
@where_there_is_one
def sandbox(request: SeatedRequest) -> HttpResponse:
    with tenant_scope(request.seat.tenant):
        systems = list_systems()
    seen = look_at_all((one.slug, one.account) for one in systems)
    shop = next((one for one in systems if _placing(one)), None)
    context = {
        "systems": list(zip(systems, seen, strict=True)),
        "shop": shop,
        "placing": _placing(shop) if shop else None,
        "once": uuid4().hex,
    }
    if shop is not None:
        context |= {**_part(request, shop, kind="order", most=FEW), "from": "start"}
    return render(request, "portal/sandbox.html", context)


@page_outside(Right.CONFIGURE)
@where_there_is_one
def sandbox_system(request: SeatedRequest, id: str) -> HttpResponse:
    system = _system(request, id)
    context = _part(request, system, kind=request.GET.get("kind", ""))
    seen: Seen = context["seen"]
    single = [one for one in acts_of(system.slug) if not one.kind]
    context |= {
        "acts": [one for one in single if one is not _placing(system)],
        "placing": _placing(system),
        "skus": skus_of(seen.rows)[:200],
        "breakages": BREAKAGES,
        "times": TIMES,
        "once": uuid4().hex,
    }
    return render(request, "portal/sandbox_system.html", context)


@page_outside(Right.CONFIGURE)
@where_there_is_one
def sandbox_part(request: SeatedRequest, id: str) -> HttpResponse:
    """The documents, for polling: 204 while they are as the reader has seen them."""
    is_start = request.GET.get("from") == "start"
    kind, most = request.GET.get("kind", ""), FEW if is_start else MOST
    context = _part(request, _system(request, id), kind=kind, most=most)
    if context["digest"] == request.GET.get("seen"):
        return HttpResponse(status=204)
    context["from"] = "start" if is_start else ""
    return render(request, "portal/sandbox_part.html", context)


@act_outside(Right.CONFIGURE)
@where_there_is_one
def sandbox_act(request: SeatedRequest, id: str) -> HttpResponse:
    system, row_id = _system(request, id), request.POST.get("row", "")[:80]
    try:
        act = find_act(system.slug, request.POST.get("do", ""))
        row_id, label = _do(request, system, act, row_id)
    except (NotTaken, SandboxRefused) as reason:
        messages.error(request, gettext("Nothing was done. {reason}").format(reason=reason))
    except SandboxAway:
        messages.error(request, AWAY.format(label=system.label))
    else:
        messages.success(request, str(act.done).format(label or gettext("It")))
        _tell(request, system, "sandbox.used", {"did": act.label, "to": label})
    return _back(request, id, row_id)


@act_outside(Right.CONFIGURE)
@where_there_is_one
def sandbox_break(request: SeatedRequest, id: str) -> HttpResponse:
    system, name = _system(request, id), request.POST.get("what", "")
    try:
        fault = fault_of(name, request.POST.get("times", "1"))
        _first_time(request)
        remote_of(system.slug, system.account).do("break", **fault)
    except KeyError:
        messages.error(request, gettext("Choose what is to break, and how often."))
    except (NotTaken, SandboxRefused) as reason:
        messages.error(request, gettext("Nothing was broken. {reason}").format(reason=reason))
    except SandboxAway:
        messages.error(request, AWAY.format(label=system.label))
    else:
        label = next(one.label for one in BREAKAGES if one.name == name)
        messages.success(
            request,
            gettext("{system}: «{label}» is switched on.").format(system=system.label, label=label),
        )
        _tell(request, system, "sandbox.broken", {"what": label, "times": _times(fault)})
    return redirect("sandbox_system", id=id)


@act_outside(Right.CONFIGURE)
@where_there_is_one
def sandbox_mend(request: SeatedRequest, id: str) -> HttpResponse:
    system = _system(request, id)
    try:
        remote_of(system.slug, system.account).do("mend")
    except (SandboxAway, SandboxRefused):
        messages.error(
            request,
            gettext("{label} does not answer, so nothing was mended there.").format(
                label=system.label
            ),
        )
    else:
        messages.success(
            request,
            gettext("{label} is mended: nothing is broken there now.").format(label=system.label),
        )
        _tell(request, system, "sandbox.mended", {})
    return redirect("sandbox_system", id=id)


def _times(fault: dict[str, Any]) -> str:
    return "until mended" if fault["times"] < 0 else str(fault["times"])


def _system(request: SeatedRequest, id: str) -> System:
    with tenant_scope(request.seat.tenant):
        return get_system(id)


def _placing(system: System | None) -> Act | None:
    acts = acts_of(system.slug) if system else ()
    return next((one for one in acts if one.name == "place_order"), None)


def _part(request: SeatedRequest, system: System, *, kind: str, most: int = MOST) -> dict[str, Any]:
    """The documents of a system with what can be done to them, and the orders they belong to.

    Where no kind is asked for it is the first one that there is, also when one comes later.
    """
    seen = look_at(system.slug, system.account)
    kinds = kinds_of(seen.rows)
    asked = {"kind": kind} if kind else {}
    kind = kind or next(iter(dict(kinds)), "")
    documents = documents_of(seen.rows, kind, acts_of(system.slug), most=most)
    did = request.GET.get("did", "")
    with tenant_scope(request.seat.tenant):
        journeys = find_journeys(system.id, kind, {did, *(one.id for one in documents)} - {""})
    shown = [(one, journeys.get(one.id, "")) for one in documents]
    rows = [
        (one.id, one.label, one.state, one.at, one.told, [act.name for act in one.acts], order)
        for one, order in shown
    ]
    told = repr((seen.away, journeys.get(did), kinds, rows))
    return {
        "system": system,
        "seen": seen,
        "kinds": kinds,
        "kind": kind,
        "documents": shown,
        "did": did,
        "journey": journeys.get(did, ""),
        "digest": sha256(told.encode()).hexdigest()[:16],
        "kept": urlencode(asked | ({"did": did} if did else {})),
    }


def _do(request: SeatedRequest, system: System, act: Act, row_id: str) -> tuple[str, str]:
    """Returns the id and the label of the document that it was done to."""
    remote = remote_of(system.slug, system.account)
    rows: list[Row] = remote.look("ledger")
    filled = fill_in(act, request.POST.dict(), rows)
    label = str(filled.get("sku", ""))
    if act.kind:
        label = _label_to_act_on(act, rows, row_id)
    else:
        _first_time(request)
    answer = remote.do(act.control, **act.arguments(row_id, filled))
    if act.name == "place_order":
        return str(answer["id"]), str(answer["name"])
    return row_id, label


def _label_to_act_on(act: Act, rows: list[Row], row_id: str) -> str:
    row = next((one for one in rows if one["kind"] == act.kind and str(one["id"]) == row_id), None)
    if row is None:
        raise NotTaken(gettext("This document is not there any more."))
    if not act.may(row):
        state = str(row["state"]).replace("_", " ").lower()
        raise NotTaken(
            gettext("«{label}» cannot be done: {row_label} is {state} by now.").format(
                label=act.label, row_label=row["label"], state=state
            )
        )
    return str(row["label"])


def _first_time(request: SeatedRequest) -> None:
    """A form that is sent twice, by a double click or the back button, is heard once."""
    key = request.POST.get("once", "")[:40]
    place = f"sandbox:{request.seat.tenant.pk}:{key}"
    if key and not cache.add(place, "1", REMEMBERED_SECONDS):
        raise NotTaken(gettext("This form was sent already; it was heard once."))


def _tell(request: SeatedRequest, system: System, action: str, after: dict[str, Any]) -> None:
    """In English: the audit log is data."""
    with tenant_scope(request.seat.tenant), override("en"):
        told = {name: str(value) for name, value in after.items()}
        record(action, subject=system.id, label=system.label, after=told)


def _back(request: SeatedRequest, id: str, row_id: str) -> HttpResponse:
    """To the page that it was done on, which says where the order is that it belongs to."""
    from_start = request.POST.get("from") == "start"
    address = reverse("sandbox") if from_start else reverse("sandbox_system", kwargs={"id": id})
    kind = request.POST.get("kind", "")[:40]
    kept = {name: text for name, text in (("kind", kind), ("did", row_id)) if text}
    return redirect(f"{address}?{urlencode(kept)}" if kept else address)
