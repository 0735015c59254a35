"""What every page has: the palette, the keys, a way on from an address that leads nowhere."""

import gzip
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings as ours
from django.core.files.storage import FileSystemStorage
from django.test import Client
from django.utils import translation
from playwright.sync_api import expect
from pytest_django.live_server_helper import LiveServer

from ekyam.static_files import StaticFiles
from ekyam.tenants.models import Role
from ekyam.tenants.scope import tenant_scope
from flows.models import Flow
from tests.portal.conftest import Side, furnish, sign_in
from tests.portal.test_browser import CHROMIUM, browser_page
from tests.portal.test_browser import sign_in as sign_in_by_hand
from tests.world import add_member, build_world

needs_browser = pytest.mark.skipif(not CHROMIUM.exists(), reason="needs a browser: chromium")
ODD = "<script>alert('x')</script> \N{PILE OF POO} %_\\"


def found(client: Client, text: str) -> str:
    answer = client.get("/palette/", {"q": text})
    assert answer.status_code == 200
    return str(answer.content.decode())


def test_the_palette_finds_flows_and_connections_by_any_word(owner: Client, here: Side) -> None:
    text = found(owner, "whiplash shipment")
    flow = here.shop.flow("Shipment Sync").public_id
    assert f"/flows/{flow}/mapping/" in text and f"/flows/{flow}/verify/" in text
    assert here.shop.connections["whiplash"].public_id in found(owner, "WHIP")


def test_the_palette_offers_what_the_role_may_do(here: Side) -> None:
    for role, may in ((Role.VIEWER, False), (Role.OWNER, True)):
        text = found(sign_in(add_member(here.company.tenant, role, f"a-{role}")), "")
        assert ("Make an API key" in text) == may
        text = found(sign_in(add_member(here.company.tenant, role, f"b-{role}")), "shopify")
        assert ("/check/" in text) == may


@pytest.mark.parametrize("text", [ODD, "a" * 10_000, "  "])
def test_the_palette_takes_whatever_is_typed(owner: Client, text: str) -> None:
    assert "<script>" not in found(owner, text)


def test_the_palette_shows_nothing_of_another_company(
    owner: Client, here: Side, there: Side
) -> None:
    with tenant_scope(there.company.tenant):
        Flow.objects.update(label="Marigold's own")
    assert "own" not in found(owner, "marigold")


def test_an_address_that_leads_nowhere_leads_on(owner: Client, here: Side) -> None:
    answer = owner.get("/orders/rec_00000000000000000000000000/")
    text = answer.content.decode()
    assert answer.status_code == 404
    assert 'href="/orders/"' in text and 'aria-label="Main"' in text
    assert "Main" not in Client().get("/no/such/page/").content.decode()


def test_pages_are_compressed_and_answers_to_forms_are_not(owner: Client) -> None:
    asks = {"accept-encoding": "gzip"}
    page = owner.get("/flows/", headers=asks)
    assert page["Content-Encoding"] == "gzip" and b"Flows" in gzip.decompress(page.content)
    made = owner.post(
        "/keys/new/", {"name": "Till", "days": "30", "rights": ["look"]}, headers=asks
    )
    assert made.status_code == 200 and "Content-Encoding" not in made


def test_scripts_name_each_other_by_names_that_may_be_kept(tmp_path: Path) -> None:
    scripts = FileSystemStorage(ours.BASE_DIR / "static")
    paths = {f"js/{name}": (scripts, f"js/{name}") for name in scripts.listdir("js")[1]}
    kept = StaticFiles(location=tmp_path)
    for path, (storage, name) in paths.items():
        with storage.open(name) as script:
            kept.save(path, script)
    named = {path: new for path, new, _ in kept.post_process(paths) if new.endswith(".js")}
    text = (tmp_path / named["js/portal.js"]).read_text()
    assert Path(named["js/palette.js"]).name in text and '"./palette.js"' not in text


@pytest.fixture
def languages(settings: Any) -> Iterator[None]:
    """As if there were a catalogue of ours: without one no word is looked up."""
    settings.USE_I18N = True
    ways: Any = getattr(translation, "_trans")  # noqa: B009 -- keeps which of Django's two is gone
    vars(ways).clear()
    yield
    vars(ways).clear()


def test_what_stands_around_each_page_can_be_translated(owner: Client, languages: None) -> None:
    """German words of Django's own catalogue stand for one of ours."""
    with translation.override("de"):
        text = owner.get("/orders/").content.decode()
    assert re.search(r">\s*Schließen\s*<", text)


@pytest.fixture
def side(transactional_db: None) -> Side:
    return furnish(build_world().here)


@needs_browser
def test_everything_is_reached_by_keys(live_server: LiveServer, side: Side) -> None:
    with browser_page(live_server) as page:
        sign_in_by_hand(page, side)
        page.keyboard.press("Control+k")
        expect(page.get_by_role("combobox")).to_be_focused()
        page.keyboard.type("audit")
        page.keyboard.press("Enter")
        expect(page.get_by_role("heading", level=1)).to_have_text("Audit log")
        page.wait_for_load_state()
        page.locator(".nav a").first.focus()
        page.keyboard.press("Control+k")
        page.keyboard.type("item fulf")
        expect(page.get_by_role("option", name="Item fulfilments: Rules")).to_be_visible()
        page.keyboard.press("Escape")
        expect(page.locator(".nav a").first).to_be_focused()
        page.keyboard.press("?")
        expect(page.get_by_role("dialog")).to_contain_text("Dead letters")
        page.keyboard.press("Escape")
        page.keyboard.press("g")
        page.keyboard.press("o")
        expect(page.get_by_role("heading", level=1)).to_have_text("Orders")
