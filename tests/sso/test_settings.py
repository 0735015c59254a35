"""The pages where a company sets up its provider, tries it, and turns it on."""

import re
from typing import Any

import pytest
import requests
from django.test import Client

from ekyam.sso import configure
from ekyam.sso.models import GroupRole, Identity, IdentityProvider
from ekyam.tenants.models import Membership, Role, User
from ekyam.tenants.scope import tenant_scope
from tests.portal.conftest import sign_in
from tests.sso.conftest import SamlVisitor, Visitor, add_domain, is_signed_in, make_provider, told
from tests.sso.openid_server import CLIENT_ID, CLIENT_SECRET, OpenIdServer, openid_server
from tests.sso.saml_server import SamlServer
from tests.world import World, add_member


def made(world: World) -> IdentityProvider:
    with tenant_scope(world.here.tenant):
        return IdentityProvider.objects.get()


def post(client: Client, world: World, door: str, **form: str) -> str:
    return post_to(client, made(world), door, **form)


def post_to(client: Client, provider: IdentityProvider, door: str, **form: str) -> str:
    address = f"/single-sign-on/{provider.public_id}/{door}/"
    return client.post(address, form, follow=True).content.decode()


def onward(page: str) -> str:
    """Where «Try it» goes on to."""
    found = re.search(r'href="(http[^"]+)" rel="noreferrer"', page)
    assert found, page
    return found[1].replace("&amp;", "&")


def oidc_values(openid: OpenIdServer) -> dict[str, str]:
    return {
        "label": "Okta",
        "issuer": openid.issuer,
        "client_id": CLIENT_ID,
        "client_secret": CLIENT_SECRET,
        "group_claim": "groups",
        "default_role": "viewer",
    }


def test_it_sets_one_up_tries_it_and_turns_it_on(openid: OpenIdServer, world: World) -> None:
    owner = sign_in(world.here.owner)
    page = owner.post("/single-sign-on/add/", {"label": "Okta", "kind": "oidc"}, follow=True)
    text = page.content.decode()
    assert made(world).address("sso_return") in text and "Enter the values" in text
    assert "The values are kept" in post(owner, world, "change", **oidc_values(openid))
    with tenant_scope(world.here.tenant):
        add_domain(made(world), "juniper.example")
    assert "Try it first" in post(owner, world, "switch", to="on")
    back = requests.get(onward(post(owner, world, "try")), allow_redirects=False, timeout=5)
    path = back.headers["location"].partition("8000")[2]
    shown = owner.get(path, follow=True).content.decode()
    assert "asha@juniper.example" in shown and "let you in as <strong>viewer</strong>" in shown
    assert owner.session["_auth_user_id"] == str(world.here.owner.pk)
    assert not User.objects.filter(email="asha@juniper.example").exists()
    assert "Okta is on." in post(owner, world, "switch", to="on")
    visitor = Visitor(Client(), made(world))
    visitor.sign_in()
    assert is_signed_in(visitor.client)
    assert "1 linked" in re.sub("<[^>]+>", "", owner.get(shown_at(world)).content.decode())


def shown_at(world: World) -> str:
    return f"/single-sign-on/{made(world).public_id}/"


def test_it_sets_saml_up_from_metadata(saml_site: SamlServer, world: World) -> None:
    owner = sign_in(world.here.owner)
    owner.post("/single-sign-on/add/", {"label": "Entra ID", "kind": "saml"})
    values = {
        "label": "Entra ID",
        "metadata": f"{saml_site.address}/metadata",
        "group_claim": "groups",
    }
    assert "The values are kept" in post(owner, world, "change", **values)
    row = made(world)
    assert row.sign_in_url == f"{saml_site.address}/sso"
    assert row.certificates == [saml_site.certificate]
    saml_site.ours = Client().get(f"/sso/{row.public_id}/metadata/").content.decode()
    page = requests.get(onward(post(owner, world, "try")), timeout=5).text
    encoded = re.search(r'value="([^"]+)"', page)
    assert encoded
    shown = SamlVisitor(owner, row).post(encoded[1])
    assert shown.status_code == 302 and shown["Location"] == shown_at(world)
    text = owner.get(shown["Location"]).content.decode()
    assert "may not vouch for asha@juniper.example" in text  # no domain is verified yet
    assert made(world).tried_at is not None


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"issuer": "https://127.0.0.1/"}, "cannot be read"),
        ({"issuer": "http://okta.example"}, "must begin with https://"),
        ({"issuer": "javascript:alert(1)"}, "no address"),
        ({"issuer": "x"}, "no address"),
        ({"issuer": ""}, "required"),
        ({"client_id": ""}, "required"),
        ({"default_role": "owner"}, "valid choice"),
    ],
)
def test_it_says_what_is_wrong_with_a_value(
    openid: OpenIdServer, world: World, change: dict[str, str], why: str
) -> None:
    owner = sign_in(world.here.owner)
    owner.post("/single-sign-on/add/", {"label": "Okta", "kind": "oidc"})
    values = {**oidc_values(openid), **change}
    address = f"/single-sign-on/{made(world).public_id}/change/"
    answer = owner.post(address, values)
    assert answer.status_code == 200
    assert why in answer.content.decode() and CLIENT_SECRET not in answer.content.decode()


@pytest.mark.parametrize(
    "change",
    [
        {"metadata": "<a/>"},
        {"metadata": "no XML"},
        {"metadata": '<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>'},
        {"metadata": "https://127.0.0.1/metadata"},
        {"issuer": "x"},
        {"issuer": "x", "sign_in_url": "https://a.example/", "certificates": "none"},
        {"issuer": "x", "sign_in_url": "javascript:1", "certificates": "none"},
    ],
)
def test_it_says_what_is_wrong_with_metadata(world: World, change: dict[str, str]) -> None:
    owner = sign_in(world.here.owner)
    owner.post("/single-sign-on/add/", {"label": "Entra ID", "kind": "saml"})
    address = f"/single-sign-on/{made(world).public_id}/change/"
    answer = owner.post(address, {"label": "Entra ID", **change})
    assert answer.status_code == 200
    assert "toast-error" in answer.content.decode()


def test_it_never_shows_the_client_secret(visitor: Visitor, world: World) -> None:
    page = sign_in(world.here.owner).get(shown_at(world)).content.decode()
    assert CLIENT_SECRET not in page and "One is kept, sealed" in page


def test_it_keeps_the_secret_that_is_not_entered_again(
    visitor: Visitor, openid: OpenIdServer, world: World
) -> None:
    values = {**oidc_values(openid), "client_secret": "", "label": "Okta again"}
    post(sign_in(world.here.owner), world, "change", **values)
    with tenant_scope(world.here.tenant):
        assert made(world).unseal("client_secret") == CLIENT_SECRET.encode()
    (entry,) = told(world.here.tenant, "identity_provider.changed")
    assert entry.before == {"label": "Okta"} and entry.after == {"label": "Okta again"}


def test_it_tells_of_a_new_secret_and_never_what_it_is(
    visitor: Visitor, openid: OpenIdServer, world: World
) -> None:
    values = {**oidc_values(openid), "client_secret": "a canary"}
    post(sign_in(world.here.owner), world, "change", **values)
    (entry,) = told(world.here.tenant, "identity_provider.changed")
    assert entry.after == {"renewed": "the client's own"}


def test_it_asks_to_be_tried_again_after_a_change_of_whom_to_trust(
    visitor: Visitor, openid: OpenIdServer, world: World
) -> None:
    owner = sign_in(world.here.owner)
    values = {**oidc_values(openid), "client_id": "another"}
    said = post(owner, world, "change", **values)
    assert "turn it off before you exchange it" in said
    post(owner, world, "switch", to="off")
    post(owner, world, "change", **values)
    assert made(world).tried_at is None


def test_it_lets_owners_alone_decide_whom_to_trust(
    visitor: Visitor, openid: OpenIdServer, world: World
) -> None:
    """Else an administrator could set up a provider of their own, and sign in as an owner."""
    admin = sign_in(add_member(world.here.tenant, Role.ADMIN))
    assert "Only an owner may do that" in post(admin, world, "groups", group="A", role="owner")
    assert "gives the role" in post(admin, world, "groups", group="A", role="admin")
    assert "Passwords count" in post(admin, world, "switch", to="off")
    assert "Only an owner may do that" in post(admin, world, "switch", to="on")
    with tenant_scope(world.here.tenant):
        assert list(GroupRole.objects.values_list("group", "role")) == [("A", "admin")]


def test_it_keeps_what_was_typed_beside_the_reason_why_it_is_refused(
    visitor: Visitor, openid: OpenIdServer, world: World
) -> None:
    admin = sign_in(add_member(world.here.tenant, Role.ADMIN))
    address = f"/single-sign-on/{made(world).public_id}"
    for door, typed, field, said in (
        ("domains", {"domain": "no domain"}, "domain", "This is no domain; enter it as in"),
        ("domains", {"domain": ""}, "domain", "This field is required"),
        ("groups", {"group": "Till", "role": "owner"}, "role", "Only an owner may do that"),
        ("groups", {"group": "Till", "role": "king"}, "role", "Select a valid choice"),
        ("groups", {"group": "", "role": "admin"}, "group", "This field is required"),
    ):
        answer = admin.post(f"{address}/{door}/", typed)
        text = answer.content.decode()
        assert answer.status_code == 200
        assert said in text.split(f'id="id_{field}_error"')[1].split("</div>")[0]
        for name in ("domain", "group"):
            assert not typed.get(name) or f'name="{name}" value="{typed[name]}"' in text
    with tenant_scope(world.here.tenant):
        assert not GroupRole.objects.exists()


def test_an_administrator_cannot_say_where_the_owners_group_stands(
    visitor: Visitor, openid: OpenIdServer, world: World
) -> None:
    """Else they would point at a claim that they write themselves, such as their own name."""
    owner, admin = sign_in(world.here.owner), sign_in(add_member(world.here.tenant, Role.ADMIN))
    values = {**oidc_values(openid), "client_secret": ""}
    assert "are kept" in post(admin, world, "change", **{**values, "group_claim": "roles"})
    assert "gives the role" in post(owner, world, "groups", group="Bosses", role="owner")
    said = post(admin, world, "change", **{**values, "group_claim": "name"})
    assert "Only an owner may do that" in said and made(world).group_claim == "roles"
    post(admin, world, "switch", to="off")
    said = post(admin, world, "change", **{**values, "group_claim": "name"})
    assert "Only an owner may do that" in said and made(world).group_claim == "roles"
    assert "are kept" in post(owner, world, "change", **{**values, "group_claim": "name"})


def test_it_knows_nobody_by_what_another_issuer_called_them(
    visitor: Visitor, openid: OpenIdServer, world: World, settings: Any
) -> None:
    """A subject is one person's within its issuer, and anybody's in the next one."""
    visitor.sign_in()
    owner = sign_in(world.here.owner)
    post(owner, world, "switch", to="off")
    with openid_server() as another:
        settings.SSO_PRIVATE_URLS = [openid.issuer, another.issuer]
        post(owner, world, "change", **{**oidc_values(openid), "issuer": another.issuer})
    assert made(world).issuer == another.issuer
    with tenant_scope(world.here.tenant):
        assert not Identity.objects.exists()


def test_it_removes_and_unlinks(visitor: Visitor, world: World) -> None:
    visitor.sign_in()
    owner = sign_in(world.here.owner)
    with tenant_scope(world.here.tenant):
        linked = Identity.objects.get().public_id
    assert "is unlinked" in post(owner, world, "people/unlink", person=linked)
    assert "turn it off first" in post(owner, world, "remove")
    post(owner, world, "switch", to="off")
    assert "Okta is removed" in post(owner, world, "remove")
    with tenant_scope(world.here.tenant):
        assert not IdentityProvider.objects.exists()


def test_turning_it_off_signs_out_whom_it_signed_in_and_nobody_else(
    visitor: Visitor, world: World
) -> None:
    visitor.sign_in()
    owner = sign_in(world.here.owner)
    by_password = sign_in(User.objects.get(email="asha@juniper.example"))
    elsewhere = make_provider(world.here.tenant, "", label="Google", kind="oidc", issuer="x")
    with tenant_scope(world.here.tenant):
        configure.turn_off(elsewhere)
    assert is_signed_in(visitor.client)
    post_to(owner, visitor.provider, "switch", to="off")
    assert not is_signed_in(visitor.client)
    assert is_signed_in(owner) and is_signed_in(by_password)
    of_google, of_okta = told(world.here.tenant, "identity_provider.turned_off")
    assert of_google.after == {"sessions_ended": 0} and of_okta.after == {"sessions_ended": 1}


def test_unlinking_signs_out_whom_it_signed_in(visitor: Visitor, world: World) -> None:
    visitor.sign_in()
    with tenant_scope(world.here.tenant):
        linked = Identity.objects.get().public_id
    post(sign_in(world.here.owner), world, "people/unlink", person=linked)
    assert not is_signed_in(visitor.client)


@pytest.mark.parametrize("deed", ["switch", "people/unlink"])
def test_whoever_came_by_it_is_told_before_the_door(
    visitor: Visitor, world: World, deed: str
) -> None:
    visitor.sign_in()
    with tenant_scope(world.here.tenant):
        Membership.objects.filter(user__email="asha@juniper.example").update(role=Role.OWNER)
        linked = Identity.objects.get().public_id
    said = post(visitor.client, world, deed, to="off", person=linked)
    assert ("is off" in said or "is unlinked" in said) and "Password" in said
    assert not is_signed_in(visitor.client)


def test_it_shows_why_sign_ins_were_refused(
    visitor: Visitor, openid: OpenIdServer, world: World
) -> None:
    openid.lies.claims = {"nonce": "another"}
    visitor.sign_in()
    page = sign_in(world.here.owner).get(shown_at(world)).content.decode()
    assert "of another sign-in: its nonce is not ours" in page


@pytest.mark.parametrize("door", ["domains", "groups", "domains/verify", "groups/remove", "try"])
def test_it_takes_an_empty_form_for_no_more_than_that(
    visitor: Visitor, world: World, door: str, settings: Any
) -> None:
    settings.SSO_PRIVATE_URLS = []
    address = f"/single-sign-on/{made(world).public_id}/{door}/"
    expected = {"domains": 200, "groups": 200, "try": 302}.get(door, 404)
    assert sign_in(world.here.owner).post(address).status_code == expected
