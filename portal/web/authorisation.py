"""Authorising a connection again: a person's consent at the vendor."""

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext

from connectors import oauth
from connectors.errors import Failure
from connectors.models import Connection
from connectors.set_ups import open_set_up_of
from ekyam.tenants.rights import Right
from ekyam.tenants.scope import tenant_scope
from flows.queries.set_up import uses_of
from portal.web.access import SeatedRequest, act, act_on_return


@act(Right.CONNECT)
def authorize(request: SeatedRequest, id: str) -> HttpResponse:
    """A page that goes on to the vendor: a redirect of a form to another site is refused here."""
    row = Connection.get_public(id)
    if not row.spec.auth_method(row.auth).has_consent:
        raise Http404
    try:
        address = oauth.begin(row, user_id=request.user.pk, uses=uses_of(row))
    except Failure as failure:
        messages.error(
            request, gettext("Nothing was authorised. {message}").format(message=failure.message)
        )
        return redirect("change_credentials", id=id)
    context = {"address": address, "vendor": row.spec.label, "id": id}
    return render(request, "portal/consent.html", context)


@act_on_return(Right.CONNECT)
def authorized(request: SeatedRequest) -> HttpResponse:
    """Back from the vendor, with its answer in the address."""
    try:
        row = oauth.complete(
            tenant_id=request.seat.tenant.pk,
            user_id=request.user.pk,
            answer=request.GET.dict(),
        )
    except Failure as failure:
        messages.error(
            request, gettext("Nothing was authorised. {message}").format(message=failure.message)
        )
        return redirect("connections")
    with tenant_scope(request.seat.tenant):
        begun = open_set_up_of(row)
    if begun is not None:
        messages.success(
            request,
            gettext("{label} is authorised. Now check what it may do.").format(label=row.label),
        )
        return redirect("set_up_connect", id=begun.public_id)
    messages.success(
        request, gettext("{label} is authorised. What waited is sent now.").format(label=row.label)
    )
    return redirect("connection", id=row.public_id)
