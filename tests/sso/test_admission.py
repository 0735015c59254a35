"""Who a proven person is here: by subject, by an address of the company's own domain, or nobody."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.utils import timezone

from ekyam.sso.admission import admit, foresee, use_once
from ekyam.sso.claims import Person
from ekyam.sso.failures import NotAdmitted, NotProven
from ekyam.sso.models import EmailDomain, GroupRole, Identity, IdentityProvider
from ekyam.sso.saml import Proof
from ekyam.tenants.models import Membership, Role, User
from ekyam.tenants.scope import tenant_scope
from tests.sso.conftest import Visitor, is_signed_in, make_provider, role_of, told
from tests.sso.openid_server import OpenIdServer
from tests.world import World, add_member, build_world

ASHA = "asha@juniper.example"


@pytest.fixture
def provider(world: World) -> IdentityProvider:
    values = {"kind": "oidc", "issuer": "https://okta.example", "client_id": "x"}
    return make_provider(world.here.tenant, "juniper.example", **values)


def arrive(provider: IdentityProvider, subject: str = "1", **said: Any) -> str:
    """Return the role that was given, or why none was."""
    with tenant_scope(provider.tenant_id):
        try:
            return admit(provider, Person(subject, **{"email": ASHA, **said})).role
        except NotAdmitted as error:
            return str(error)


def give(provider: IdentityProvider, **roles: str) -> None:
    with tenant_scope(provider.tenant_id):
        for group, role in roles.items():
            GroupRole.objects.create(
                tenant_id=provider.tenant_id, provider=provider, group=group, role=role
            )


def test_it_links_no_account_of_another_domain(provider: IdentityProvider, world: World) -> None:
    """Whoever runs a provider can make it say any address: it counts for their own domains only."""
    for email in (world.there.owner.email, "ceo@bank.example", "a@sub.juniper.example"):
        assert "may not vouch for" in arrive(provider, email=email)
    with tenant_scope(provider.tenant_id):
        assert not Identity.objects.exists()


@pytest.mark.parametrize(
    ("said", "reason"),
    [
        ({"email": ""}, "does not say what your e-mail address is"),
        ({"is_email_denied": True}, "has not verified your address"),
    ],
)
def test_it_wants_an_address_that_is_verified(
    provider: IdentityProvider, said: dict[str, Any], reason: str
) -> None:
    assert reason in arrive(provider, **said)


def test_it_wants_an_account_of_the_companys_own_where_all_share_one_issuer(world: World) -> None:
    """Anybody may open a private Google account under an address of the company."""
    values = {"kind": "oidc", "issuer": "https://accounts.google.com", "client_id": "x"}
    google = make_provider(world.here.tenant, "juniper.example", **values)
    assert "no account of your company" in arrive(google)
    assert arrive(google, hosted_domain="juniper.example") == "viewer"


def test_it_gives_an_address_to_nobody_else(provider: IdentityProvider) -> None:
    """The provider gave the address of somebody who left to somebody new."""
    assert arrive(provider, "first") == "viewer"
    assert "belongs to another account" in arrive(provider, "second")


def test_it_signs_in_nobody_of_a_domain_that_is_gone(provider: IdentityProvider) -> None:
    assert arrive(provider) == "viewer"
    with tenant_scope(provider.tenant_id):
        EmailDomain.objects.all().delete()
    assert "may not vouch" in arrive(provider)


@pytest.mark.parametrize("closed", ["is_staff", "is_superuser"])
def test_it_signs_in_none_of_ekyams_staff(provider: IdentityProvider, closed: str) -> None:
    User.objects.create_user(ASHA, None, **{closed: True})
    assert "staff sign in with a password" in arrive(provider)


def test_it_signs_in_no_closed_account(provider: IdentityProvider) -> None:
    User.objects.create_user(ASHA, None, is_active=False)
    assert "closed" in arrive(provider)


def test_it_refuses_whoever_has_no_role_and_makes_no_account(
    provider: IdentityProvider, world: World
) -> None:
    with tenant_scope(provider.tenant_id):
        IdentityProvider.objects.update(default_role="")
    give(provider, Ops="operator")
    assert "none of your groups" in arrive(provider, groups=("Sales",))
    assert not User.objects.filter(email=ASHA).exists()
    assert arrive(provider, groups=("Sales", "Ops")) == "operator"


def test_it_takes_away_what_the_groups_no_longer_give(
    provider: IdentityProvider, world: World
) -> None:
    with tenant_scope(provider.tenant_id):
        IdentityProvider.objects.update(default_role="")
    give(provider, Ops="operator", Admins="admin")
    assert arrive(provider, groups=("Ops", "Admins")) == "admin"
    assert arrive(provider, groups=("Ops",)) == "operator"
    assert role_of(world.here.tenant, ASHA) == "operator"
    assert "none of your groups" in arrive(provider)
    assert role_of(world.here.tenant, ASHA) == ""
    actions = [told(world.here.tenant, f"member.{what}") for what in ("role_changed", "removed")]
    assert [len(entries) for entries in actions] == [1, 1]


def test_it_takes_nothing_away_for_groups_that_are_not_told(
    provider: IdentityProvider, world: World
) -> None:
    give(provider, Ops="operator")
    assert arrive(provider, groups=("Ops",)) == "operator"
    assert "more groups than" in arrive(provider, are_groups_withheld=True)
    assert role_of(world.here.tenant, ASHA) == "operator"


def test_it_lets_the_last_owner_stay(provider: IdentityProvider, world: World) -> None:
    give(provider, Bosses="owner", Ops="operator")
    owner = world.here.owner.email
    assert arrive(provider, "o", email=owner, groups=("Ops",)) == "owner"
    add_member(world.here.tenant, Role.OWNER, "second")
    assert arrive(provider, "o", email=owner, groups=("Ops",)) == "operator"


def test_it_leaves_owners_alone_where_no_group_makes_one(
    provider: IdentityProvider, world: World
) -> None:
    """An administrator sets the groups, and must not unmake owners by them."""
    add_member(world.here.tenant, Role.OWNER, "second")
    give(provider, Ops="operator")
    assert arrive(provider, "o", email=world.here.owner.email, groups=("Ops",)) == "owner"


def test_it_foresees_what_it_would_do_and_writes_nothing(
    provider: IdentityProvider, world: World
) -> None:
    give(provider, Ops="operator")
    with tenant_scope(provider.tenant_id):
        assert foresee(provider, Person("1", email=ASHA, groups=("Ops",))) == "operator"
        with pytest.raises(NotAdmitted, match="may not vouch"):
            foresee(provider, Person("1", email="x@bank.example"))
        assert not Identity.objects.exists()
    assert not User.objects.filter(email=ASHA).exists()


def test_it_says_why_to_whom_the_provider_has_proven(
    visitor: Visitor, openid: OpenIdServer, world: World
) -> None:
    openid.person["email"] = "ceo@bank.example"
    answer = visitor.sign_in()
    assert answer.status_code == 403
    assert "may not vouch for ceo@bank.example" in answer.content.decode()
    assert not is_signed_in(visitor.client)
    (entry,) = told(world.here.tenant, "person.sign_in_refused")
    assert entry.after["proven"] is True


def test_it_keeps_a_removal_that_it_refuses_for(
    visitor: Visitor, openid: OpenIdServer, world: World
) -> None:
    give(visitor.provider, Ops="operator")
    with tenant_scope(visitor.provider.tenant_id):
        IdentityProvider.objects.update(default_role="")
    openid.person["groups"] = ["Ops"]
    visitor.sign_in()
    openid.person["groups"] = []
    again = Visitor(Client(), visitor.provider)
    assert again.sign_in().status_code == 403
    assert role_of(world.here.tenant, ASHA) == ""
    assert visitor.client.get("/")["Location"] == "/tenants/"


@pytest.mark.django_db(transaction=True)
def test_it_takes_one_assertion_once_of_many_at_the_same_time() -> None:
    world = build_world()
    values = {"kind": "saml", "issuer": "x", "sign_in_url": "x", "certificates": ["x"]}
    provider = make_provider(world.here.tenant, "juniper.example", **values)
    proof = Proof(Person("1", email=ASHA), "_one", "", timezone.now() + timedelta(minutes=5))

    def enter() -> str:
        with tenant_scope(world.here.tenant):
            try:
                use_once(provider, proof)
            except NotProven:
                return "refused"
        return "taken"

    assert sorted(at_once(8, enter)) == ["refused"] * 7 + ["taken"]


def at_once(number: int, enter: Callable[[], str]) -> list[str]:
    """Do it in so many threads, all of which begin together."""
    gate = threading.Barrier(number)

    def begin() -> str:
        gate.wait(timeout=10)
        try:
            return enter()
        finally:
            connection.close()

    with ThreadPoolExecutor(number) as threads:
        return [one.result(timeout=20) for one in [threads.submit(begin) for _ in range(number)]]


@pytest.mark.django_db(transaction=True)
def test_it_makes_one_person_of_two_first_sign_ins_at_once() -> None:
    world = build_world()
    values = {"kind": "oidc", "issuer": "https://okta.example", "client_id": "x"}
    provider = make_provider(world.here.tenant, "juniper.example", **values)
    assert at_once(4, lambda: arrive(provider)) == ["viewer"] * 4
    assert User.objects.filter(email=ASHA).count() == 1
    with tenant_scope(world.here.tenant):
        assert Identity.objects.count() == 1
        assert Membership.objects.filter(user__email=ASHA).count() == 1
