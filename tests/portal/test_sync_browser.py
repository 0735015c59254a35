"""A full comparison in a real browser: its progress, through a reload and on a phone."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect
from pytest_django.live_server_helper import LiveServer

from ekyam.tenants.scope import tenant_scope
from flows.models import Sync
from tests.portal.conftest import Side, furnish
from tests.portal.stock_rows import Stock
from tests.portal.test_browser import browser_page, elsewhere, pytestmark, sign_in
from tests.world import build_world

__all__ = ["pytestmark"]


@pytest.fixture
def side(transactional_db: None) -> Side:
    return furnish(build_world().here)


def under_way(side: Side) -> Sync:
    with tenant_scope(side.company.tenant):
        stock = Stock(side.shop, side.shop.flow("Inventory Sync")).open()
        return stock.sync("source", checked=400, total=1000, differing=3)


def come_to(side: Side, **values: object) -> Callable[[], None]:
    def change() -> None:
        with tenant_scope(side.company.tenant):
            Sync.objects.update(**values)

    return change


def at(page: Page, checked: int) -> None:
    bar = page.get_by_role("progressbar")
    expect(bar).to_have_attribute("value", str(checked), timeout=10_000)


def test_its_progress_survives_a_reload(live_server: LiveServer, side: Side) -> None:
    sync = under_way(side)
    with browser_page(live_server) as page:
        sign_in(page, side)
        page.goto(f"/stock/syncs/{sync.public_id}/")
        at(page, 400)
        elsewhere(come_to(side, checked=500))
        at(page, 500)
        page.reload()
        at(page, 500)
        page.set_viewport_size({"width": 390, "height": 800})
        elsewhere(come_to(side, checked=900))
        at(page, 900)
        wide = "document.documentElement.scrollWidth > document.documentElement.clientWidth"
        assert not page.evaluate(wide)
        elsewhere(come_to(side, state="done", checked=1000))
        expect(page.get_by_role("status").first).to_contain_text("1,000 checked", timeout=10_000)
        expect(page.get_by_role("progressbar")).to_have_count(0)
