"""A domain is proven by its DNS, belongs to one company, and leads to its provider."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.contrib import admin
from django.test import Client, RequestFactory

from ekyam.sso.admin import EmailDomainAdmin
from ekyam.sso.domains import claim_domain, is_published, record_of, release_domain, verify_domain
from ekyam.sso.failures import Unfit
from ekyam.sso.models import EmailDomain, IdentityProvider
from ekyam.sso.routing import find_provider_for
from ekyam.tenants.models import User
from ekyam.tenants.scope import across_tenants, tenant_scope
from tests.portal.conftest import sign_in
from tests.sso.conftest import make_provider, told
from tests.sso.name_server import NameServer, name_server
from tests.world import World

VALUES = {"kind": "oidc", "issuer": "https://okta.example", "client_id": "x"}


@pytest.fixture
def names(settings: Any) -> Iterator[NameServer]:
    with name_server() as server:
        settings.DNS_URL = server.url
        settings.SSO_PRIVATE_URLS = [server.url]
        yield server


@pytest.fixture
def provider(world: World) -> IdentityProvider:
    return make_provider(world.here.tenant, "", **VALUES)


@pytest.fixture
def claimed(provider: IdentityProvider) -> EmailDomain:
    with tenant_scope(provider.tenant_id):
        return claim_domain(provider, " @Juniper.Example. ")


def test_it_proves_a_domain_by_its_record(
    names: NameServer, claimed: EmailDomain, provider: IdentityProvider, world: World
) -> None:
    address = f"/single-sign-on/{provider.public_id}/domains/verify/"
    admin = sign_in(world.here.owner)
    said = admin.post(address, {"domain": claimed.public_id}, follow=True).content.decode()
    assert "The record is not there yet" in said
    assert find_provider_for("asha@juniper.example") is None
    names.records["juniper.example"] = ['"v=spf1 -all"', f'"{record_of(claimed)}"']
    said = admin.post(address, {"domain": claimed.public_id}, follow=True).content.decode()
    assert "juniper.example is yours" in said
    assert find_provider_for("Asha@Juniper.Example") == provider
    assert len(told(world.here.tenant, "domain.verified")) == 1


@pytest.mark.parametrize("data", ["{}", '"{}"', '"{:.20}" "{}"'])
def test_it_reads_records_as_name_servers_write_them(
    names: NameServer, claimed: EmailDomain, data: str
) -> None:
    record = record_of(claimed)
    pieces = (record[:20], record[20:]) if data.count("{") > 1 else (record,)
    names.records["juniper.example"] = [data.format(*pieces)]
    assert is_published(claimed)


@pytest.mark.parametrize("record", ["ekyam-domain=", "ekyam-domain=another", "", '"', '"\\'])
def test_it_takes_no_other_record(names: NameServer, claimed: EmailDomain, record: str) -> None:
    names.records["juniper.example"] = [record]
    assert not is_published(claimed)


@pytest.mark.parametrize(("status", "body"), [(2, None), (0, "no JSON"), (0, "[]")])
def test_it_says_when_the_records_cannot_be_read(
    names: NameServer, claimed: EmailDomain, status: int, body: str | None
) -> None:
    names.status, names.body = status, body
    with pytest.raises(Unfit, match="cannot be read now"):
        is_published(claimed)


@pytest.mark.parametrize("text", ["", "juniper", "a b.example", "-a.example", "x" * 300, "1.2.3.4"])
def test_it_claims_nothing_that_is_no_domain(provider: IdentityProvider, text: str) -> None:
    with tenant_scope(provider.tenant_id), pytest.raises(Unfit, match="no domain"):
        claim_domain(provider, text)


def test_it_gives_a_domain_to_one_company_alone(
    claimed: EmailDomain, provider: IdentityProvider, world: World
) -> None:
    """Both may claim it; who proves it first has it, and a constraint keeps it so."""
    theirs = make_provider(world.there.tenant, "", **VALUES)
    with tenant_scope(world.there.tenant):
        other = claim_domain(theirs, "juniper.example")
        verify_domain(other, theirs, by="DNS")
    with tenant_scope(provider.tenant_id):
        with pytest.raises(Unfit, match="another company"):
            verify_domain(claimed, provider, by="DNS")
        assert EmailDomain.objects.get().verified_at is None
    assert find_provider_for("asha@juniper.example") == theirs
    with tenant_scope(world.there.tenant):
        IdentityProvider.objects.update(is_on=False)
        release_domain(EmailDomain.objects.get())
    with tenant_scope(provider.tenant_id):
        verify_domain(EmailDomain.objects.get(), provider, by="DNS")


def test_it_lets_ekyams_staff_verify_one_by_hand(claimed: EmailDomain, world: World) -> None:
    """It leads nowhere until the company itself says where."""
    request = RequestFactory().post("/")
    request.user = User.objects.create_superuser("staff@ekyam.example", None)
    page = EmailDomainAdmin(EmailDomain, admin.site)
    with across_tenants("staff looks at the admin"):
        page.verify_by_hand(request, EmailDomain.objects.all())
    with tenant_scope(world.here.tenant):
        assert EmailDomain.objects.get().verified_by == "Ekyam (staff@ekyam.example)"
    (entry,) = told(world.here.tenant, "domain.verified")
    assert (entry.actor_kind, entry.actor) == ("staff", "staff@ekyam.example")
    assert find_provider_for("asha@juniper.example") is None


def test_it_keeps_the_last_domain_of_a_provider_that_is_on(
    claimed: EmailDomain, provider: IdentityProvider
) -> None:
    with tenant_scope(provider.tenant_id):
        verify_domain(claimed, provider, by="DNS")
        with pytest.raises(Unfit, match="turn it off first"):
            release_domain(EmailDomain.objects.select_related("provider").get())


def test_it_offers_the_provider_of_a_domain_and_says_nothing_of_people(
    provider: IdentityProvider, claimed: EmailDomain, world: World
) -> None:
    with tenant_scope(provider.tenant_id):
        verify_domain(claimed, provider, by="DNS")
    answers = {
        Client().get("/sso/offer/", {"email": f"{who}@juniper.example"}).content
        for who in ("owner", "nobody", "")
    }
    (answer,) = answers
    assert b"Continue with Okta" in answer
    assert Client().get("/sso/offer/", {"email": "a@other.example"}).content.strip() == b""
    page = Client().get("/sso/", {"email": "a@juniper.example", "next": "/orders/"})
    assert f"/sso/{provider.public_id}/start/?next=%2Forders%2F" in page.content.decode()
    lost = Client().get("/sso/", {"email": "a@other.example"}).content.decode()
    assert "No company has set up single sign-on" in lost
    assert len(Client().get("/sso/", {"email": "x" * 9000}).content) < len(lost) + 1000
