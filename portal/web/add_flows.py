"""Adding flows to systems that are connected already: the ready-made ones that are missing, and
whatever could go between two systems."""

from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext, ngettext

from connectors.models import Connection
from ekyam.tenants.rights import Right
from flows.operations.make_flows import make_flows
from flows.queries.offers import Offer, list_between, list_missing
from portal.web.access import SeatedRequest, form_page


@form_page(Right.CONFIGURE)
def add_flows(request: SeatedRequest) -> HttpResponse:
    if request.method == "POST":
        made = make_flows(set(request.POST.getlist("flow")))
        if made:
            say_made(request, len(made))
            return redirect("flows")
        messages.error(request, gettext("Choose at least one flow that is not there yet."))
    one, other = request.GET.get("one", ""), request.GET.get("other", "")
    offers = _between(one, other)
    context = {
        "missing": by_pair(list_missing()),
        "systems": list(Connection.objects.only("id", "label").order_by("label", "pk")),
        "one": one,
        "other": other,
        "is_asked": bool(one and other),
        "between": by_pair(offers),
        "has_new": any(not offer.flow_id for offer in offers),
    }
    return render(request, "portal/add_flows.html", context)


def _between(one: str, other: str) -> list[Offer]:
    try:
        return list_between(Connection.get_public(one), Connection.get_public(other))
    except Connection.DoesNotExist:
        return []


def by_pair(offers: list[Offer]) -> list[tuple[str, str, list[Offer]]]:
    """The labels of source and target, and what goes from the one to the other."""
    found: dict[tuple[UUID, UUID], list[Offer]] = {}
    for one in offers:
        found.setdefault((one.source.pk, one.target.pk), []).append(one)
    return [(some[0].source.label, some[0].target.label, some) for some in found.values()]


def say_made(request: SeatedRequest, count: int) -> None:
    said = ngettext(
        "{count} flow made. Nothing is sent before you turn it On.",
        "{count} flows made. Nothing is sent before you turn them On.",
        count,
    )
    messages.success(request, said.format(count=count))
