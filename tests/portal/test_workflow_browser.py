"""The workflow in a real browser: it follows what happens, and flows go On by a preview."""

import time

import pytest
from playwright.sync_api import expect
from pytest_django.live_server_helper import LiveServer

from connectors.models import Connection
from connectors.operations import pause, resume
from ekyam.tenants.scope import tenant_scope
from flows.models import Flow
from tests.portal.conftest import Side, furnish
from tests.portal.test_browser import browser_page, elsewhere, pytestmark, sign_in
from tests.world import PASSWORD, build_world

__all__ = ["pytestmark"]


@pytest.fixture
def side(transactional_db: None) -> Side:
    return furnish(build_world().here)


def test_a_light_changes_by_itself_within_two_seconds(live_server: LiveServer, side: Side) -> None:
    def pause_shop() -> None:
        with tenant_scope(side.company.tenant):
            pause(Connection.objects.get(label="Shopify"), by="Asha")

    def resume_shop() -> None:
        with tenant_scope(side.company.tenant):
            resume(Connection.objects.get(label="Shopify"))

    with browser_page(live_server) as page:
        sign_in(page, side)
        page.goto("/flows/")
        orders = page.get_by_role("link", name="Orders, from Shopify to NetSuite: On", exact=True)
        orders.focus()
        expect(page.get_by_role("link", name="Shopify: Healthy")).to_be_visible()
        elsewhere(pause_shop)
        since = time.monotonic()
        held = page.get_by_role("link", name="Orders, from Shopify to NetSuite: On, held up")
        expect(held).to_be_visible(timeout=5_000)
        assert time.monotonic() - since < 2
        expect(held).to_be_focused()
        expect(page.get_by_role("link", name="Shopify: Paused")).to_be_visible()
        expect(page.locator("#flow-list").get_by_text("Shopify is paused").first).to_be_visible()
        page.keyboard.press("Enter")
        expect(page.get_by_role("heading", level=1)).to_have_text("Orders")
        expect(page.get_by_text("Live synchronisation")).to_be_visible()
        flow = page.url
        page.get_by_role("link", name="Resume").focus()
        elsewhere(resume_shop)
        since = time.monotonic()
        expect(page.get_by_text("4 of 4 are met")).to_be_visible(timeout=5_000)
        assert time.monotonic() - since < 2
        elsewhere(pause_shop)
        expect(page.get_by_text("3 of 4 are met")).to_be_visible(timeout=5_000)
        assert page.url == flow
        page.get_by_role("link", name="Resume").click()
        expect(page.get_by_role("heading", level=1)).to_have_text("Shopify")


def test_a_flow_goes_on_after_a_preview_and_off_again(live_server: LiveServer, side: Side) -> None:
    with tenant_scope(side.company.tenant):
        flow = side.shop.flow("Warehouse cancels in ERP")
        Flow.objects.filter(pk=flow.pk).update(is_on=False)
        id = flow.public_id
    with browser_page(live_server) as page:
        sign_in(page, side)
        page.goto("/flows/")
        page.locator(f"#switch-{id}").press("Enter")
        expect(page.get_by_text("What NetSuite would get of")).to_be_visible()
        stale = page.context.new_page()
        stale.goto(f"/flows/{id}/switch/")
        page.get_by_role("button", name="Switch it on").press("Enter")
        expect(page.get_by_text("Warehouse cancels in ERP is on.")).to_be_visible()
        stale.get_by_role("button", name="Switch it on").click()
        expect(stale.get_by_text("Warehouse cancels in ERP is on already")).to_be_visible()
        stale.close()
        page.get_by_role("link", name="Switch it off").click()
        page.get_by_role("button", name="Switch it off").click()
        expect(page.get_by_text("Warehouse cancels in ERP is off.")).to_be_visible()


def test_who_may_only_look_finds_no_switch(live_server: LiveServer, side: Side) -> None:
    id = side.shop.flow("Orders").public_id
    with browser_page(live_server) as page:
        page.set_viewport_size({"width": 390, "height": 844})
        page.goto("/")
        page.get_by_label("Email").fill(side.company.viewer.email)
        page.get_by_label("Password").fill(PASSWORD)
        page.get_by_role("button", name="Sign in", exact=True).click()
        page.goto("/flows/")
        expect(
            page.get_by_role("link", name="Orders, from Shopify to NetSuite: On")
        ).to_be_visible()
        expect(page.get_by_role("link", name="Switch")).to_have_count(0)
        page.goto(f"/flows/{id}/")
        expect(page.get_by_text("4 of 4 are met")).to_be_visible()
        expect(page.get_by_role("link", name="Switch it")).to_have_count(0)
        wider = page.evaluate("document.documentElement.scrollWidth - innerWidth")
        assert wider <= 0
