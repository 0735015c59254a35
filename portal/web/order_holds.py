"""A person holds an order, so that nothing of it is sent, and lets it go again."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext

from ekyam.tenants.rights import Right
from flows.operations.hold_order import hold_order, release_order
from flows.queries.holds import get_order, preview_hold
from flows.states import IllegalMove
from portal.web.access import SeatedRequest, form_page
from portal.web.reasons import BadReason, read_reason


@form_page(Right.OPERATE)
def hold(request: SeatedRequest, id: str) -> HttpResponse:
    order, error = get_order(id), ""
    if request.method == "POST":
        try:
            hold_order(order, read_reason(request))
            messages.success(
                request, gettext("It is held: nothing of it leaves until it is released.")
            )
            return redirect("journey", id=id)
        except BadReason as wrong:
            error = str(wrong)
        except IllegalMove as refused:
            messages.error(request, str(refused))
            return redirect("journey", id=id)
    context = {"preview": preview_hold(order), "error": error, "deed": "hold"}
    context["reason"] = request.POST.get("reason", "")
    return render(request, "portal/hold_order.html", context)


@form_page(Right.OPERATE)
def release(request: SeatedRequest, id: str) -> HttpResponse:
    order = get_order(id)
    if request.method == "POST":
        try:
            release_order(order, seen=request.POST.get("seen", ""))
            messages.success(request, gettext("It is released: what waited goes on."))
        except IllegalMove as refused:
            messages.error(request, str(refused))
        return redirect("journey", id=id)
    context = {"preview": preview_hold(order), "deed": "release"}
    return render(request, "portal/hold_order.html", context)
