"""Providers and domains of all companies: Ekyam's staff looks, and verifies a domain by hand."""

from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest

from ekyam.addresses import address_of
from ekyam.audit.actors import Actor, Kind, acting
from ekyam.sso.domains import verify_domain
from ekyam.sso.failures import Unfit
from ekyam.sso.models import EmailDomain, IdentityProvider
from ekyam.staff import LookOnly
from ekyam.tenants.scope import tenant_scope


@admin.register(IdentityProvider)
class IdentityProviderAdmin(LookOnly):
    list_display = ("tenant", "label", "kind", "issuer", "is_on", "is_required", "tried_at")
    list_filter = ("kind", "is_on", "is_required")
    list_select_related = ("tenant",)
    search_fields = ("label", "issuer")
    exclude = ("client_secret",)


@admin.register(EmailDomain)
class EmailDomainAdmin(LookOnly):
    list_display = ("tenant", "domain", "verified_at", "verified_by", "provider")
    list_select_related = ("tenant", "provider")
    search_fields = ("domain",)
    actions = ("verify_by_hand",)

    @admin.action(description="We have seen that the domain is theirs")
    def verify_by_hand(self, request: HttpRequest, rows: QuerySet[EmailDomain]) -> None:
        person: Any = request.user
        staff = Actor(Kind.STAFF, person.public_id, person.email, address_of(request))
        for row in rows.filter(verified_at__isnull=True):
            with tenant_scope(row.tenant_id), acting(staff):
                try:
                    verify_domain(row, None, by=f"Ekyam ({person.email})")
                except Unfit as error:
                    messages.error(request, str(error))
