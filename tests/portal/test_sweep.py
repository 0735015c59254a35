"""Every screen, in a real browser: nothing for axe-core to find, a silent console, a fitting width.

The screens are those of the isolation matrix: one that is new is swept without being named here.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

import pytest
from axe_playwright_python.base import AXE_SCRIPT
from django.conf import settings
from django.test import Client
from django.urls import resolve, reverse
from playwright.sync_api import ConsoleMessage, Page, ViewportSize, sync_playwright
from pytest_django.live_server_helper import LiveServer

from ekyam.tenants.scope import tenant_scope
from tests.portal import build
from tests.portal.conftest import Side, furnish, sign_in
from tests.portal.stock_rows import Stock
from tests.portal.test_browser import CHROMIUM, pytestmark
from tests.portal.test_isolation import DOORS, address_of
from tests.world import build_world

__all__ = ["pytestmark"]

WIDE: ViewportSize = {"width": 1440, "height": 900}
NARROW: ViewportSize = {"width": 390, "height": 844}
# Pages of a person, and those that say no.
PERSONAL = ("tenants", "sessions", "components", "security", "account_change_password")
REFUSALS = ("/orders/rec_00000000000000000000000000/", "/no/such/page/")
STRANGERS = ("account_login", "account_reset_password")
REPORT_REFUSED = """document.addEventListener("securitypolicyviolation",
    (event) => console.error(`${event.violatedDirective} refuses ${event.blockedURI}`));"""
FIND = """async (only) => {
    const rules = only.length ? { runOnly: only, preload: false } : {};
    const { violations } = await axe.run(document, { resultTypes: ["violations"], ...rules });
    return violations.flatMap(({ id, nodes }) =>
        nodes.map((node) => `${id}: ${node.target.join(" ")} ${node.failureSummary}`));
}"""


@dataclass(frozen=True)
class Screens:
    """`cookie` is the owner's session, `newcomer` one of a company that has nothing yet."""

    inside: list[str]
    cookie: str
    newcomer: str


@pytest.fixture
def screens(transactional_db: None) -> Screens:
    world = build_world()
    side = furnish(world.here)
    side.company.owner.is_staff = True
    side.company.owner.save()
    with tenant_scope(side.company.tenant):
        _fill(side)
    addresses = [reverse(name) for name in PERSONAL]
    addresses += _addresses(side)
    client, newcomer = sign_in(side.company.owner), sign_in(world.there.owner)
    pages = [one for one in addresses if _is_page(client.get(one))]
    return Screens([*pages, *REFUSALS], _session_of(client), _session_of(newcomer))


def _session_of(client: Client) -> str:
    return str(client.cookies[settings.SESSION_COOKIE_NAME].value)


def _addresses(side: Side) -> Iterator[str]:
    """Of all doors that show something; those of one kind of thing show the same one."""
    known: dict[str, str] = {}
    for door in DOORS:
        if door.back or (door.to and not door.form):
            continue
        if door.of not in known:
            known[door.of] = address_of(door, side)
        path, _, query = known[door.of].partition("?")
        yield f"{reverse(door.name, kwargs=resolve(path).kwargs)}?{query}".removesuffix("?")


def _is_page(answer: Any) -> bool:
    """Not a file, nor a part of a page that htmx puts into it."""
    is_html = answer.headers.get("Content-Type", "").startswith("text/html")
    return bool(is_html) and answer.content.lstrip().lower().startswith(b"<!doctype html")


def _fill(side: Side) -> None:
    """What furnishing leaves out: something is held, lacks a row, and is in stock."""
    build.hold(build.waiting(side.shop, "1005"))
    build.lack_row(build.waiting(side.shop, "1006"), "carriers", "DHL Express")
    build.waiting(side.shop, "1007", ago=timedelta(hours=2))
    stock = Stock(side.shop, side.shop.flow("Inventory Sync")).open()
    stock.pair("EKM-LAMP", 4, 3)


@pytest.fixture
def page(live_server: LiveServer) -> Iterator[Page]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=str(CHROMIUM))
        context = browser.new_context(
            base_url=live_server.url, color_scheme="light", viewport=WIDE, reduced_motion="reduce"
        )
        context.add_init_script(REPORT_REFUSED)
        yield context.new_page()
        browser.close()


def test_it_finds_nothing_to_mend_on_any_screen(screens: Screens, page: Page) -> None:
    found = [line for address in map(reverse, STRANGERS) for line in look_at(page, address)]
    _enter(page, screens.cookie)
    for address in screens.inside:
        found += look_at(page, address)
    assert len(screens.inside) > 60
    assert not found, "\n".join(found)


def test_it_finds_nothing_to_mend_where_there_is_nothing_yet(screens: Screens, page: Page) -> None:
    page.goto(reverse(STRANGERS[0]))
    _enter(page, screens.newcomer)
    page.goto("/")
    lists = page.locator(".nav a").evaluate_all("all => all.map(one => one.getAttribute('href'))")
    found = [line for address in lists for line in look_at(page, address)]
    assert len(lists) > 10
    assert not found, "\n".join(found)


def _enter(page: Page, session: str) -> None:
    host = urlsplit(page.url).hostname
    here = {"domain": host, "path": "/", "name": settings.SESSION_COOKIE_NAME, "value": session}
    page.context.add_cookies([here])  # type: ignore[list-item]


def _is_said(line: ConsoleMessage) -> bool:
    """What a console shows unless it is asked for more."""
    return line.type not in ("debug", "verbose")


def look_at(page: Page, address: str) -> list[str]:
    """All that is wrong with one screen: in light, in dark, and on a telephone."""
    said: list[str] = []
    page.on("console", listen := lambda line: said.append(line.text) if _is_said(line) else None)
    page.on("pageerror", fail := lambda error: said.append(str(error)))
    answer = page.goto(address)
    assert answer is not None
    assert page.url.endswith(address), f"{address} leads to {page.url}"
    if answer.status >= 400:  # which the browser tells on its console
        said = [line for line in said if "Failed to load resource" not in line]
    page.evaluate(AXE_SCRIPT)
    wrong = [f"light: {line}" for line in page.evaluate(FIND, [])]
    page.evaluate("document.documentElement.dataset.theme = 'dark'")
    wrong += [f"dark: {line}" for line in page.evaluate(FIND, ["color-contrast"])]
    page.set_viewport_size(NARROW)
    if (wider := page.evaluate("document.documentElement.scrollWidth - innerWidth")) > 0:
        wrong.append(f"it is {wider} px wider than a telephone")
    page.set_viewport_size(WIDE)
    page.remove_listener("console", listen)
    page.remove_listener("pageerror", fail)
    return [f"{address} {line}" for line in (*said, *wrong)]


BROKEN = """<!doctype html><html><head><title>Broken</title>
<meta http-equiv="Content-Security-Policy" content="style-src 'self'; script-src 'none'">
</head><body><main><h1>Broken</h1><img src="data:,"><canvas width="600"></canvas>
<script>1</script></main></body>"""


def test_it_would_see_what_is_wrong(page: Page) -> None:
    """Or all the silence above would mean nothing."""
    page.route("**/broken/", lambda route: route.fulfill(body=BROKEN, content_type="text/html"))
    said = "\n".join(look_at(page, "/broken/"))
    for complaint in ("html-has-lang", "image-alt", "script-src-elem refuses inline", "px wider"):
        assert complaint in said, said
