"""Single sign-on alone: no password of its domains' members, but for the owner of last resort."""

from typing import Any

import pytest
from django.contrib.auth import authenticate, user_logged_in
from django.contrib.messages.middleware import MessageMiddleware
from django.contrib.sessions.middleware import SessionMiddleware
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.test import Client, RequestFactory

from ekyam.people.accounts import mark_verified
from ekyam.people.models import TotpFactor
from ekyam.people.standing import PROVIDER
from ekyam.sso.domains import claim_domain, verify_domain
from ekyam.sso.models import IdentityProvider
from ekyam.team.invitations import invite
from ekyam.tenants.models import Membership, Role, User
from ekyam.tenants.scope import tenant_scope
from tests.portal.conftest import sign_in
from tests.signing_in.conftest import add_totp, code_of
from tests.sso.conftest import Visitor, is_signed_in, make_provider, told
from tests.world import PASSWORD, World, add_member


@pytest.fixture
def required(world: World) -> IdentityProvider:
    values = {"kind": "oidc", "issuer": "https://okta.example", "client_id": "x"}
    provider = make_provider(world.here.tenant, "juniper.example", **values)
    add_totp(world.here.owner)
    require(provider, world.here.owner)
    return provider


def require(provider: IdentityProvider, owner: User) -> HttpResponse:
    """As an owner does it on the page."""
    with tenant_scope(provider.tenant_id):
        named = Membership.objects.get(user=owner).public_id
    address = f"/single-sign-on/{provider.public_id}/require/"
    form = {"to": "required", "last_resort": named}
    answer: HttpResponse = sign_in(owner).post(address, form, follow=True)  # type: ignore[assignment]
    return answer


def by_password(email: str) -> Client:
    client = Client()
    client.post("/accounts/login/", {"login": email, "password": PASSWORD})
    return client


def by_last_resort(owner: User) -> Client:
    """The password, and then the code of the app."""
    client = by_password(owner.email)
    assert not is_signed_in(client)
    client.post("/account/prove/", {"code": code_of(TotpFactor.objects.get())})
    return client


def test_it_refuses_the_password_of_a_member(required: IdentityProvider, world: World) -> None:
    assert not is_signed_in(by_password(world.here.viewer.email))
    assert not is_signed_in(by_password(world.here.viewer.email.upper()))
    email = world.here.viewer.email
    assert authenticate(None, email=email, password=PASSWORD) is None
    assert authenticate(None, username=email, password=PASSWORD) is None


def test_it_answers_as_to_a_wrong_password(required: IdentityProvider, world: World) -> None:
    form = {"login": world.here.viewer.email, "password": PASSWORD}
    right = Client().post("/accounts/login/", form).content.decode()
    wrong = Client().post("/accounts/login/", {**form, "password": "wrong"}).content.decode()
    assert 'role="alert"' in right
    assert right.count('role="alert"') == wrong.count('role="alert"')


def test_it_lets_the_last_resort_in_and_tells_of_it(
    required: IdentityProvider, world: World
) -> None:
    client = by_last_resort(world.here.owner)
    assert is_signed_in(client)
    (entry,) = told(world.here.tenant, "person.used_last_resort")
    assert entry.actor == world.here.owner.email and entry.after == {"instead_of": "Okta"}
    address = f"/single-sign-on/{required.public_id}/require/"
    client.post(address, {"to": ""})
    assert is_signed_in(by_password(world.here.viewer.email))


def test_it_lets_no_last_resort_in_without_a_second_factor(
    required: IdentityProvider, world: World
) -> None:
    TotpFactor.objects.all().delete()
    assert not is_signed_in(by_password(world.here.owner.email))


def test_it_lets_no_last_resort_in_who_is_no_owner_any_more(
    required: IdentityProvider, world: World
) -> None:
    add_member(world.here.tenant, Role.OWNER, "second")
    with tenant_scope(world.here.tenant):
        Membership.objects.filter(user=world.here.owner).update(role=Role.ADMIN)
    assert not is_signed_in(by_password(world.here.owner.email))


def test_it_binds_nobody_else(required: IdentityProvider, world: World) -> None:
    """Neither a member at another address, nor a person of the domain in another company."""
    guest, lent = add_guest(world), User.objects.create_user("lent@juniper.example", PASSWORD)
    mark_verified(lent)
    with tenant_scope(world.there.tenant):
        Membership.objects.create(tenant=world.there.tenant, user=lent, role=Role.VIEWER)
    for user in (guest, lent, world.there.owner):
        assert is_signed_in(by_password(user.email))


def test_it_stops_every_other_way_in_too(required: IdentityProvider, world: World) -> None:
    """A passkey, a link by mail: whatever signs somebody in ends in Django's own signal."""
    request = RequestFactory().get("/")
    SessionMiddleware(lambda _: HttpResponse()).process_request(request)
    MessageMiddleware(lambda _: HttpResponse()).process_request(request)
    request.user = world.here.viewer
    with pytest.raises(PermissionDenied, match="Okta alone"):
        user_logged_in.send(sender=User, request=request, user=world.here.viewer)
    assert not request.user.is_authenticated


def test_it_ends_what_a_password_had_begun(world: World, visitor: Visitor) -> None:
    visitor.sign_in()
    mine, theirs = by_password(world.here.viewer.email), by_password(world.there.owner.email)
    assert mine.get("/").status_code == 200
    add_totp(world.here.owner)
    require(visitor.provider, world.here.owner)
    assert mine.get("/").status_code == 302
    assert theirs.get("/").status_code == 200
    assert visitor.client.get("/").status_code == 200
    (entry,) = told(world.here.tenant, "identity_provider.required")
    assert entry.after["sessions_ended"] == 1


@pytest.mark.parametrize("why", ["no factor", "no owner", "off", "an admin asks"])
def test_it_is_not_required_before_a_last_resort_is_sure(world: World, why: str) -> None:
    values: dict[str, Any] = {"kind": "oidc", "issuer": "https://okta.example", "client_id": "x"}
    provider = make_provider(world.here.tenant, "juniper.example", is_on=why != "off", **values)
    asks = world.here.owner
    if why == "an admin asks":
        asks = add_member(world.here.tenant, Role.ADMIN)
    named = world.here.viewer if why == "no owner" else world.here.owner
    if why != "no factor":
        add_totp(named)
    with tenant_scope(world.here.tenant):
        form = {"to": "required", "last_resort": Membership.objects.get(user=named).public_id}
    address = f"/single-sign-on/{provider.public_id}/require/"
    said = sign_in(asks).post(address, form, follow=True).content.decode()
    assert "toast-error" in said
    with tenant_scope(world.here.tenant):
        assert not IdentityProvider.objects.get().is_required


def test_it_ends_what_a_password_had_begun_when_a_domain_comes_to_it(
    required: IdentityProvider, world: World
) -> None:
    guest = add_guest(world)
    client = by_password(guest.email)
    assert client.get("/").status_code == 200
    with tenant_scope(world.here.tenant):
        provider = IdentityProvider.objects.get()
        verify_domain(claim_domain(provider, "agency.example"), provider, by="DNS")
    assert client.get("/").status_code == 302


def test_it_binds_whoever_joins_from_the_moment_they_do(
    required: IdentityProvider, world: World
) -> None:
    """Who was in by a password before, for another company, comes in here by the provider."""
    lent = add_member(world.there.tenant, Role.VIEWER, "lent")
    User.objects.filter(pk=lent.pk).update(email="lent@juniper.example")
    lent.refresh_from_db()
    mark_verified(lent)
    client = by_password(lent.email)
    with tenant_scope(world.here.tenant):
        _, token = invite(by=world.here.owner, email=lent.email, role="viewer")
    client.get(f"/join/{token}/")
    answer = client.post("/join/", follow=True)
    assert not is_signed_in(client) and "Okta alone" in answer.content.decode()
    with tenant_scope(world.here.tenant):
        assert Membership.objects.filter(user=lent).exists()


def add_guest(world: World) -> User:
    guest = User.objects.create_user("guest@agency.example", PASSWORD)
    mark_verified(guest)
    with tenant_scope(world.here.tenant):
        Membership.objects.create(tenant=world.here.tenant, user=guest, role=Role.VIEWER)
    return guest


def test_it_says_so_when_the_last_resort_has_left(required: IdentityProvider, world: World) -> None:
    second = add_member(world.here.tenant, Role.OWNER, "second")
    with tenant_scope(world.here.tenant):
        Membership.objects.filter(user=world.here.owner).delete()
    page = sign_in_by_provider(second, required).get(f"/single-sign-on/{required.public_id}/")
    assert "No last resort is named" in page.content.decode()


def sign_in_by_provider(user: User, provider: IdentityProvider) -> Client:
    """A session as the provider begins it, without the way there."""
    with tenant_scope(provider.tenant_id):
        IdentityProvider.objects.update(is_required=False)
    client = sign_in(user)
    with tenant_scope(provider.tenant_id):
        IdentityProvider.objects.update(is_required=True)
    session = client.session
    session[PROVIDER] = str(provider.tenant_id)
    session.save()
    return client
