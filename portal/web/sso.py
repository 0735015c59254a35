"""Single sign-on of the company: its providers, tried before they are on, and what they decide."""

from typing import Any

from django.contrib import messages
from django.contrib.auth import logout
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext

from ekyam.sso import attempts, configure, domains
from ekyam.sso.failures import Unfit
from ekyam.sso.models import EmailDomain, GroupRole, Identity, IdentityProvider
from ekyam.sso.queries import get_provider, list_providers
from ekyam.sso.sessions import has_vouched
from ekyam.sso.sign_in import TRIED_KEY, begin
from ekyam.tenants.models import Membership, Role
from ekyam.tenants.rights import Right
from ekyam.tenants.scope import tenant_scope
from portal.web.access import SeatedRequest, act, act_outside, form_page, page_for
from portal.web.sso_forms import DomainForm, GroupForm, NewProviderForm, values_form


@page_for(Right.SECURITY)
def identity_providers(request: SeatedRequest) -> HttpResponse:
    return render(request, "sso/providers.html", {"rows": list_providers()})


@form_page(Right.SECURITY)
def add_provider(request: SeatedRequest) -> HttpResponse:
    """Its name and kind first: what to enter at the provider depends on its id here."""
    form = NewProviderForm(request.POST or None)
    if form.is_valid():
        made = configure.add_provider(request.seat, **form.cleaned_data)
        return redirect("identity_provider", id=made.public_id)
    return render(request, "sso/add.html", {"form": form})


@page_for(Right.SECURITY)
def identity_provider(request: SeatedRequest, id: str) -> HttpResponse:
    return _show(request, IdentityProvider.get_public(id))


@act_outside(Right.SECURITY)
def change_provider(request: SeatedRequest, id: str) -> HttpResponse:
    """The provider is asked whether its values are right before they are kept."""
    with tenant_scope(request.seat.tenant):
        row = IdentityProvider.get_public(id)
    form = values_form(row, request.POST)
    if form.is_valid():
        try:
            values = form.read()
            with tenant_scope(request.seat.tenant):
                configure.change_provider(row, request.seat, values, secret=form.secret)
        except Unfit as error:
            form.add_error(None, str(error))
        else:
            messages.success(request, gettext("The values are kept."))
            return redirect("identity_provider", id=id)
    with tenant_scope(request.seat.tenant):
        return _show(request, row, form=form)


@act_outside(Right.SECURITY)
def try_provider(request: SeatedRequest, id: str) -> HttpResponse:
    """A page that goes on to the provider: a redirect of a form to another site is refused here."""
    with tenant_scope(request.seat.tenant):
        row = IdentityProvider.get_public(id)
    if not row.is_complete:
        messages.error(request, gettext("Enter the values of your provider first."))
        return redirect("identity_provider", id=id)
    request.session.pop(TRIED_KEY, None)
    try:
        address = begin(row, request.session, purpose=attempts.TRY)
    except Unfit as error:
        messages.error(request, str(error))
        return redirect("identity_provider", id=id)
    return render(request, "sso/try.html", {"address": address, "label": row.label, "id": id})


@act(Right.SECURITY)
def switch_provider(request: SeatedRequest, id: str) -> HttpResponse:
    row = IdentityProvider.get_public(id)
    if request.POST.get("to") != "on":
        return _turn_off(request, row)
    return _answer(
        request,
        id,
        gettext("{label} is on.").format(label=row.label),
        configure.turn_on,
        row,
        request.seat,
    )


def _turn_off(request: SeatedRequest, row: IdentityProvider) -> HttpResponse:
    is_own = has_vouched(row, request.session)
    configure.turn_off(row)
    said = gettext("{label} is off. Passwords count, and whoever came by it is signed out.").format(
        label=row.label
    )
    return _leave(request, said) if is_own else _said(request, row.public_id, said)


def _leave(request: SeatedRequest, said: str) -> HttpResponse:
    """It was this very session that has ended."""
    logout(request)
    messages.success(request, said)
    return redirect("account_login")


def _said(request: SeatedRequest, id: str, said: str) -> HttpResponse:
    messages.success(request, said)
    return redirect("identity_provider", id=id)


@act(Right.SECURITY)
def require_provider(request: SeatedRequest, id: str) -> HttpResponse:
    row = IdentityProvider.get_public(id)
    if request.POST.get("to") != "required":
        configure.stop_requiring(row)
        messages.success(request, gettext("Passwords count again, beside single sign-on."))
        return redirect("identity_provider", id=id)
    named = Membership.get_public(request.POST.get("last_resort", ""))
    said = gettext(
        "Its domains' members sign in by {label} alone. Who was in by password is out."
    ).format(label=row.label)
    return _answer(request, id, said, configure.require, row, request.seat, named)


@act(Right.SECURITY)
def remove_provider(request: SeatedRequest, id: str) -> HttpResponse:
    row = IdentityProvider.get_public(id)
    try:
        configure.remove_provider(row)
    except Unfit as error:
        messages.error(request, str(error))
        return redirect("identity_provider", id=id)
    messages.success(
        request, gettext("{label} is removed. Its people stay members.").format(label=row.label)
    )
    return redirect("identity_providers")


@act(Right.SECURITY)
def add_domain(request: SeatedRequest, id: str) -> HttpResponse:
    row, form = IdentityProvider.get_public(id), DomainForm(request.POST)
    if form.is_valid():
        try:
            domains.claim_domain(row, form.cleaned_data["domain"])
        except Unfit as error:
            form.add_error("domain", str(error))
    if form.errors:
        return _show(request, row, domain_form=form)
    return _said(request, id, gettext("Publish the record below, then verify it."))


@act_outside(Right.SECURITY)
def verify_domain(request: SeatedRequest, id: str) -> HttpResponse:
    """Our resolver is asked outside of any transaction; a domain verified before needs no proof."""
    with tenant_scope(request.seat.tenant):
        row = IdentityProvider.get_public(id)
        domain = EmailDomain.get_public(request.POST.get("domain", ""))
    try:
        if domain.verified_at is None and not domains.is_published(domain):
            raise Unfit(
                gettext("The record is not there yet. DNS may take an hour: {domain}").format(
                    domain=domain.domain
                )
            )
        with tenant_scope(request.seat.tenant):
            domains.verify_domain(domain, row, by="DNS")
    except Unfit as error:
        messages.error(request, str(error))
    else:
        messages.success(
            request,
            gettext("{domain} is yours, and leads to {label}.").format(
                domain=domain.domain, label=row.label
            ),
        )
    return redirect("identity_provider", id=id)


@act(Right.SECURITY)
def release_domain(request: SeatedRequest, id: str) -> HttpResponse:
    IdentityProvider.get_public(id)
    row = EmailDomain.get_public(request.POST.get("domain", ""))
    return _answer(
        request,
        id,
        gettext("{domain} is released.").format(domain=row.domain),
        domains.release_domain,
        row,
    )


@act(Right.SECURITY)
def give_group_role(request: SeatedRequest, id: str) -> HttpResponse:
    row, form = IdentityProvider.get_public(id), GroupForm(request.POST)
    given = form.cleaned_data if form.is_valid() else {}
    if given:
        try:
            configure.give_role(row, request.seat, **given)
        except Unfit as error:
            form.add_error("role" if given["role"] == Role.OWNER else "group", str(error))
    if form.errors:
        return _show(request, row, group_form=form)
    said = gettext("{group} gives the role {role} at each sign-in from now on.").format(**given)
    return _said(request, id, said)


@act(Right.SECURITY)
def take_group_role(request: SeatedRequest, id: str) -> HttpResponse:
    IdentityProvider.get_public(id)
    row = GroupRole.get_public(request.POST.get("group", ""))
    said = gettext("{group} gives no role any more.").format(group=row.group)
    return _answer(request, id, said, configure.take_role, row, request.seat)


@act(Right.SECURITY)
def unlink_identity(request: SeatedRequest, id: str) -> HttpResponse:
    provider = IdentityProvider.get_public(id)
    row = Identity.get_public(request.POST.get("person", ""))
    is_own = row.user_id == request.user.pk and has_vouched(provider, request.session)
    configure.unlink(row)
    said = gettext("{email} is unlinked: the next sign-in with that address links it anew.").format(
        email=row.user.email
    )
    return _leave(request, said) if is_own else _said(request, id, said)


def _answer(
    request: SeatedRequest, id: str, said: str, act_on: Any, *given: Any, **more: Any
) -> HttpResponse:
    """Do it, say so, and go back to the provider; or say why not."""
    try:
        act_on(*given, **more)
    except Unfit as error:
        messages.error(request, str(error))
    else:
        messages.success(request, said)
    return redirect("identity_provider", id=id)


def _show(
    request: SeatedRequest, row: IdentityProvider, *, form: Any = None, **more: Any
) -> HttpResponse:
    tried = request.session.get(TRIED_KEY)
    context = {
        "provider": get_provider(row),
        "form": form or values_form(row),
        "group_form": GroupForm(),
        "domain_form": DomainForm(),
        "tried": tried if tried and tried["provider"] == row.public_id else None,
        **more,
    }
    return render(request, "sso/provider.html", context)
