"""Suggestions in a real browser, by keyboard alone."""

import os
from pathlib import Path

from playwright.sync_api import Page, expect
from pytest_django.live_server_helper import LiveServer

from ekyam.tenants.scope import tenant_scope
from flows.models import Version
from tests.portal.conftest import Side
from tests.portal.test_browser import browser_page, elsewhere, pytestmark, side, sign_in
from tests.portal.test_suggestions import draft, look, receive_orders

__all__ = ["pytestmark", "side"]


def furnish(side: Side) -> None:
    with tenant_scope(side.company.tenant):
        receive_orders(side)
    draft(side)
    look(side)


def look_at_writer(side: Side) -> None:
    look(side, "writer")


def picture(page: Page, name: str) -> None:
    """For whoever wants to look: SHOTS names a folder."""
    if folder := os.environ.get("SHOTS"):
        page.screenshot(path=str(Path(folder) / f"{name}.png"))


def test_it_accepts_and_refuses_by_one_key_each(live_server: LiveServer, side: Side) -> None:
    elsewhere(lambda: furnish(side))
    address = f"/flows/{side.shop.flow('Orders').public_id}"
    with browser_page(live_server) as page:
        page.set_viewport_size({"width": 1440, "height": 1000})
        sign_in(page, side)
        page.goto(f"{address}/suggestions/")
        picture(page, "light-wide")
        offers = page.locator("[data-offer]")
        before = offers.count()
        assert before > 20
        offers.first.focus()
        first = offers.first.get_attribute("aria-label")
        page.keyboard.press("ArrowDown")
        expect(offers.nth(1)).to_be_focused()
        page.keyboard.press("ArrowUp")
        page.keyboard.press("x")
        expect(page.get_by_text("is not suggested for")).to_be_visible()
        expect(offers.first).not_to_have_attribute("aria-label", str(first))
        expect(offers.first).to_be_focused()
        for key in ("a", "Enter"):
            wanted = str(offers.first.get_attribute("aria-label")).split(" for ")[1].split(":")[0]
            page.keyboard.press(key)
            expect(page.get_by_text(f"{wanted} is filled from")).to_be_visible()
            expect(offers.first).to_be_focused()
        picture(page, "answered")
        page.get_by_role("link", name="What could fill NetSuite").click()
        expect(page.get_by_text("Looking at the newest records")).to_be_visible()

    def kept() -> None:
        with tenant_scope(side.company.tenant):
            assert Version.objects.get().edition == 3

    elsewhere(kept)


def test_it_fits_a_narrow_dark_screen(live_server: LiveServer, side: Side) -> None:
    elsewhere(lambda: furnish(side))
    elsewhere(lambda: look_at_writer(side))
    address = f"/flows/{side.shop.flow('Orders').public_id}/suggestions/?all=1"
    with browser_page(live_server, color_scheme="dark") as page:
        page.set_viewport_size({"width": 390, "height": 844})
        sign_in(page, side)
        for which in ("reader", "writer"):
            page.goto(f"{address}&side={which}")
            page.locator("[data-offer]").first.focus()
            page.keyboard.press("ArrowDown")
            picture(page, f"dark-narrow-{which}")
            wide = "document.documentElement.scrollWidth > window.innerWidth"
            assert not page.evaluate(wide)
        page.set_viewport_size({"width": 1440, "height": 900})
        picture(page, "dark-wide-writer")
