"""In a real browser: an order is made in the simulated shop and followed; a fault is mended."""

import re
import time
from typing import Any

import pytest
from playwright.sync_api import expect
from pytest_django.live_server_helper import LiveServer

from connectors.checks import register_webhooks
from connectors.credentials import seal_credentials
from ekyam.tenants.scope import tenant_scope
from flows.models import Event
from flows.operations.deliver import deliver_to
from flows.operations.route import route_events
from tests.portal.conftest import Side
from tests.portal.test_browser import CHROMIUM, browser_page, elsewhere, side, sign_in
from tests.sandboxes import TOKEN, ask, sandbox_server

__all__ = ["side"]
pytestmark = pytest.mark.skipif(
    not CHROMIUM.exists(),
    reason="needs a browser: apt-get install --no-install-recommends chromium",
)


def connect_sandbox(side: Side, port: int, slug: str) -> None:
    """With what the simulated account itself says that one needs."""
    row = side.shop.connections[slug]
    needed = ask(port, slug, row.account, "connection")
    with tenant_scope(side.company.tenant):
        row.auth, row.settings = needed["auth"], needed["settings"]
        seal_credentials(row, needed["credentials"])
        row.save()


def test_an_order_is_made_and_followed_and_a_fault_comes_and_goes(
    live_server: LiveServer, side: Side, settings: Any
) -> None:
    shop, tenant = side.shop.connections["shopify"], side.company.tenant
    with sandbox_server() as port:
        settings.SANDBOX_URL, settings.SANDBOX_TOKEN = f"http://127.0.0.1:{port}", TOKEN
        settings.PUBLIC_URL = live_server.url
        for slug in ("shopify", "netsuite"):
            connect_sandbox(side, port, slug)
        register_webhooks(shop)

        def work() -> None:
            """What a worker does once the shop has told of the order."""
            for target in route_events(tenant_id=tenant.pk, connection_id=shop.pk):
                deliver_to(tenant_id=tenant.pk, target_id=target)

        with browser_page(live_server) as page:
            sign_in(page, side)
            page.get_by_role("link", name="Sandbox", exact=True).click()
            page.get_by_label("What is ordered").select_option(label="Cash on delivery")
            page.get_by_role("button", name="Make the order").press("Enter")
            expect(page.get_by_text("#1001 is placed.")).to_be_visible()
            expect(page.get_by_text("Ekyam has not heard of it yet")).to_be_visible()
            elsewhere(lambda: wait_for_webhook(side))
            elsewhere(work)
            page.get_by_role("link", name="See the order's journey").click(timeout=15_000)
            expect(page.get_by_role("heading", level=1)).to_have_text("Order #1001")
            expect(page.get_by_text("Delivered").first).to_be_visible()

            page.get_by_role("link", name="Sandbox", exact=True).click()
            page.get_by_role("link", name="NetSuite", exact=True).click()
            page.get_by_label(re.compile("^Is down")).check()
            page.get_by_label("How often").select_option(label="until it is mended")
            page.get_by_role("button", name="Break it").click()
            expect(page.get_by_role("list", name="Broken now")).to_contain_text("Is down")
            page.get_by_role("button", name="Mend it").click()
            expect(page.get_by_text("nothing is broken there now")).to_be_visible()
            expect(page.get_by_role("list", name="Broken now")).to_have_count(0)


def wait_for_webhook(side: Side) -> None:
    """Real webhooks come when they come."""
    until = time.monotonic() + 8
    while time.monotonic() < until:
        with tenant_scope(side.company.tenant):
            if Event.objects.filter(origin="webhook", state="received").exists():
                return
        time.sleep(0.05)
    raise AssertionError("the shop has told of nothing")
