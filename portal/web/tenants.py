"""Choosing the company to act in: kept in the session, never in an address."""

from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from portal.web.access import SESSION_KEY, list_memberships


@login_required
@require_http_methods(["GET", "POST"])
def tenants(request: HttpRequest) -> HttpResponse:
    user: Any = request.user
    mine = {str(one.tenant_id): one for one in list_memberships(user)}
    if request.method == "POST":
        chosen = request.POST.get("tenant", "")
        if chosen not in mine:
            raise Http404
        request.session[SESSION_KEY] = chosen
        return redirect("home")
    rows = [{"id": id_, "name": one.tenant.name, "role": one.role} for id_, one in mine.items()]
    return render(request, "portal/tenants.html", {"tenants": rows})
