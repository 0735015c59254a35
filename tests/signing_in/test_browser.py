"""The whole way in, in a real browser, under the real Content-Security-Policy."""

import base64
import re
from typing import Any

import pytest
from playwright.sync_api import Page, expect
from pytest_django.live_server_helper import LiveServer

from ekyam.people import codes
from ekyam.tenants.models import User
from tests.portal.test_browser import browser_page, elsewhere, pytestmark
from tests.signing_in.conftest import add_phone, require
from tests.world import PASSWORD, World, build_world

__all__ = ["pytestmark"]


@pytest.fixture
def world(transactional_db: None) -> World:
    return build_world()


def give_phone(user: User) -> None:
    add_phone(user)


def enter(page: Page, user: User) -> None:
    page.goto("/")
    page.get_by_label("Email").fill(user.email)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in", exact=True).click()


def read_inbox(page: Page) -> str:
    """The code of the last message, as whoever tries Ekyam out finds it."""
    browser, origin = page.context.browser, page.evaluate("location.origin")
    assert browser
    inbox = browser.new_page(base_url=origin)
    inbox.goto("/dev/inbox/")
    found = re.search(r"\b\d{6}\b", inbox.get_by_role("article").first.inner_text())
    inbox.close()
    assert found
    return found[0]


def go_on(page: Page, code: str) -> None:
    page.get_by_label(re.compile("code", re.IGNORECASE)).fill(code)
    page.get_by_role("button", name="Go on").click()


def expect_title(page: Page, title: str | re.Pattern[str]) -> None:
    expect(page.get_by_role("heading", level=1)).to_have_text(title)


def sign_out(page: Page) -> None:
    page.goto("/")
    page.get_by_role("button", name="Sign out").click()
    expect_title(page, "Sign in")


def test_password_then_the_code_on_the_phone_then_the_dashboard(
    live_server: LiveServer, world: World
) -> None:
    user = world.here.viewer
    elsewhere(lambda: give_phone(user))
    with browser_page(live_server) as page:
        enter(page, user)
        expect_title(page, "Enter the 6-digit code sent to your mobile phone")
        expect(page.get_by_label("Code")).to_be_focused()
        # By keyboard alone, with the browser remembered.
        page.keyboard.type(read_inbox(page))
        page.keyboard.press("Tab")
        page.keyboard.press("Space")
        page.keyboard.press("Enter")
        expect_title(page, "Home")
        sign_out(page)
        enter(page, user)
        expect_title(page, "Home")
        page.get_by_role("link", name="Your security").click()
        page.get_by_role("button", name=re.compile("^Forget")).click()
        expect(page.get_by_text("Forgotten.")).to_be_visible()
        sign_out(page)
        enter(page, user)
        expect_title(page, re.compile("code sent to your mobile phone"))


def test_an_app_and_a_recovery_code_where_the_company_requires_it(
    live_server: LiveServer, world: World, settings: Any
) -> None:
    settings.EMAIL_BACKEND = "ekyam.people.inbox.InboxBackend"
    user = world.here.viewer
    elsewhere(lambda: require(world.here.tenant))
    with browser_page(live_server) as page:
        enter(page, user)
        expect_title(page, "Enter the 6-digit code sent to your e-mail address")
        go_on(page, read_inbox(page))
        expect_title(page, "Set up a second factor")
        page.get_by_role("button", name="Authenticator app").click()
        expect(page.get_by_role("img", name="QR code for the authenticator app")).to_be_visible()
        spelled = page.locator("[data-copy]").first.get_attribute("data-copy") or ""
        page.get_by_label("The code that the app shows now").fill(app_code(page, spelled))
        page.get_by_role("button", name="Set up").click()
        expect_title(page, "Authenticator app is set up")
        kept = page.locator(".recovery-codes code").all_inner_texts()
        page.get_by_role("button", name="I have kept them").click()
        expect_title(page, "Home")
        sign_out(page)
        enter(page, user)
        expect_title(page, "Enter the 6-digit code of your authenticator app")
        page.get_by_role("link", name="Choose another way").click()
        page.get_by_role("button", name="One of your recovery codes").click()
        go_on(page, kept[0])
        expect_title(page, "Home")
        page.get_by_role("link", name="Your security").click()
        expect(page.get_by_text("9 of 10 are left.")).to_be_visible()


def app_code(page: Page, spelled: str) -> str:
    """What the app shows, by the browser's clock."""
    secret = base64.b32decode(spelled.replace(" ", ""))
    return codes.totp(secret, codes.step_at(page.evaluate("Date.now() / 1000")))


def test_a_passkey_instead_of_everything(
    live_server: LiveServer, world: World, settings: Any
) -> None:
    settings.EMAIL_BACKEND = "ekyam.people.inbox.InboxBackend"
    settings.PUBLIC_URL = live_server.url
    user = world.here.viewer
    with browser_page(live_server) as page:
        devtools = page.context.new_cdp_session(page)
        devtools.send("WebAuthn.enable")
        virtual = {
            "protocol": "ctap2",
            "transport": "internal",
            "hasResidentKey": True,
            "hasUserVerification": True,
            "isUserVerified": True,
            "automaticPresenceSimulation": True,
        }
        devtools.send("WebAuthn.addVirtualAuthenticator", {"options": virtual})
        enter(page, user)
        expect_title(page, "Home")
        page.get_by_role("link", name="Your security").click()
        page.get_by_role("link", name="Passkey").click()
        page.get_by_role("button", name="Send me a code").click()
        go_on(page, read_inbox(page))
        expect_title(page, "Set up a passkey")
        page.get_by_label("Name").fill("My laptop")
        page.get_by_role("button", name="Make a passkey").click()
        expect_title(page, "My laptop is set up")
        page.get_by_role("button", name="I have kept them").click()
        expect(page.get_by_role("rowheader", name="My laptop")).to_be_visible()
        sign_out(page)
        enter(page, user)  # as the second factor
        page.get_by_role("button", name="Use the passkey").click()
        expect_title(page, "Home")
        sign_out(page)
        page.get_by_role("button", name="Use a passkey instead").click()  # as all of it
        expect_title(page, "Home")


def test_it_offers_a_passkey_only_where_there_can_be_one(
    live_server: LiveServer, world: World
) -> None:
    with browser_page(live_server) as page:
        for host, may in (("localhost", True), ("127.0.0.1", False)):
            page.goto(live_server.url.replace("localhost", host) + "/accounts/login/")
            expect(page.get_by_role("button", name="Sign in", exact=True)).to_be_visible()
            page.wait_for_load_state("networkidle")
            offer = page.get_by_role("button", name="Use a passkey instead")
            expect(offer).to_be_visible(visible=may)


def test_recovery_codes_are_printed_black_on_white_with_whose_they_are(
    live_server: LiveServer, world: World, settings: Any
) -> None:
    settings.EMAIL_BACKEND = "ekyam.people.inbox.InboxBackend"
    elsewhere(lambda: require(world.here.tenant))
    with browser_page(live_server, color_scheme="dark") as page:
        enter(page, world.here.viewer)
        go_on(page, read_inbox(page))
        page.get_by_role("button", name="Authenticator app").click()
        spelled = page.locator("[data-copy]").first.get_attribute("data-copy") or ""
        page.get_by_label("The code that the app shows now").fill(app_code(page, spelled))
        page.get_by_role("button", name="Set up").click()
        whose = page.get_by_text(f"Recovery codes of {world.here.viewer.email}")
        expect(page.locator(".recovery-codes code").first).to_be_visible()
        expect(whose).to_be_hidden()
        page.emulate_media(media="print", color_scheme="dark")
        expect(whose).to_be_visible()
        expect(page.get_by_role("button")).to_have_count(0)
        scheme = "getComputedStyle(document.documentElement).colorScheme"
        assert page.evaluate(scheme) == "light"


@pytest.mark.parametrize("width", [1440, 390])
def test_no_page_of_the_account_scrolls_sideways(
    live_server: LiveServer, world: World, width: int
) -> None:
    user = world.here.owner
    elsewhere(lambda: give_phone(user))
    with browser_page(live_server) as page:
        page.set_viewport_size({"width": width, "height": 900})
        enter(page, user)
        addresses = [
            "/account/prove/",
            "/account/prove/way/",
            "/account/security/",
            "/account/set-up/phone/",
            "/account/security/recovery/",
            "/accounts/password/change/",
            "/settings/sign-in/",
            "/dev/inbox/",
        ]
        for address in addresses:
            if address == "/account/security/":
                page.goto("/account/prove/")
                go_on(page, read_inbox(page))
                expect_title(page, "Home")
            page.goto(address)
            wider = page.evaluate("document.documentElement.scrollWidth - innerWidth")
            assert wider <= 0, address
