"""Signing in by OpenID Connect, the whole way over HTTP."""

from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from ekyam.people.models import TotpFactor
from ekyam.sso.models import GroupRole, Identity, IdentityProvider
from ekyam.tenants.models import Membership, Role, User
from ekyam.tenants.scope import tenant_scope
from tests.signing_in.conftest import add_totp
from tests.sso.conftest import Visitor, is_signed_in, role_of, told
from tests.sso.openid_server import OpenIdServer
from tests.world import World, add_member


def test_it_signs_a_newcomer_in_and_makes_them_a_member(visitor: Visitor, world: World) -> None:
    answer = visitor.sign_in(next="/orders/")
    assert answer.status_code == 302 and answer["Location"] == "/orders/"
    assert "Juniper Home" in visitor.client.get("/orders/").content.decode()
    assert role_of(world.here.tenant, "asha@juniper.example") == "viewer"
    user = User.objects.get(email="asha@juniper.example")
    assert user.name == "Asha Rao" and not user.has_usable_password()
    (entry,) = told(world.here.tenant, "person.signed_in")
    assert entry.actor == "asha@juniper.example" and entry.address == "127.0.0.1"
    assert entry.after == {"by": "Okta", "role": "viewer"}


def test_it_asks_with_state_nonce_and_challenge(visitor: Visitor) -> None:
    first, second = (parse_qs(urlsplit(visitor.leave()).query) for _ in range(2))
    for name in ("state", "nonce", "code_challenge"):
        assert len(first[name][0]) >= 43 and first[name] != second[name]
    assert first["code_challenge_method"] == ["S256"]
    assert first["scope"] == ["openid email profile"]
    assert first["redirect_uri"] == [visitor.provider.address("sso_return")]


def test_it_knows_the_person_again_by_subject_alone(
    visitor: Visitor, openid: OpenIdServer, world: World
) -> None:
    visitor.sign_in()
    openid.person["email"] = "asha.rao@juniper.example"
    Visitor(Client(), visitor.provider).sign_in()
    assert User.objects.filter(email__startswith="asha").count() == 1
    assert len(told(world.here.tenant, "person.signed_in")) == 2


def test_it_links_whoever_has_an_account_at_an_address_of_the_companys_domain(
    visitor: Visitor, openid: OpenIdServer, world: World
) -> None:
    openid.person["email"] = world.here.viewer.email.upper()
    visitor.sign_in()
    assert visitor.client.session["_auth_user_id"] == str(world.here.viewer.pk)
    with tenant_scope(world.here.tenant):
        assert Identity.objects.get().user_id == world.here.viewer.pk


def test_it_reads_from_userinfo_what_the_token_lacks(
    visitor: Visitor, openid: OpenIdServer, world: World
) -> None:
    with tenant_scope(world.here.tenant):
        GroupRole.objects.create(
            tenant=world.here.tenant, provider=visitor.provider, group="Ops", role="operator"
        )
    openid.lies.claims = {"email": None, "name": None, "groups": None}
    openid.lies.userinfo = {**openid.person, "groups": ["Ops"], "sub": "00u1"}
    visitor.sign_in()
    assert role_of(world.here.tenant, "asha@juniper.example") == "operator"


def test_it_opens_the_vouching_company_alone(visitor: Visitor, world: World) -> None:
    """A provider of one company must not open another one, even to somebody who is in both."""
    user = User.objects.create_user("asha@juniper.example", None)
    with tenant_scope(world.there.tenant):
        Membership.objects.create(tenant=world.there.tenant, user=user, role=Role.OWNER)
    visitor.sign_in()
    assert "Juniper Home" in visitor.client.get("/").content.decode()
    assert "Marigold" not in visitor.client.get("/tenants/").content.decode()
    answer = visitor.client.post("/tenants/", {"tenant": str(world.there.tenant.pk)})
    assert answer.status_code == 404


def test_it_changes_nothing_of_what_protects_the_account(
    visitor: Visitor, openid: OpenIdServer, world: World
) -> None:
    """The account may open other companies too, and they never trusted this provider."""
    user = add_member(world.here.tenant, Role.VIEWER, "asha")
    openid.person["email"] = user.email
    factor = add_totp(user)
    visitor.sign_in()
    assert is_signed_in(visitor.client)
    for door in ("/account/set-up/totp/", f"/account/security/{factor.public_id}/remove/"):
        assert visitor.client.post(door)["Location"].startswith("/account/prove/")
    assert TotpFactor.objects.filter(user=user).count() == 1


def test_it_takes_no_address_that_is_longer_than_any(
    visitor: Visitor, openid: OpenIdServer
) -> None:
    openid.person["email"] = f"{'a' * 254}@juniper.example"
    answer = visitor.sign_in()
    assert answer.status_code == 403 and "does not say" in answer.content.decode()


@pytest.mark.parametrize("said", [False, "false", "False", 0, [], "perhaps"])
def test_it_takes_no_address_that_the_provider_does_not_call_verified(
    visitor: Visitor, openid: OpenIdServer, said: Any
) -> None:
    openid.person["email_verified"] = said
    answer = visitor.sign_in()
    assert answer.status_code == 403 and "has not verified" in answer.content.decode()


def test_it_costs_a_page_nothing(visitor: Visitor, world: World) -> None:
    """Whose company vouches stands in the session, which is read anyway."""
    visitor.sign_in()
    by_password = Client()
    by_password.force_login(world.here.owner, backend="django.contrib.auth.backends.ModelBackend")
    costs = []
    for client in (by_password, visitor.client):
        client.get("/orders/")
        with CaptureQueriesContext(connection) as queries:
            assert client.get("/orders/").status_code == 200
        costs.append(len(queries))
    assert costs[0] == costs[1]


def test_it_takes_a_new_key_of_the_provider(visitor: Visitor, openid: OpenIdServer) -> None:
    """Keys are kept for ten minutes; one that is not among them is asked for again, once."""
    from tests.sso.openid_server import published, rsa_key

    visitor.sign_in()
    openid.keys = [published(rsa_key("second"), "second")]
    openid.lies.key, openid.lies.header = rsa_key("second"), {"kid": "second"}
    again = Visitor(Client(), visitor.provider)
    again.sign_in()
    assert is_signed_in(again.client)


def test_it_begins_nothing_while_the_provider_is_off(visitor: Visitor) -> None:
    with tenant_scope(visitor.provider.tenant_id):
        IdentityProvider.objects.update(is_on=False)
    assert visitor.client.get(f"/sso/{visitor.provider.public_id}/start/").status_code == 404


def test_it_says_when_the_provider_cannot_be_reached(visitor: Visitor) -> None:
    with tenant_scope(visitor.provider.tenant_id):
        IdentityProvider.objects.update(issuer="http://127.0.0.1:9")
    answer = visitor.client.get(f"/sso/{visitor.provider.public_id}/start/")
    assert answer.status_code == 502
    assert "cannot be reached" in answer.content.decode()


def test_it_goes_on_to_no_other_site(visitor: Visitor) -> None:
    for elsewhere in ("https://evil.example/", "//evil.example/", "/\\evil.example", "evil"):
        assert visitor.sign_in(next=elsewhere)["Location"] == "/"
