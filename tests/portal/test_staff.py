"""The admin: staff sees all companies, nobody else gets in, and no secret is shown."""

import pytest
from django.apps import apps
from django.contrib import admin
from django.test import Client
from django.urls import reverse

from ekyam.tenants.models import User
from tests.portal.conftest import Side, sign_in
from tests.world import PASSWORD, World


@pytest.fixture
def staff(db: None) -> Client:
    return sign_in(User.objects.create_superuser("staff@ekyam.example", PASSWORD))


def test_it_shows_the_rows_of_every_company(staff: Client, here: Side, there: Side) -> None:
    text = staff.get("/admin/flows/delivery/").content.decode()
    assert "Juniper Home" in text and "Marigold Outdoor" in text


def test_it_opens_every_list_and_every_row(staff: Client, here: Side) -> None:
    from ekyam.tenants.scope import across_tenants

    for model in admin.site._registry:
        name = f"{model._meta.app_label}_{model._meta.model_name}"
        assert staff.get(reverse(f"admin:{name}_changelist")).status_code == 200
        with across_tenants("a test opens one row of each"):
            row = model._default_manager.first()
        if row is not None:
            assert staff.get(reverse(f"admin:{name}_change", args=[row.pk])).status_code == 200


def test_it_keeps_members_out(here: Side, owner: Client) -> None:
    answer = owner.get("/admin/flows/delivery/")
    assert answer.status_code == 302 and "/admin/login/" in answer["Location"]


def test_it_never_shows_a_secret(world: World) -> None:
    shown = {
        (model._meta.label, field)
        for model, registered in admin.site._registry.items()
        for field in getattr(model, "sealed_columns", ())
        if field not in (registered.exclude or ())
    }
    assert shown == set()
    assert apps.get_model("connectors", "Connection") in admin.site._registry


def test_it_lets_staff_make_a_company_and_its_owner(staff: Client) -> None:
    company = {"name": "Cedar", "slug": "cedar", "time_zone": "Europe/Paris"}
    assert staff.post("/admin/tenants/tenant/add/", company).status_code == 302
