"""In a real browser, under the real Content-Security-Policy: what only scripts can show."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from django.db import connections
from playwright.sync_api import Page, expect, sync_playwright
from pytest_django.live_server_helper import LiveServer

from ekyam.tenants.scope import tenant_scope
from flows.models import Delivery
from tests.portal.conftest import Side, furnish
from tests.portal.stock_rows import Stock
from tests.world import PASSWORD, build_world

CHROMIUM = Path("/usr/bin/chromium")
pytestmark = pytest.mark.skipif(
    not CHROMIUM.exists(),
    reason="needs a browser: apt-get install --no-install-recommends chromium",
)


@pytest.fixture
def side(transactional_db: None) -> Side:
    return furnish(build_world().here)


@contextmanager
def browser_page(live_server: LiveServer, bears: str = "", **options: Any) -> Iterator[Page]:
    """A page that fails the test by any error on its console, a refused script among them; but for
    those that have `bears` in them.

    Further tabs of its context are the same person's, and are listened to as well.
    """
    complaints: list[str] = []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=str(CHROMIUM))
        context = browser.new_context(base_url=live_server.url, **options)
        context.on("weberror", lambda thrown: complaints.append(str(thrown.error)))
        context.on(
            "console",
            lambda said: complaints.append(said.text) if said.type == "error" else None,
        )
        yield context.new_page()
        browser.close()
    assert [one for one in complaints if not bears or bears not in one] == []


def sign_in(page: Page, side: Side) -> None:
    page.goto("/")
    page.get_by_label("Email").fill(side.company.owner.email)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in", exact=True).click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Home")
    page.wait_for_load_state()  # keys are listened to by scripts


def elsewhere(change: Callable[[], None]) -> None:
    """Do it in another thread: Playwright's own has an event loop, which Django refuses."""

    def and_close() -> None:
        change()
        connections.close_all()

    with ThreadPoolExecutor(1) as threads:
        threads.submit(and_close).result(timeout=10)


def test_it_finds_an_order_reads_why_it_is_stuck_and_replays_it(
    live_server: LiveServer, side: Side
) -> None:
    with browser_page(live_server) as page:
        sign_in(page, side)
        page.keyboard.press("/")
        page.keyboard.type("SO1002")
        page.keyboard.press("Enter")
        expect(page.get_by_role("heading", level=1)).to_have_text("Order #1002")
        page.get_by_text("1 attempt: rejected").click()
        expect(page.get_by_text("Answer 422")).to_be_visible()
        replay = "Replay… Shipment Sync to Whiplash"  # another link edits it before
        page.get_by_role("link", name=replay, exact=True).click()
        expect(page.get_by_text("If the cause is not mended it fails again.")).to_be_visible()
        page.get_by_role("button", name="Replay it").click()
        expect(page.get_by_text("It is sent again.")).to_be_visible()
        expect(page.get_by_text("Order #1002 has been on its way to Whiplash for")).to_be_visible()


def test_it_follows_an_order_while_the_page_is_open(live_server: LiveServer, side: Side) -> None:
    record = side.parked.record
    assert record is not None

    def arrive() -> None:
        with tenant_scope(side.company.tenant):
            Delivery.objects.filter(pk=side.parked.pk).update(
                state="succeeded", reason="", finished_at=side.shop.now
            )

    with browser_page(live_server) as page:
        sign_in(page, side)
        page.goto(f"/orders/{record.public_id}/")
        first = page.locator("details").first
        first.locator("summary").click()
        expect(first.locator("pre").first).to_be_visible()
        expect(page.get_by_text("Parked").first).to_be_visible()
        elsewhere(arrive)
        expect(page.get_by_text("Parked")).to_have_count(0, timeout=10_000)
        expect(page.locator("details").first.locator("pre").first).to_be_visible()
        expect(page.locator("[hx-trigger='every 2s']")).to_have_count(0)


def test_a_refused_form_is_told_on_the_page_and_not_on_the_console(
    live_server: LiveServer, side: Side
) -> None:
    record = side.parked.record
    assert record is not None
    with browser_page(live_server) as page:
        sign_in(page, side)
        page.goto(f"/orders/{record.public_id}/hold/")
        page.get_by_label("Reason").fill("  ")
        page.get_by_role("button", name="Hold it").click()
        expect(page.get_by_text("Say why")).to_be_visible()
        page.goto(f"/deliveries/{side.dead.public_id}/edit/?as=json")
        page.locator("[name=standard]").fill("{")
        page.locator("form:has([name=standard]) button[type=submit]").first.click()
        expect(page.get_by_role("alert")).to_be_visible()


def test_it_remembers_light_or_dark(live_server: LiveServer, side: Side) -> None:
    with browser_page(live_server, color_scheme="light") as page:
        sign_in(page, side)
        page.get_by_role("button", name="Light or dark").click()
        page.goto("/orders/")
        assert page.locator("html").get_attribute("data-theme") == "dark"


def stock_addresses(side: Side) -> list[str]:
    """The pages of stock, with a level, a sync that asks and the flow in them."""
    with tenant_scope(side.company.tenant):
        flow = side.shop.flow("Inventory Sync")
        stock = Stock(side.shop, flow)
        stock.level("whiplash", "EKM-MUG", "4", 3)
        sync = stock.sync("asks")
    pages = (
        "",
        "sku/?sku=EKM-MUG",
        "syncs/",
        f"syncs/{sync.public_id}/",
        f"flows/{flow.public_id}/",
    )
    return [f"/stock/{page}" for page in pages]


@pytest.mark.parametrize("width", [1440, 390])
def test_it_never_scrolls_sideways(live_server: LiveServer, side: Side, width: int) -> None:
    addresses = ("/", "/orders/", "/flows/", "/connections/", "/runs/", "/dead-letters/")
    more = (f"/orders/{side.shipped.public_id}/", f"/deliveries/{side.dead.public_id}/")
    stock: list[str] = []
    elsewhere(lambda: stock.extend(stock_addresses(side)))
    with browser_page(live_server) as page:
        page.set_viewport_size({"width": width, "height": 900})
        sign_in(page, side)
        for address in (*addresses, *more, *stock):
            page.goto(address)
            wider = page.evaluate("document.documentElement.scrollWidth - innerWidth")
            assert wider <= 0, address
