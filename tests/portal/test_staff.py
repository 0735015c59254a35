"""The admin: verified staff sees all companies, nobody else gets in, and companies are told."""

from typing import Any

import pytest
from django.apps import apps
from django.contrib import admin
from django.test import Client
from django.urls import reverse

from ekyam.audit.models import AuditEntry
from ekyam.staff import LookOnly, Told
from ekyam.staff_door import SEEN_AT, SIGNED_IN_AT
from ekyam.tenants.models import Membership, Role, User
from ekyam.tenants.scope import across_tenants, tenant_scope
from tests.portal.conftest import Side, sign_in
from tests.verified import verify
from tests.world import PASSWORD, World

ADMIN = "/admin/flows/delivery/"


@pytest.fixture
def person(db: None) -> User:
    return User.objects.create_superuser("staff@ekyam.example", PASSWORD)


@pytest.fixture
def staff(person: User) -> Client:
    return verify(sign_in(person), person)


def test_it_shows_the_rows_of_every_company(staff: Client, here: Side, there: Side) -> None:
    text = staff.get(ADMIN).content.decode()
    assert "Juniper Home" in text and "Marigold Outdoor" in text


def test_it_opens_every_list_and_every_row(staff: Client, here: Side) -> None:
    for model in admin.site._registry:
        name = f"{model._meta.app_label}_{model._meta.model_name}"
        assert staff.get(reverse(f"admin:{name}_changelist")).status_code == 200
        with across_tenants("a test opens one row of each"):
            row = model._default_manager.first()
        if row is not None:
            assert staff.get(reverse(f"admin:{name}_change", args=[row.pk])).status_code == 200


def test_it_keeps_members_out(here: Side, owner: Client) -> None:
    assert owner.get(ADMIN)["Location"] == f"/admin/login/?next={ADMIN}"
    answer = owner.get(ADMIN, follow=True)
    assert answer.status_code == 403 and "Ekyam&#x27;s own staff" in answer.content.decode()


def test_it_sends_strangers_to_the_sites_own_sign_in(db: None) -> None:
    answer = Client().get(ADMIN, follow=True)
    assert answer.redirect_chain[-1][0] == f"/accounts/login/?next={ADMIN}"
    assert "Sign in" in answer.content.decode()


def test_it_takes_no_password_at_the_admin(person: User) -> None:
    form = {"username": person.email, "password": PASSWORD}
    answer = Client().post("/admin/login/", form)
    assert answer.status_code == 302 and answer["Location"].startswith("/accounts/login/")


def test_it_asks_staff_for_a_second_factor(person: User) -> None:
    answer = sign_in(person).get(ADMIN, follow=True)
    assert answer.status_code == 403
    assert "A second factor is needed" in answer.content.decode()


@pytest.mark.parametrize(
    ("key", "minutes"),
    [(SIGNED_IN_AT, 241), (SEEN_AT, 16)],
)
def test_it_forgets_staff_soon(staff: Client, key: str, minutes: int) -> None:
    assert staff.get("/admin/").status_code == 200
    session = staff.session
    session[key] -= minutes * 60
    session.save()
    answer = staff.get("/admin/", follow=True)
    assert answer.redirect_chain[-1][0] == "/accounts/login/?next=/admin/"
    assert staff.get("/").status_code == 302  # signed out altogether


def test_it_forgets_a_session_that_does_not_say_when_it_began(staff: Client) -> None:
    session = staff.session
    del session[SIGNED_IN_AT]
    session.save()
    assert staff.get("/admin/").status_code == 302


@pytest.mark.parametrize("target", ["https://evil.example/", "//evil.example/", "/orders/"])
def test_it_goes_on_to_no_other_place(staff: Client, target: str) -> None:
    assert staff.get("/admin/login/", {"next": target})["Location"] == "/admin/"


def test_it_is_at_its_own_address_only(staff: Client, settings: Any) -> None:
    settings.STAFF_HOST = "staff.ekyam.example"
    assert staff.get("/admin/").status_code == 404
    assert staff.get("/admin/", headers={"host": "staff.ekyam.example"}).status_code == 200


def test_it_lets_nothing_be_written_that_is_not_told(staff: Client) -> None:
    """Libraries would let staff give anybody a second factor, or another address."""
    assert all(isinstance(one, Told | LookOnly) for one in admin.site._registry.values())
    labels = {model._meta.app_label for model in admin.site._registry}
    assert labels == {"audit", "connectors", "flows", "keys", "sso", "tenants"}
    assert "/accounts/" in staff.get("/admin/password_change/")["Location"]


def test_it_never_shows_a_secret(world: World) -> None:
    shown = {
        (model._meta.label, field)
        for model, registered in admin.site._registry.items()
        for field in getattr(model, "sealed_columns", ())
        if field not in (registered.exclude or ())
    }
    assert shown == set()
    assert apps.get_model("connectors", "Connection") in admin.site._registry


def told(side: Side) -> list[AuditEntry]:
    with tenant_scope(side.company.tenant):
        return list(AuditEntry.objects.filter(actor_kind="staff").order_by("number"))


def test_it_lets_staff_make_a_company(staff: Client) -> None:
    company = {"name": "Cedar", "slug": "cedar", "time_zone": "Europe/Paris"}
    assert staff.post("/admin/tenants/tenant/add/", company).status_code == 302
    with across_tenants("a test reads what was told"):
        entry = AuditEntry.objects.get()
    assert entry.action == "company.added" and entry.after["name"] == "Cedar"


def test_it_tells_the_company_what_staff_changed(staff: Client, here: Side, there: Side) -> None:
    tenant = here.company.tenant
    form = {"name": "Juniper Living", "slug": tenant.slug, "time_zone": "Asia/Kolkata"}
    address = reverse("admin:tenants_tenant_change", args=[tenant.pk])
    assert staff.post(address, form).status_code == 302
    (entry,) = told(here)
    assert (entry.action, entry.actor) == ("company.changed", "staff@ekyam.example")
    assert entry.before == {"name": "Juniper Home"} and entry.after == {"name": "Juniper Living"}
    assert entry.address == "127.0.0.1" and told(there) == []


def test_it_tells_the_company_of_its_members(staff: Client, here: Side) -> None:
    with tenant_scope(here.company.tenant):
        row = Membership.objects.get(user=here.company.viewer)
    form = {"user": str(row.user_id), "tenant": str(row.tenant_id), "role": Role.ADMIN}
    staff.post(reverse("admin:tenants_membership_change", args=[row.pk]), form)
    staff.post(reverse("admin:tenants_membership_delete", args=[row.pk]), {"post": "yes"})
    changed, deleted = told(here)
    assert changed.before == {"role": "viewer"} and changed.after == {"role": "admin"}
    assert deleted.action == "member.deleted"
    assert deleted.subject_label == here.company.viewer.email


def test_it_tells_every_company_of_a_person(staff: Client, here: Side, there: Side) -> None:
    user = here.company.viewer
    with tenant_scope(there.company.tenant):
        Membership.objects.create(tenant=there.company.tenant, user=user, role=Role.VIEWER)
    form = {"email": user.email, "name": "Ravi", "is_active": "on"}
    assert staff.post(reverse("admin:tenants_user_change", args=[user.pk]), form).status_code == 302
    for side in (here, there):
        (entry,) = told(side)
        assert entry.action == "person.changed" and entry.after == {"name": "Ravi"}


def test_it_lets_only_those_make_staff_who_may_do_everything(here: Side) -> None:
    helper = User.objects.create_user("helper@ekyam.example", PASSWORD, is_staff=True)
    from django.contrib.auth.models import Permission

    helper.user_permissions.set(Permission.objects.filter(content_type__app_label="tenants"))
    client, user = verify(sign_in(helper), helper), here.company.viewer
    form = {"email": user.email, "is_active": "on", "is_staff": "on", "is_superuser": "on"}
    client.post(reverse("admin:tenants_user_change", args=[user.pk]), form)
    user.refresh_from_db()
    assert not user.is_staff and not user.is_superuser
