"""From nothing to a flow that is On, in a real browser and by keyboard alone."""

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Page, expect
from pytest_django.live_server_helper import LiveServer

from ekyam.tenants.scope import tenant_scope
from flows.models import Flow
from tests.portal.test_browser import browser_page, elsewhere, pytestmark
from tests.portal.test_canvas_browser import go_down
from tests.portal.test_suggestions_browser import picture
from tests.sandboxes import TOKEN, sandbox_server
from tests.world import PASSWORD, Company, build_world

__all__ = ["pytestmark"]
FURTHEST = 150  # presses of Tab on one page
NAME = """() => { const at = document.activeElement;
    return at.getAttribute("aria-label") || at.innerText || at.labels?.[0]?.innerText || ""; }"""


@pytest.fixture
def company(transactional_db: None) -> Company:
    return build_world().here


@pytest.fixture
def simulators(settings: Any, live_server: LiveServer) -> Iterator[None]:
    with sandbox_server() as port:
        settings.SANDBOX_URL, settings.SANDBOX_TOKEN = f"http://127.0.0.1:{port}", TOKEN
        settings.PUBLIC_URL = live_server.url
        yield


def press(page: Page, name: str) -> None:
    """Go by Tab to what is called so, and press Enter."""
    page.wait_for_load_state()
    for _ in range(FURTHEST):
        page.keyboard.press("Tab")
        if " ".join(page.evaluate(NAME).split()).startswith(name):
            page.keyboard.press("Enter")
            return
    raise AssertionError(f"{name} is not reached by Tab on {page.url}")


def at(page: Page, heading: str) -> None:
    expect(page.get_by_role("heading", level=1)).to_have_text(heading, timeout=20_000)


def enter(page: Page, company: Company) -> None:
    page.goto("/connections/")
    page.get_by_label("Email").focus()
    page.keyboard.type(company.owner.email)
    page.keyboard.press("Tab")
    page.keyboard.type(PASSWORD)
    page.keyboard.press("Enter")
    at(page, "Connections")


def map_by_keys(page: Page) -> None:
    """What it is read by, before there is a flow."""
    press(page, "Open its mapping (Products)")
    at(page, "Products")
    page.get_by_label("Find a field").focus()
    page.keyboard.type("itemtype")
    page.keyboard.press("Tab")
    go_down(page, "itemtype")
    page.keyboard.press("Enter")
    expect(page.locator("#canvas-tells")).to_contain_text("itemtype is chosen")
    page.keyboard.press("Home")
    go_down(page, "vendor")
    page.keyboard.press("Enter")
    expect(page.locator("#canvas-said")).to_contain_text("vendor is filled from itemtype")
    expect(page.locator("#canvas-bar")).to_contain_text("It differs in 1 line")
    picture(page, "set-up-canvas")
    page.reload()
    press(page, "Back to the set-up")
    at(page, "Map your data")
    expect(page.get_by_text("It is read by your own mapping")).to_be_visible()


def test_it_sets_two_systems_up_and_goes_live(
    live_server: LiveServer, company: Company, simulators: None
) -> None:
    with browser_page(live_server) as page:
        page.set_viewport_size({"width": 1440, "height": 1000})
        enter(page, company)
        press(page, "Set up a system")
        at(page, "Set up a system")
        press(page, "Connect a sandbox of Shopify")
        at(page, "Check authentication")
        expect(page.get_by_text("every part passed")).to_be_visible()
        picture(page, "set-up-check")
        press(page, "Leave, and resume later")
        expect(page.get_by_text("1 set-up is not finished")).to_be_visible()
        press(page, "Set up a system")
        at(page, "Set up a system")
        press(page, "Connect a sandbox of NetSuite")
        at(page, "Check authentication")
        press(page, "Go on: map your data")
        at(page, "Map your data")
        press(page, "Read the newest records")
        expect(page.get_by_text("Nothing was sent on.")).to_be_visible(timeout=20_000)
        picture(page, "set-up-map")
        map_by_keys(page)
        press(page, "This is right: go on")
        at(page, "What NetSuite sandbox accepts")
        page.go_back()
        at(page, "Map your data")
        press(page, "This is right: go on")
        at(page, "What NetSuite sandbox accepts")
        press(page, "This is right: go on")
        at(page, "Configure the flows")
        press(page, "Make the chosen flows")
        at(page, "Go live")
        picture(page, "set-up-live")
        press(page, "Turn the chosen flows On")
        at(page, "Turn them On?")
        expect(page.get_by_text("would be sent").first).to_be_visible(timeout=20_000)
        expect(page.locator("[name=seen]")).to_have_count(page.locator("[name=flow]").count())
        picture(page, "set-up-on")
        press(page, "Turn these")
        expect(page.get_by_text("What changes from now on is sent.")).to_be_visible(timeout=20_000)

    def kept() -> None:
        with tenant_scope(company.tenant):
            assert Flow.objects.filter(is_on=True).count() >= 5

    elsewhere(kept)


def test_a_button_says_that_it_is_busy_while_its_answer_takes_long(
    live_server: LiveServer, company: Company, simulators: None
) -> None:
    with browser_page(live_server) as page:
        enter(page, company)
        page.goto("/set-up/")
        # As if the answer never came: behind what the page itself listens to.
        page.evaluate("addEventListener('submit', (event) => event.preventDefault())")
        button = page.get_by_role("button", name="Connect a sandbox of Shopify")
        expect(button).not_to_have_attribute("aria-busy", "true")
        press(page, "Connect a sandbox of Shopify")
        expect(button).to_have_attribute("aria-busy", "true")
        picture(page, "busy")
        page.evaluate("dispatchEvent(new Event('pageshow'))")
        expect(button).not_to_have_attribute("aria-busy", "true")
