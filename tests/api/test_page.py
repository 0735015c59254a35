"""The page of the API, in a real browser, under the real Content-Security-Policy."""

from collections.abc import Iterator
from typing import Literal

import pytest
from django.test import Client
from playwright.sync_api import Page, expect
from pytest_django.live_server_helper import LiveServer

from portal.api.problems import CODES
from tests.api.conftest import new_key
from tests.portal.conftest import Side, furnish
from tests.portal.test_browser import CHROMIUM, browser_page
from tests.world import build_world

pytestmark = pytest.mark.skipif(
    not CHROMIUM.exists(),
    reason="needs a browser: apt-get install --no-install-recommends chromium",
)


@pytest.fixture
def side(transactional_db: None) -> Side:
    return furnish(build_world().here)


@pytest.fixture(params=["light", "dark"])
def page(live_server: LiveServer, side: Side, request: pytest.FixtureRequest) -> Iterator[Page]:
    """It fails the test by any error on the console, a refused script or style among them."""
    scheme: Literal["light", "dark"] = request.param
    with browser_page(live_server, color_scheme=scheme) as found:
        yield found


def test_it_tries_a_call(page: Page, side: Side) -> None:
    page.goto("/api/")
    page.get_by_role("button", name="Authorize").first.click()
    page.locator(".auth-container input").first.fill(new_key_elsewhere(side))
    page.locator(".auth-btn-wrapper .authorize").first.click()
    page.locator(".close-modal").first.click()
    page.locator("#operations-orders-list_orders .opblock-summary-control").click()
    page.get_by_role("button", name="Try it out").click()
    page.get_by_role("button", name="Execute").click()
    answer = page.locator(".live-responses-table .response").first
    expect(answer.locator(".response-col_status")).to_contain_text("200")
    expect(answer).to_contain_text("#1002")


def new_key_elsewhere(side: Side) -> str:
    """Made in another thread: Playwright's own has an event loop, which Django refuses."""
    from tests.portal.test_browser import elsewhere

    found: list[str] = []
    elsewhere(lambda: found.append(new_key(side)))
    return found[0]


def test_it_fits_a_telephone(page: Page) -> None:
    page.set_viewport_size({"width": 390, "height": 844})
    page.goto("/api/")
    page.locator("#operations-deliveries-waive_deliveries .opblock-summary-control").click()
    page.get_by_role("button", name="Try it out").click()
    assert page.evaluate("document.documentElement.scrollWidth") == 390


@pytest.mark.django_db
def test_it_tells_of_every_problem_where_the_problem_points() -> None:
    said = Client().get("/api/").content.decode()
    for code, found in CODES.items():
        assert f'id="{code}"' in said
        assert found.title.split("'")[0] in said
