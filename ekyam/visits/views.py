"""Where staff begins a visit; it stands in the admin, behind the admin's own door."""

from uuid import UUID

from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext_lazy

from ekyam.tenants.models import Tenant, User
from ekyam.tenants.scope import tenant_scope
from ekyam.visits.operations import LONGEST, VisitRefused, begin_visit
from ekyam.visits.sessions import hold_visit


class ReasonForm(forms.Form):
    reason = forms.CharField(
        label=gettext_lazy("Reason"),
        min_length=10,
        max_length=500,
        help_text=gettext_lazy("The company reads it in its audit log, with your name."),
        widget=forms.TextInput({"autocomplete": "off"}),
    )


def visit_company(request: HttpRequest, tenant_id: UUID) -> HttpResponse:
    tenant, form = get_object_or_404(Tenant, pk=tenant_id), ReasonForm(request.POST or None)
    assert isinstance(request.user, User)
    if form.is_valid():
        try:
            with tenant_scope(tenant):
                visit = begin_visit(
                    tenant_id=tenant.pk, staff=request.user, reason=form.cleaned_data["reason"]
                )
        except VisitRefused as refused:
            form.add_error(None, str(refused))
        else:
            hold_visit(request, visit)
            return redirect("/")
    minutes = int(LONGEST.total_seconds() // 60)
    context = {"form": form, "tenant": tenant, "minutes": minutes}
    return render(request, "staff/visit.html", context)
