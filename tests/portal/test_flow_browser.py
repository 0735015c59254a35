"""A flow's mapping in a real browser: what is typed is tried at once, and keys move lines."""

import json

import pytest
from playwright.sync_api import expect
from pytest_django.live_server_helper import LiveServer

from connectors.registry import folder_of
from ekyam.tenants.scope import tenant_scope
from tests.portal.conftest import Side, furnish
from tests.portal.test_browser import browser_page, pytestmark, sign_in
from tests.world import build_world

__all__ = ["pytestmark"]


@pytest.fixture
def side(transactional_db: None) -> Side:
    return furnish(build_world().here)


def test_it_tries_a_line_while_one_types_and_moves_it_by_keys(
    live_server: LiveServer, side: Side
) -> None:
    found = json.loads((folder_of("shopify") / "samples" / "orders.json").read_text())
    raw = found[0] if isinstance(found, list) else found
    with tenant_scope(side.company.tenant):
        side.shop.event("shopify", "orders/updated", side.shop.now, raw)
        id = side.shop.flow("Orders").public_id
    with browser_page(live_server) as page:
        sign_in(page, side)
        page.goto(f"/flows/{id}/mapping/list/")
        page.locator("#reader-1 a").click()
        gives = page.locator("#preview")
        expect(gives).to_contain_text(raw["name"])
        page.get_by_label("Source").fill("currency")
        expect(gives).to_contain_text(raw["currency"])
        page.locator("#kind").select_option("lower")
        page.get_by_role("button", name="Add step").click()
        expect(gives).to_contain_text(raw["currency"].lower())
        page.get_by_role("button", name="Save in the draft").click()
        expect(page.locator('.t[data-at="1"]')).to_be_focused()
        page.goto(f"/flows/{id}/mapping/list/?focus=reader-1")
        expect(page.locator("#reader-1 a")).to_be_focused()
        page.keyboard.press("Alt+ArrowUp")
        expect(page.locator("#reader-0 a")).to_have_text("label")
        expect(page.locator("#reader-0 a")).to_be_focused()
        page.get_by_placeholder("Filter the lines").fill("billing_address.city")
        expect(page.locator("#lines .line:visible")).to_have_count(1)


def test_it_shows_on_a_telephone_which_tab_one_is_at(live_server: LiveServer, side: Side) -> None:
    id = side.shop.flow("Orders").public_id
    with browser_page(live_server) as page:
        sign_in(page, side)
        page.set_viewport_size({"width": 390, "height": 844})
        for part in ("versions", "code", "mapping"):
            page.goto(f"/flows/{id}/{part}/")
            expect(page.locator(".tabs [aria-current]")).to_be_in_viewport(ratio=0.99)
