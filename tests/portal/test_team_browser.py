"""The whole way of an invitation, in two browsers."""

import re
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from django.conf import settings
from django.core import mail
from playwright.sync_api import Browser, Page, expect, sync_playwright
from pytest_django.live_server_helper import LiveServer

from tests.portal.conftest import Side
from tests.portal.test_browser import CHROMIUM, pytestmark, side, sign_in
from tests.world import PASSWORD

__all__ = ["pytestmark", "side"]


@contextmanager
def two_pages(live_server: LiveServer) -> Iterator[tuple[Page, Page]]:
    """Of two people, the second on a telephone; any complaint of a script fails the test."""
    complaints: list[str] = []

    def open_page(browser: Browser, width: int) -> Page:
        page = browser.new_context(
            base_url=live_server.url, viewport={"width": width, "height": 800}
        ).new_page()
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on(
            "console",
            lambda said: complaints.append(said.text) if said.type == "error" else None,
        )
        return page

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=str(CHROMIUM))
        yield open_page(browser, 1440), open_page(browser, 390)
        browser.close()
    assert complaints == []


def mailed_path() -> str:
    found = re.search(re.escape(settings.PUBLIC_URL) + r"(/join/\S+)", str(mail.outbox[-1].body))
    assert found
    return found[1]


def test_it_invites_joins_changes_and_ends(live_server: LiveServer, side: Side) -> None:
    with two_pages(live_server) as (owner, guest):
        sign_in(owner, side)
        owner.get_by_role("link", name="Team").click()
        owner.get_by_label("E-mail").fill("gita@elsewhere.example")
        owner.get_by_label("Role", exact=True).select_option("operator")
        owner.get_by_role("button", name="Invite").click()
        expect(owner.get_by_text("on its way to gita@elsewhere.example")).to_be_visible()

        guest.goto(mailed_path())
        expect(guest.get_by_role("heading", level=1)).to_have_text("Join Juniper Home")
        guest.get_by_label("Your name").fill("Gita")
        guest.get_by_label("Password").fill(PASSWORD)
        guest.get_by_role("button", name="Join").click()
        expect(guest.get_by_text("You are a member of Juniper Home now.")).to_be_visible()

        owner.reload()
        owner.get_by_role("link", name="Gita").click()
        owner.get_by_label("New role").select_option("viewer")
        owner.get_by_role("button", name="Change the role").click()
        expect(owner.get_by_text("gita@elsewhere.example is viewer now.")).to_be_visible()
        owner.get_by_role("button", name="Sign Gita out everywhere").click()
        expect(owner.get_by_text("is signed out everywhere")).to_be_visible()

        guest.goto("/orders/")
        expect(guest.get_by_role("heading", level=1)).to_have_text("Sign in")


@pytest.mark.parametrize("width", [1440, 390])
def test_its_pages_never_scroll_sideways(live_server: LiveServer, side: Side, width: int) -> None:
    with two_pages(live_server) as (page, _):
        page.set_viewport_size({"width": width, "height": 900})
        sign_in(page, side)
        page.goto("/team/")
        member = page.get_by_role("link", name="viewer@").get_attribute("href")
        for address in ("/team/", member, f"{member}remove/", "/team/leave/", "/account/sessions/"):
            page.goto(str(address))
            wider = page.evaluate("document.documentElement.scrollWidth - innerWidth")
            assert wider <= 0, address
