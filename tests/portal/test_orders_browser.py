"""In a real browser: an order found by its parcel, read, sent again with a look before."""

import re

from playwright.sync_api import expect
from pytest_django.live_server_helper import LiveServer

from tests.portal.conftest import Side
from tests.portal.test_browser import browser_page, pytestmark, side, sign_in
from tests.world import PASSWORD

__all__ = ["pytestmark", "side"]  # the same browser, and the same company


def test_an_order_is_found_by_its_parcel_and_a_step_replayed_by_keyboard(
    live_server: LiveServer, side: Side
) -> None:
    with browser_page(live_server) as page:
        sign_in(page, side)
        page.keyboard.press("/")
        page.keyboard.type("TRK1001")
        page.keyboard.press("Enter")
        expect(page.get_by_role("heading", level=1)).to_have_text("Order #1001")
        expect(page.get_by_role("heading", name="Units and money, side by side")).to_be_visible()
        link = page.get_by_role("link", name="Replay… Shipment Sync to Whiplash")
        link.focus()
        page.keyboard.press("Enter")
        expect(page.get_by_role("heading", name="What will happen")).to_be_visible()
        expect(page.get_by_text(re.compile("Whiplash has it already"))).to_be_visible()
        stale = page.context.new_page()
        stale.goto(page.url)
        page.get_by_role("button", name="Replay it").focus()
        page.keyboard.press("Enter")
        expect(page.get_by_role("heading", level=1)).to_have_text("Order #1001")
        expect(page.get_by_text("It is sent again.")).to_be_visible()
        page.go_back()  # no browser keeps the page: it is asked for anew, and offers nothing
        expect(page.get_by_text("It is on its way already")).to_be_visible()
        expect(page.get_by_role("button", name="Replay it")).to_have_count(0)
        stale.get_by_role("button", name="Replay it").click()  # the form as it was does nothing
        expect(stale.get_by_text("It has changed since you looked at it")).to_be_visible()


def test_who_may_only_look_finds_no_button_and_no_page(live_server: LiveServer, side: Side) -> None:
    with browser_page(live_server) as page:
        page.goto("/")
        page.get_by_label("Email").fill(side.company.viewer.email)
        page.get_by_label("Password").fill(PASSWORD)
        page.get_by_role("button", name="Sign in", exact=True).click()
        page.goto(f"/orders/{side.dead.record.public_id if side.dead.record else ''}/")
        expect(page.get_by_role("heading", level=1)).to_have_text("Order #1002")
        expect(page.get_by_role("link", name=re.compile("Replay|Hold…|Cancel"))).to_have_count(0)


def test_the_longest_name_of_a_view_stays_within_a_telephone(
    live_server: LiveServer, side: Side
) -> None:
    with browser_page(live_server) as page:
        page.set_viewport_size({"width": 390, "height": 844})
        sign_in(page, side)
        page.goto("/orders/?state=dead")
        page.get_by_text("Keep this view").click()
        page.get_by_label("Name").fill("x" * 60)
        page.get_by_role("button", name="Keep it").click()
        expect(page.get_by_role("button", name=re.compile("Remove the view"))).to_be_visible()
        assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0
