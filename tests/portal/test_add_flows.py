"""Adding flows between systems that are connected already."""

from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from connectors.models import Connection, SetUp
from ekyam.tenants.scope import tenant_scope
from flows.models import Flow
from tests.portal.conftest import sign_in
from tests.portal.test_flow_pages import text_of
from tests.world import Company, World


@pytest.fixture
def company(world: World) -> Company:
    return world.here


def open_systems(company: Company, *slugs: str, environment: str = "sandbox") -> list[str]:
    rows = [
        Connection(
            tenant=company.tenant,
            connector=slug,
            label=f"{slug} {environment}",
            environment=environment,
            auth="none",
            account=f"{slug}-{environment}",
        )
        for slug in slugs
    ]
    with tenant_scope(company.tenant):
        return [row.public_id for row in Connection.objects.bulk_create(rows)]


def labels(company: Company) -> set[str]:
    with tenant_scope(company.tenant):
        return {f"{one.source.connector}: {one.label}" for one in Flow.objects.all()}


def press(client: Client, *keys: Any) -> str:
    return text_of(client.post("/flows/add/", {"flow": keys}, follow=True))


def test_it_offers_what_no_set_up_of_one_system_would(company: Company) -> None:
    client = sign_in(company.owner)
    assert "No ready-made flow is missing" in text_of(client.get("/flows/add/"))
    shop, erp, depot = open_systems(company, "shopify", "netsuite", "whiplash")
    open_systems(company, "whiplash", environment="live")
    page = text_of(client.get("/flows/add/"))
    assert "Shipment Sync" in page and "whiplash live" not in page.split("Between two systems")[0]
    key = f"{erp}.approved_orders.{depot}.create_order"
    assert "1 flow made." in press(client, key)
    assert labels(company) == {"netsuite: Shipment Sync"}
    assert "Choose at least one" in press(client, key, "nonsense", f"{shop}.orders.con_x.y")
    between = text_of(client.get(f"/flows/add/?one={erp}&other={depot}"))
    assert "Made, Off" in between
    assert "Nothing can go between" in text_of(client.get(f"/flows/add/?one={erp}&other={erp}"))
    assert client.get("/flows/add/?one=x&other=con_1").status_code == 200


def test_a_set_up_offers_what_its_neighbours_lack(company: Company) -> None:
    client = sign_in(company.owner)
    _, erp, depot = open_systems(company, "shopify", "netsuite", "whiplash")
    with tenant_scope(company.tenant):
        shop = Connection.objects.get(connector="shopify")
        row = SetUp.objects.create(tenant=company.tenant, connector="shopify", connection=shop)
    address = f"/set-up/{row.public_id}/"
    key = f"{erp}.approved_orders.{depot}.create_order"
    assert key in text_of(client.get(f"{address}flows/"))
    client.post(f"{address}flows/", {"flow": [key]})
    with tenant_scope(company.tenant):
        flow = Flow.objects.get()
    assert flow.label == "Shipment Sync" and flow.public_id in text_of(
        client.get(f"{address}live/")
    )
    preview = text_of(client.get(f"{address}live/on/?flow={flow.public_id}"))
    assert "Turn it On" in preview and flow.public_id in preview
    with tenant_scope(company.tenant):
        Flow.objects.update(switched_at=timezone.now())  # a person has switched it off since
    assert "There is no flow yet" in text_of(client.get(f"{address}live/"))
