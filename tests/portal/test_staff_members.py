"""Staff looks after people, too; by the same rules about owners."""

import pytest
from django.core import mail
from django.test import Client
from django.urls import reverse

from ekyam.sessions.models import Session
from ekyam.tenants.models import Role, User
from tests.people import membership, roles_in
from tests.portal.conftest import sign_in
from tests.verified import verify
from tests.world import PASSWORD, World, add_member


@pytest.fixture
def staff(db: None) -> Client:
    person = User.objects.create_superuser("staff@ekyam.example", PASSWORD)
    return verify(sign_in(person), person)


def form_of(world: World, **changes: object) -> tuple[str, dict[str, object]]:
    row = membership(world.here.tenant, world.here.owner)
    address = reverse("admin:tenants_membership_change", args=[row.pk])
    return address, {"user": row.user_id, "tenant": row.tenant_id, "role": row.role, **changes}


def test_it_lets_staff_leave_no_company_without_an_owner(staff: Client, world: World) -> None:
    for changes in ({"role": "viewer"}, {"tenant": world.there.tenant.pk}):
        address, form = form_of(world, **changes)
        answer = staff.post(address, form)
        assert answer.status_code == 200
        assert "Make another member an owner first." in answer.content.decode()
    assert staff.post(address.replace("change", "delete"), {"post": "yes"}).status_code == 403
    assert roles_in(world.here.tenant) == ["owner", "viewer"]


def test_it_lets_staff_lower_one_of_two_owners(staff: Client, world: World) -> None:
    add_member(world.here.tenant, Role.OWNER, "second")
    address, form = form_of(world, role="viewer")
    assert staff.post(address, form).status_code == 302
    assert roles_in(world.here.tenant) == ["owner", "viewer", "viewer"]


def test_it_counts_no_owner_of_another_company(staff: Client, world: World) -> None:
    """The staff's scope sees them all."""
    address, form = form_of(world, role="admin")
    assert staff.post(address, form).status_code == 200
    assert membership(world.here.tenant, world.here.owner).role == Role.OWNER


def test_who_is_deactivated_stays_out_when_they_are_let_in_again(
    staff: Client, world: World
) -> None:
    client, user = sign_in(world.here.viewer), world.here.viewer
    address = reverse("admin:tenants_user_change", args=[user.pk])
    assert staff.post(address, {"email": user.email, "name": ""}).status_code == 302
    assert not User.objects.get(pk=user.pk).is_active
    assert staff.post(address, {"email": user.email, "is_active": "on"}).status_code == 302
    assert client.get("/team/").status_code == 302
    assert not Session.objects.filter(user=user).exclude(session_data="").exists()


def test_the_old_mailbox_opens_nothing_once_staff_gave_another_address(
    staff: Client, world: World
) -> None:
    user = world.here.viewer
    client, old = sign_in(user), user.email
    address = reverse("admin:tenants_user_change", args=[user.pk])
    form = {"email": "new@juniper.example", "is_active": "on"}
    assert staff.post(address, form).status_code == 302
    assert client.get("/team/").status_code == 302
    mail.outbox.clear()
    Client().post("/accounts/password/reset/", {"email": old})
    assert not any("/password/reset/key/" in str(one.body) for one in mail.outbox)


def test_it_lets_staff_delete_nobody(staff: Client, world: World) -> None:
    address = reverse("admin:tenants_user_delete", args=[world.here.viewer.pk])
    assert staff.post(address, {"post": "yes"}).status_code == 403
