"""Signing in by e-mail, and choosing the company to act in."""

from django.test import Client

from ekyam.tenants.models import Membership, Role, User
from ekyam.tenants.scope import tenant_scope
from tests.portal.conftest import sign_in
from tests.world import PASSWORD, World


def test_it_signs_a_member_in_by_email(world: World) -> None:
    client = Client()
    form = {"login": world.here.owner.email.upper(), "password": PASSWORD}
    answer = client.post("/accounts/login/?next=/orders/", {**form, "next": "/orders/"})
    assert answer.status_code == 302 and answer["Location"] == "/orders/"
    assert "Juniper Home" in client.get("/").content.decode()


def test_it_says_when_the_password_is_wrong(world: World) -> None:
    form = {"login": world.here.owner.email, "password": "not this one"}
    answer = Client().post("/accounts/login/", form)
    assert answer.status_code == 200
    assert 'role="alert"' in answer.content.decode()


def test_it_signs_out(world: World) -> None:
    client = sign_in(world.here.owner)
    assert client.post("/accounts/logout/").status_code == 302
    assert client.get("/").status_code == 302


def test_it_has_pages_of_its_own_for_every_step(db: None) -> None:
    for address in ("login/", "signup/", "password/reset/", "password/reset/done/"):
        text = Client().get(f"/accounts/{address}").content.decode()
        assert "css/components.css" in text and text.count("<h1>") == 1


def join(user: User, world: World, role: Role) -> None:
    with tenant_scope(world.there.tenant):
        Membership.objects.create(tenant=world.there.tenant, user=user, role=role)


def test_it_asks_who_belongs_to_two_companies(world: World) -> None:
    join(world.here.owner, world, Role.VIEWER)
    client = sign_in(world.here.owner)
    assert client.get("/")["Location"] == "/tenants/"
    assert "Marigold Outdoor" in client.get("/tenants/").content.decode()
    client.post("/tenants/", {"tenant": str(world.there.tenant.pk)})
    assert "Marigold Outdoor" in client.get("/").content.decode()


def test_it_takes_the_role_of_the_company_that_was_chosen(world: World) -> None:
    join(world.here.owner, world, Role.VIEWER)
    client = sign_in(world.here.owner)
    client.post("/tenants/", {"tenant": str(world.there.tenant.pk)})
    assert client.post("/flows/flw_0/switch/").status_code == 403


def test_it_lets_nobody_choose_a_company_of_others(world: World) -> None:
    client = sign_in(world.here.owner)
    answer = client.post("/tenants/", {"tenant": str(world.there.tenant.pk)})
    assert answer.status_code == 404
    assert "Marigold Outdoor" not in client.get("/").content.decode()


def test_it_tells_who_belongs_nowhere_what_to_do(world: World) -> None:
    stranger = User.objects.create_user("new@nowhere.example", PASSWORD)
    answer = sign_in(stranger).get("/", follow=True)
    assert "not a member of any company" in answer.content.decode()


def test_it_forgets_the_choice_when_the_membership_ends(world: World) -> None:
    join(world.here.owner, world, Role.OWNER)
    client = sign_in(world.here.owner)
    client.post("/tenants/", {"tenant": str(world.there.tenant.pk)})
    with tenant_scope(world.there.tenant):
        Membership.objects.filter(user=world.here.owner).delete()
    assert "Marigold Outdoor" not in client.get("/").content.decode()
