"""What money is worth: rates by day, in and out as CSV."""

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext

from ekyam.audit.record import record
from ekyam.tenants.rights import Right
from flows.operations.lookups import RowRefused
from flows.operations.rates import import_rates, plan_rates
from flows.queries.rates import export_rates, list_pairs, list_rates
from portal.web.access import SeatedRequest, form_page, page
from portal.web.sheets import NotText, attachment, read_sheet_text


@page
def rates(request: SeatedRequest) -> HttpResponse:
    context = {"pairs": list_pairs(), "page": list_rates(after=request.GET.get("after", ""))}
    return render(request, "portal/rates.html", context)


@form_page(Right.CONFIGURE)
def import_the_rates(request: SeatedRequest) -> HttpResponse:
    """First what would change; then it is done."""
    context: dict[str, Any] = {}
    if request.method == "POST":
        try:
            context["text"] = read_sheet_text(request)
            if request.POST.get("do") == "apply":
                plan = import_rates(context["text"])
                said = gettext("{added} added, {changed} changed.").format(
                    added=len(plan.added), changed=len(plan.changed)
                )
                messages.success(request, said)
                return redirect("rates")
            context["plan"] = plan_rates(context["text"])
        except (RowRefused, NotText) as refused:
            context["error"] = str(refused)
    return render(request, "portal/import_rates.html", context)


@page
def rates_csv(request: SeatedRequest) -> HttpResponse:
    record("table.exported", label="rates.csv")
    return attachment("rates.csv", export_rates(), "text/csv")
