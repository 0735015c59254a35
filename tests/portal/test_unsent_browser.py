"""A tab that is open since yesterday: what was typed in it is sent late, but never lost."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect
from pytest_django.live_server_helper import LiveServer

from ekyam.tenants.models import Role
from tests.portal.conftest import Side, furnish
from tests.portal.test_browser import CHROMIUM, browser_page, sign_in
from tests.world import PASSWORD, add_member, build_world

pytestmark = [
    pytest.mark.skipif(not CHROMIUM.exists(), reason="needs a browser: chromium"),
    pytest.mark.django_db(transaction=True),
]
ODD = 'Elm "Street" <b>7</b> \N{HOUSE BUILDING}'


@pytest.fixture
def side(transactional_db: None) -> Iterator[Side]:
    yield furnish(build_world().here)


def type_into(page: Page, side: Side) -> str:
    """The address of a form in which something is typed."""
    address = f"/deliveries/{side.dead.public_id}/edit/"
    page.goto(address)
    page.get_by_label("Line1").fill(ODD)
    return address


def sign_in_again(page: Page, email: str) -> None:
    page.get_by_label("Email").fill(email)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in", exact=True).click()


def test_it_is_put_back_when_one_has_signed_in_again(live_server: LiveServer, side: Side) -> None:
    with browser_page(live_server) as page:
        sign_in(page, side)
        address = type_into(page, side)
        page.context.clear_cookies(name="session")
        page.get_by_role("button", name="See the difference").click()
        expect(page.get_by_text("what you sent was not taken")).to_be_visible()
        sign_in_again(page, side.company.owner.email)
        page.wait_for_url(f"**{address}")
        expect(page.get_by_label("Line1")).to_have_value(ODD)
        expect(page.get_by_text("What you typed is here again")).to_be_visible()
        page.get_by_role("button", name="See the difference").click()
        expect(page.get_by_role("heading", level=1)).to_have_text("What changes in #1002")
        page.goto(address)
        expect(page.get_by_label("Line1")).not_to_have_value(ODD)


def test_it_is_put_back_after_signing_in_in_another_tab(
    live_server: LiveServer, side: Side
) -> None:
    with browser_page(live_server, bears="403") as page:
        sign_in(page, side)
        type_into(page, side)
        other = page.context.new_page()
        other.goto("/")
        other.get_by_role("button", name="Sign out").click()
        sign_in(other, side)
        page.get_by_role("button", name="See the difference").click()
        page.get_by_role("link", name="open the page again").click()
        expect(page.get_by_label("Line1")).to_have_value(ODD)


def test_nobody_else_finds_it(live_server: LiveServer, side: Side) -> None:
    other = add_member(side.company.tenant, Role.OPERATOR)
    with browser_page(live_server) as page:
        sign_in(page, side)
        address = type_into(page, side)
        page.context.clear_cookies(name="session")
        page.get_by_role("button", name="See the difference").click()
        sign_in_again(page, other.email)
        page.wait_for_url(f"**{address}")
        expect(page.get_by_label("Line1")).not_to_have_value(ODD)
        assert page.evaluate("sessionStorage.getItem('unsent')") is None
