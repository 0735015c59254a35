"""The world of the stock tests."""

from collections.abc import Iterator
from typing import Any

import pytest

from ekyam.tenants.models import Tenant
from flows.models import Flow
from tests.flows.stock.house import House
from tests.sandboxes import sandbox_server


@pytest.fixture
def house(transactional_db: None, settings: Any) -> Iterator[House]:
    """A shop and a warehouse, each with its eight SKUs."""
    with sandbox_server() as port:
        settings.SANDBOX_URL = f"http://127.0.0.1:{port}"
        settings.EKYAM_STOCK_GRACE_SECONDS = 0.0
        tenant = Tenant.objects.create(name="Juniper Home", slug="juniper")
        house = House(tenant, port)
        house.add("shopify")
        house.add("whiplash")
        house.tell("whiplash", "set", rate_limit=0)
        yield house


@pytest.fixture
def flow(house: House) -> Flow:
    """Switched On, and wholly compared once."""
    flow = house.flow("whiplash", "inventory_levels", "shopify", "set_inventory_quantities")
    house.switch_on(flow)
    house.work()
    house.place(flow, "1", "Main Warehouse")
    return flow


@pytest.fixture
def orders(house: House, flow: Flow) -> Flow:
    """Orders go on to the ERP, which knows of the warehouse nothing here."""
    house.add("netsuite")
    carried = house.flow("shopify", "orders", "netsuite", "upsert_sales_order")
    house.switch_on(carried)
    return carried
