"""Ekyam and real applications, each at its own port, and a person with a browser between them."""

from typing import Any

import pytest
from playwright.sync_api import Page, expect
from pytest_django.live_server_helper import LiveServer

from ekyam.tenants.models import Role, User
from tests.keys.conftest import Desk
from tests.keys.relying_party import Party, relying_party
from tests.portal.test_browser import CHROMIUM, browser_page
from tests.world import PASSWORD, World, add_member, build_world

pytestmark = pytest.mark.skipif(
    not CHROMIUM.exists(),
    reason="needs a browser: apt-get install --no-install-recommends chromium",
)


@pytest.fixture
def people(transactional_db: None) -> World:
    return build_world()


@pytest.fixture
def ekyam(live_server: LiveServer, settings: Any) -> LiveServer:
    settings.PUBLIC_URL = live_server.url
    return live_server


def register(party: Party, desk: Desk, ekyam: LiveServer, *, asks: bool) -> None:
    made = desk.application(party.name, rights=[], redirects=[party.back], asks=asks)
    party.issuer, party.secret = ekyam.url, made.secret
    party.client_id = made.row.application.public_id


def enter_password(page: Page, person: User) -> None:
    page.get_by_label("Email").fill(person.email)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in", exact=True).click()


def test_who_signs_in_on_the_way_arrives_without_a_click_more(
    ekyam: LiveServer, people: World
) -> None:
    """The answer to our own form must not lead to another site: browsers refuse it."""
    desk = Desk(people.here.tenant, people.here.owner)
    person = add_member(people.here.tenant, Role.OPERATOR, "asha")
    with relying_party("Till") as till:
        register(till, desk, ekyam, asks=False)
        with browser_page(ekyam) as page:
            page.goto(till.address)
            enter_password(page, person)
            expect(page.get_by_role("heading", level=1)).to_have_text(
                "Till: hello asha@juniper.example, operator of Juniper Home"
            )


def test_one_login_opens_them_all(ekyam: LiveServer, people: World) -> None:
    desk = Desk(people.here.tenant, people.here.owner)
    person = add_member(people.here.tenant, Role.OPERATOR, "asha")
    with relying_party("Till") as till, relying_party("Returns") as returns:
        register(till, desk, ekyam, asks=True)
        register(returns, desk, ekyam, asks=False)
        with browser_page(ekyam) as page:
            page.goto(till.address)
            enter_password(page, person)
            heading = page.get_by_role("heading", level=1)
            expect(heading).to_have_text("Sign in to Till")
            page.get_by_role("button", name="Sign in", exact=True).click()
            expect(heading).to_have_text(
                "Till: hello asha@juniper.example, operator of Juniper Home"
            )
            page.goto(returns.address)
            expect(heading).to_have_text(
                "Returns: hello asha@juniper.example, operator of Juniper Home"
            )
        first, second = till.signed_in[0], returns.signed_in[0]
        assert first["sub"] == second["sub"] == person.public_id
        assert first["email"] == person.email and first["aud"] != second["aud"]


def test_who_declines_is_not_signed_in(ekyam: LiveServer, people: World) -> None:
    desk = Desk(people.here.tenant, people.here.owner)
    with relying_party("Till") as till:
        register(till, desk, ekyam, asks=True)
        with browser_page(ekyam) as page:
            page.goto(till.address)
            enter_password(page, desk.person)
            page.get_by_role("button", name="Cancel").click()
            expect(page.get_by_role("heading", level=1)).to_have_text(
                "Not signed in: access_denied"
            )
        assert till.signed_in == []


def test_a_key_is_made_copied_and_revoked(ekyam: LiveServer, people: World) -> None:
    with browser_page(ekyam) as page:
        page.context.grant_permissions(["clipboard-read", "clipboard-write"])
        page.goto("/keys/")
        enter_password(page, people.here.owner)
        page.get_by_role("link", name="New key").first.click()
        page.get_by_label("Name").fill("Price import")
        page.get_by_role("button", name="Make the key").click()
        expect(page.get_by_role("heading", level=1)).to_have_text("The key «Price import»")
        shown = page.locator("pre").inner_text()
        page.get_by_role("button", name="Copy: Key").click()
        expect(page.get_by_role("button", name="Copy: Key")).to_have_text("Copied")
        assert page.evaluate("navigator.clipboard.readText()") == shown
        page.get_by_role("link", name="I have copied it").click()
        assert shown not in page.content()
        expect(page.get_by_role("row", name="Price import")).to_contain_text("Live")
        page.get_by_role("link", name="Revoke Price import").click()
        expect(page.get_by_text("It was never used.")).to_be_visible()
        page.get_by_role("button", name="Revoke it now").click()
        expect(page.get_by_role("row", name="Price import")).to_contain_text("Revoked")
