"""Choosing the company to act in: kept in the session, never in an address."""

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from portal.web.access import SESSION_KEY, list_open_memberships


@login_required
@require_http_methods(["GET", "POST"])
def tenants(request: HttpRequest) -> HttpResponse:
    mine = {str(one.tenant_id): one for one in list_open_memberships(request)}
    if request.method == "POST":
        chosen = request.POST.get("tenant", "")
        if chosen not in mine:
            raise Http404
        request.session[SESSION_KEY] = chosen
        return redirect("home")
    rows = [{"id": id_, "name": one.tenant.name, "role": one.role} for id_, one in mine.items()]
    return render(request, "portal/tenants.html", {"tenants": rows})
