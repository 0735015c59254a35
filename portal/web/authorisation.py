"""Authorising a connection again: a person's consent at the vendor, or new credentials."""

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext

from connectors import oauth
from connectors.credentials import open_credentials
from connectors.errors import Failure
from connectors.models import Connection
from connectors.operations import OtherAccount, change_credentials
from connectors.queries import missing_settings
from connectors.set_ups import open_set_up_of
from ekyam.tenants.rights import Right
from ekyam.tenants.scope import tenant_scope
from flows.queries.set_up import uses_of
from portal.web.access import SeatedRequest, act, act_on_return, form_page
from portal.web.credentials import CredentialsForm


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


@form_page(Right.CONNECT)
def credentials(request: SeatedRequest, id: str) -> HttpResponse:
    """Those that are secret are never shown, and must be entered anew."""
    row = Connection.get_public(id)
    method, missing = row.spec.auth_method(row.auth), missing_settings(row)
    if method.has_consent and not missing:
        raise Http404
    form = CredentialsForm(
        request.POST or None,
        fields=() if method.has_consent else method.fields,
        known=open_credentials(row),
        missing=missing,
    )
    if form.is_valid():
        # A token of the old credentials must not outlive them.
        is_forgotten = method.needs_token and not method.has_consent
        forgotten = {"access_token": ""} if is_forgotten else {}
        try:
            change_credentials(row, {**forgotten, **form.credentials()}, form.settings())
        except OtherAccount as other:
            form.add_error(None, str(other))
        else:
            messages.success(request, gettext("What you entered is kept. «Check now» tries it."))
            return redirect("connection", id=id)
    context = {"form": form, "label": row.label, "id": id, "method": method.label}
    context["is_address"] = method.has_consent
    return render(request, "portal/credentials.html", context)
