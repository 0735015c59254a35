"""A company whose people sign in by a provider that really answers."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
import requests
from django.test import Client
from django.utils import timezone

from ekyam.audit.models import AuditEntry
from ekyam.sso.models import EmailDomain, IdentityProvider
from ekyam.tenants.models import Membership, Tenant
from ekyam.tenants.scope import tenant_scope
from tests.sso.openid_server import CLIENT_ID, CLIENT_SECRET, OpenIdServer, openid_server
from tests.sso.saml_server import SamlServer, saml_server
from tests.world import World


@pytest.fixture
def openid(settings: Any) -> Iterator[OpenIdServer]:
    person = {"sub": "00u1", "email": "asha@juniper.example", "name": "Asha Rao", "groups": []}
    with openid_server(**person) as server:
        settings.SSO_PRIVATE_URLS = [server.issuer]
        yield server


def add_domain(provider: IdentityProvider, name: str) -> EmailDomain:
    return EmailDomain.objects.create(
        tenant_id=provider.tenant_id,
        domain=name,
        proof="seen",
        verified_at=timezone.now(),
        verified_by="DNS",
        provider=provider,
    )


def make_provider(tenant: Tenant, domain: str, **values: Any) -> IdentityProvider:
    """One that is on, and gives newcomers the viewer's role, unless told otherwise."""
    standard = {"label": "Okta", "is_on": True, "tried_at": timezone.now()}
    with tenant_scope(tenant):
        provider = IdentityProvider(
            tenant=tenant, **{**standard, "default_role": "viewer", **values}
        )
        if provider.kind == "oidc":
            provider.seal("client_secret", CLIENT_SECRET)
        provider.save()
        if domain:
            add_domain(provider, domain)
    return provider


@pytest.fixture
def okta(world: World, openid: OpenIdServer) -> IdentityProvider:
    values = {"kind": "oidc", "issuer": openid.issuer, "client_id": CLIENT_ID}
    return make_provider(world.here.tenant, "juniper.example", **values)


@pytest.fixture
def saml_site(settings: Any, tmp_path: Path) -> Iterator[SamlServer]:
    with saml_server(tmp_path) as site:
        settings.SSO_PRIVATE_URLS = [site.address]
        site.person = {"mail": ["asha@juniper.example"], "displayName": ["Asha Rao"], "groups": []}
        yield site


@pytest.fixture
def entra(world: World, saml_site: SamlServer) -> IdentityProvider:
    provider = make_provider(
        world.here.tenant,
        "juniper.example",
        kind="saml",
        label="Entra ID",
        issuer=f"{saml_site.address}/metadata",
        sign_in_url=f"{saml_site.address}/sso",
        certificates=[saml_site.certificate],
    )
    saml_site.ours = Client().get(f"/sso/{provider.public_id}/metadata/").content.decode()
    return provider


@dataclass
class SamlVisitor:
    """The same for SAML: the provider's page holds a form, which the browser sends."""

    client: Client
    provider: IdentityProvider

    def fetch(self, next: str = "") -> str:
        """Begin, and return the response that the provider's form holds."""
        start = f"/sso/{self.provider.public_id}/start/"
        leaves = self.client.get(start, {"next": next} if next else {})
        page = requests.get(leaves["Location"], timeout=5).text
        found = re.search(r'name="SAMLResponse" value="([^"]*)"', page)
        assert found, page
        return found[1]

    def post(self, encoded: str) -> Any:
        """The form comes without a cookie; the page after it has one."""
        answer = Client().post(
            f"/sso/{self.provider.public_id}/acs/", {"SAMLResponse": encoded, "RelayState": "x"}
        )
        return self.client.get(answer["Location"]) if answer.status_code == 302 else answer

    def sign_in(self, next: str = "") -> Any:
        return self.post(self.fetch(next))


@pytest.fixture
def saml_visitor(entra: IdentityProvider) -> SamlVisitor:
    return SamlVisitor(Client(), entra)


@dataclass
class Visitor:
    """A browser of few words: our side by Django's client, the provider's over the network."""

    client: Client
    provider: IdentityProvider

    def leave(self, next: str = "") -> str:
        """Begin; return the provider's address."""
        start = f"/sso/{self.provider.public_id}/start/"
        answer = self.client.get(start, {"next": next} if next else {})
        assert answer.status_code == 302, answer.content.decode()
        return str(answer["Location"])

    def come_back(self, address: str) -> Any:
        parts = urlsplit(address)
        return self.client.get(f"{parts.path}?{parts.query}")

    def sign_in(self, next: str = "") -> Any:
        """All the way, with a provider that asks nothing."""
        answer = requests.get(self.leave(next), allow_redirects=False, timeout=5)
        assert answer.status_code == 302, answer.text
        return self.come_back(answer.headers["location"])


@pytest.fixture
def visitor(okta: IdentityProvider) -> Visitor:
    return Visitor(Client(), okta)


def is_signed_in(client: Client) -> bool:
    return "_auth_user_id" in client.session


def role_of(tenant: Tenant, email: str) -> str:
    with tenant_scope(tenant):
        found = Membership.objects.filter(user__email=email).first()
    return str(found.role) if found else ""


def told(tenant: Tenant, action: str) -> list[AuditEntry]:
    with tenant_scope(tenant):
        return list(AuditEntry.objects.filter(action=action).order_by("number"))


def is_plain_refusal(answer: Any) -> bool:
    """The one answer for whatever proves nobody."""
    said = answer.content.decode()
    return bool(answer.status_code == 403 and "does not prove who you are" in said)
