"""Alerts in a real browser, by keyboard alone."""

from playwright.sync_api import expect
from pytest_django.live_server_helper import LiveServer

from tests.portal.conftest import Side
from tests.portal.test_alerts import find_alerts
from tests.portal.test_browser import browser_page, elsewhere, pytestmark, side, sign_in

__all__ = ["pytestmark", "side"]


def test_it_acknowledges_and_changes_a_rule_by_keyboard(
    live_server: LiveServer, side: Side
) -> None:
    def raise_one() -> None:
        assert len(find_alerts(side)) == 1

    elsewhere(raise_one)
    with browser_page(live_server) as page:
        sign_in(page, side)
        expect(page.get_by_role("heading", name="The last 24 hours")).to_be_visible()
        page.goto("/alerts/")
        page.get_by_role("button", name="I am at it").focus()
        page.keyboard.press("Enter")
        expect(page.get_by_text("You are at it.")).to_be_visible()
        page.get_by_role("link", name="Rules and channels").focus()
        page.keyboard.press("Enter")
        page.get_by_role("link", name="Change Dead letters").focus()
        page.keyboard.press("Enter")
        page.get_by_label("Number of dead letters").fill("5")
        page.get_by_role("button", name="Keep").focus()
        page.keyboard.press("Enter")
        expect(page.get_by_text("From 5 of one cause on")).to_be_visible()
