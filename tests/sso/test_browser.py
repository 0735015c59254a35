"""In a real browser: an owner sets a provider up, tries it and turns it on; a newcomer comes in.

The provider is at another site than Ekyam (127.0.0.1, localhost), so cookies go as they would.
"""

from typing import Any

import pytest
import requests
from playwright.sync_api import Page, expect
from pytest_django.live_server_helper import LiveServer

from ekyam.sso.models import GroupRole, IdentityProvider
from ekyam.tenants.scope import tenant_scope
from tests.portal.test_browser import CHROMIUM, browser_page, elsewhere
from tests.sso.conftest import add_domain, make_provider
from tests.sso.openid_server import CLIENT_ID, CLIENT_SECRET, OpenIdServer
from tests.sso.saml_server import SamlServer
from tests.world import PASSWORD, World, build_world

pytestmark = pytest.mark.skipif(
    not CHROMIUM.exists(),
    reason="needs a browser: apt-get install --no-install-recommends chromium",
)


@pytest.fixture
def both(transactional_db: None, live_server: LiveServer, settings: Any) -> World:
    """Two companies, and Ekyam called by the address that the browser sees."""
    settings.PUBLIC_URL = live_server.url
    return build_world()


def enter_as_owner(page: Page, world: World) -> None:
    page.goto("/accounts/login/")
    page.get_by_label("Email").fill(world.here.owner.email)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in", exact=True).click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Home")


def add(page: Page, label: str, kind: str) -> str:
    """Return the address of the provider's page."""
    page.get_by_role("link", name="Single sign-on").click()
    page.get_by_role("link", name="Add a provider").click()
    page.get_by_label("Name").fill(label)
    page.get_by_label("How it speaks").select_option(kind)
    page.get_by_role("button", name="Go on").click()
    expect(page.get_by_role("heading", level=1)).to_have_text(label)
    return page.url


def prepare(world: World) -> None:
    """What takes a name server, or is shown elsewhere: the domain and a group."""
    with tenant_scope(world.here.tenant):
        provider = IdentityProvider.objects.get()
        add_domain(provider, "juniper.example")
        GroupRole.objects.create(
            tenant=world.here.tenant, provider=provider, group="Ops", role="operator"
        )


def try_and_turn_on(page: Page, world: World, label: str) -> None:
    elsewhere(lambda: prepare(world))
    page.get_by_role("button", name="Try it", exact=True).click()
    expect(page.get_by_text("It works. A sign-in would let you in as operator.")).to_be_visible()
    page.get_by_role("button", name="Turn on").click()
    expect(page.get_by_text(f"{label} is on.", exact=True)).to_be_visible()
    page.get_by_role("button", name="Sign out").click()


def come_as_newcomer(page: Page, label: str) -> None:
    page.goto("/orders/")
    page.get_by_label("Email").press_sequentially("asha@juniper.example")
    page.get_by_role("link", name=f"Continue with {label}").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Orders")
    expect(page.get_by_text("(operator)")).to_be_visible()
    expect(page.get_by_text("Juniper Home")).to_be_visible()


def test_it_goes_the_whole_way_by_openid_connect(
    live_server: LiveServer, both: World, openid: OpenIdServer
) -> None:
    openid.person["groups"] = ["Ops"]
    with browser_page(live_server) as page:
        enter_as_owner(page, both)
        add(page, "Okta", "oidc")
        page.get_by_label("Issuer").fill(openid.issuer)
        page.get_by_label("Client ID").fill(CLIENT_ID)
        page.get_by_label("Client secret").fill(CLIENT_SECRET)
        page.get_by_role("button", name="Keep the values").click()
        expect(page.get_by_text("The values are kept.")).to_be_visible()
        try_and_turn_on(page, both, "Okta")
        come_as_newcomer(page, "Okta")


def test_it_goes_the_whole_way_by_saml(
    live_server: LiveServer, both: World, saml_site: SamlServer
) -> None:
    saml_site.person["groups"] = ["Ops"]
    with browser_page(live_server) as page:
        enter_as_owner(page, both)
        address = add(page, "Entra ID", "saml")
        id = address.rstrip("/").rpartition("/")[2]
        ours = requests.get(f"{live_server.url}/sso/{id}/metadata/", timeout=5)
        saml_site.ours = ours.text
        page.get_by_role("textbox", name="Metadata").fill(f"{saml_site.address}/metadata")
        page.get_by_role("button", name="Keep the values").click()
        expect(page.get_by_text("The values are kept.")).to_be_visible()
        try_and_turn_on(page, both, "Entra ID")
        come_as_newcomer(page, "Entra ID")


def test_it_fits_narrow_screens_and_works_by_keyboard(
    live_server: LiveServer, both: World, openid: OpenIdServer
) -> None:
    values = {"kind": "oidc", "issuer": openid.issuer, "client_id": CLIENT_ID}
    provider = make_provider(both.here.tenant, "juniper.example", **values)
    addresses = (
        "/single-sign-on/",
        "/single-sign-on/add/",
        f"/single-sign-on/{provider.public_id}/",
    )
    with browser_page(live_server) as page:
        page.set_viewport_size({"width": 390, "height": 900})
        enter_as_owner(page, both)
        for address in (*addresses, "/sso/", "/accounts/login/"):
            page.goto(address)
            assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
        page.goto("/sso/")
        page.get_by_label("Your e-mail address at work").press_sequentially("a@juniper.example")
        page.keyboard.press("Enter")
        link = page.get_by_role("link", name="Continue with Okta")
        expect(link).to_be_visible()
        link.focus()
        page.keyboard.press("Enter")
        expect(page.get_by_role("heading", level=1)).to_have_text("Home")


@pytest.mark.parametrize("kind", ["oidc", "saml"])
def test_the_page_of_a_provider_is_narrow_where_the_screen_is(
    live_server: LiveServer, both: World, kind: str
) -> None:
    with browser_page(live_server) as page:
        page.set_viewport_size({"width": 390, "height": 844})
        enter_as_owner(page, both)
        add(page, "Okta", kind)
        assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0
        for address in page.locator(".pairs dd:visible").all():
            box = address.bounding_box()
            assert box and box["width"] > 120


def gap(page: Page) -> float:
    """Between the button and the link below it, in pixels."""
    button = page.get_by_role("button", name="Sign in", exact=True).bounding_box()
    link = page.get_by_role("link", name="Sign in with your company").bounding_box()
    assert button and link
    return link["y"] - button["y"] - button["height"]


def test_where_nothing_is_offered_no_room_is_left_for_it(
    live_server: LiveServer, both: World
) -> None:
    make_provider(both.here.tenant, "juniper.example", kind="oidc")
    with browser_page(live_server) as page:
        page.goto("/accounts/login/")
        assert gap(page) < 32
        address = page.get_by_label("Email")
        address.fill("asha@juniper.example")
        expect(page.get_by_role("link", name="Continue with")).to_be_visible()
        with page.expect_response("**/sso/offer/**"):
            address.fill("asha@elsewhere.example")
        expect(page.get_by_role("link", name="Continue with")).to_have_count(0)
        assert gap(page) < 32
