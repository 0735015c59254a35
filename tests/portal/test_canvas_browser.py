"""The mapping canvas in a real browser: lines by pointer, by keys and by tap, and two at once."""

import gzip
import os
from pathlib import Path

from playwright.sync_api import CDPSession, Locator, Page, expect
from pytest_django.live_server_helper import LiveServer

from connectors.lines import Line, Mapping
from connectors.steps import Trim
from ekyam.tenants.scope import tenant_scope
from flows.mapping.logic import Logic
from tests.portal.conftest import Side
from tests.portal.test_browser import browser_page, elsewhere, pytestmark, side, sign_in
from tests.portal.test_suggestions import BARE, draft, look, receive_orders

__all__ = ["pytestmark", "side"]


def picture(page: Page, name: str) -> None:
    """For whoever wants to look: SHOTS names a folder."""
    if folder := os.environ.get("SHOTS"):
        page.screenshot(path=str(Path(folder) / f"{name}.png"))


def note(text: str) -> None:
    if folder := os.environ.get("SHOTS"):
        with (Path(folder) / "notes.txt").open("a") as file:
            file.write(f"{text}\n")


def furnish(side: Side, logic: Logic = BARE) -> str:
    """The address of a mapping whose draft has one line, with records and suggestions."""

    def rows() -> None:
        with tenant_scope(side.company.tenant):
            receive_orders(side)
        draft(side, logic)
        look(side)

    elsewhere(rows)
    return f"/flows/{side.shop.flow('Orders').public_id}/mapping/"


def field(page: Page, path: str) -> Locator:
    return page.locator(f'.f[data-p="{path}"]')


def attribute(page: Page, path: str) -> Locator:
    return page.locator(f'.t[data-p="{path}"]')


def go_down(page: Page, path: str) -> None:
    for _ in range(60):
        if page.evaluate("document.activeElement.dataset.p") == path:
            return
        page.keyboard.press("ArrowDown")
    raise AssertionError(f"no arrow leads to {path}")


def drag(page: Page, source: str, target: str) -> None:
    field(page, source).scroll_into_view_if_needed()
    attribute(page, target).scroll_into_view_if_needed()
    start, end = field(page, source).bounding_box(), attribute(page, target).bounding_box()
    assert start and end
    page.mouse.move(start["x"] + 40, start["y"] + start["height"] / 2)
    page.mouse.down()
    page.mouse.move(start["x"] + 200, start["y"] + 20, steps=3)
    page.mouse.move(end["x"] + 200, end["y"] + end["height"] / 2, steps=5)
    picture(page, "drawing")
    page.mouse.up()


def test_a_dragged_line_is_in_the_draft_and_can_be_taken_back(
    live_server: LiveServer, side: Side
) -> None:
    address = furnish(side)
    with browser_page(live_server) as page:
        page.set_viewport_size({"width": 1440, "height": 900})
        sign_in(page, side)
        page.goto(address)
        picture(page, "light-wide")
        drag(page, "created_at", "placed_at")
        expect(page.locator("#canvas-said")).to_contain_text("placed_at is filled from created_at")
        expect(attribute(page, "placed_at")).to_be_focused()
        picture(page, "drawn")
        page.reload()
        expect(attribute(page, "placed_at")).to_have_attribute("data-f", "created_at")
        expect(attribute(page, "placed_at")).to_contain_text("As a time")
        wires = page.locator("#wires path.line")
        expect(wires).not_to_have_count(0)
        attribute(page, "placed_at").focus()
        page.keyboard.press("Delete")
        expect(page.locator("#canvas-said")).to_contain_text("is taken away")
        page.get_by_role("button", name="Undo").click()
        expect(attribute(page, "placed_at")).to_have_attribute("data-f", "created_at")


def test_keys_alone_draw_accept_refuse_and_open(live_server: LiveServer, side: Side) -> None:
    address = furnish(side)
    with browser_page(live_server) as page:
        page.set_viewport_size({"width": 1440, "height": 900})
        sign_in(page, side)
        page.goto(address)
        page.get_by_label("Find a field").focus()
        page.keyboard.type("note")
        expect(field(page, "id")).to_be_hidden()
        page.keyboard.press("Tab")
        go_down(page, "note")
        page.keyboard.press("Enter")
        expect(page.locator("#canvas-tells")).to_contain_text("note is chosen")
        page.keyboard.press("Escape")
        expect(field(page, "note")).to_be_focused()
        page.keyboard.press("Enter")
        page.keyboard.press("Home")
        go_down(page, "reference")
        page.keyboard.press("Enter")
        expect(page.locator("#canvas-said")).to_contain_text("reference is filled from note")
        page.reload()
        expect(attribute(page, "reference")).to_have_attribute("data-f", "note")
        attribute(page, "email").focus()
        page.keyboard.press("a")
        expect(attribute(page, "email")).to_have_attribute("data-f", "email")
        offered = attribute(page, "currency")
        offered.focus()
        before = offered.get_attribute("data-o")
        page.keyboard.press("x")
        expect(page.locator("#canvas-said")).to_contain_text("is not suggested for currency again")
        assert offered.get_attribute("data-o") != before
        attribute(page, "email").focus()
        page.keyboard.press("Enter")
        panel = page.locator("#panel")
        expect(panel.locator("#preview")).to_contain_text("The path finds")
        picture(page, "panel")
        panel.get_by_label("Source").fill("contact_email")
        panel.get_by_role("button", name="Save in the draft").last.click()
        expect(panel).not_to_be_visible()
        expect(attribute(page, "email")).to_have_attribute("data-f", "contact_email")
        expect(attribute(page, "email")).to_be_focused()


def test_two_tabs_lose_nothing(live_server: LiveServer, side: Side) -> None:
    address = furnish(side)
    with browser_page(live_server) as page:
        page.set_viewport_size({"width": 1440, "height": 900})
        sign_in(page, side)
        page.goto(address)
        other = page.context.new_page()
        other.set_viewport_size({"width": 1440, "height": 900})
        other.goto(address)
        drag(page, "name", "number")
        expect(attribute(page, "number")).to_have_attribute("data-f", "name")
        drag(other, "order_number", "number")
        said = other.locator("#canvas-said")
        expect(said).to_contain_text("has changed the draft since you looked")
        expect(said).to_contain_text("number ← name")
        expect(said).to_contain_text("number ← order_number")
        picture(other, "conflict")
        expect(attribute(other, "number")).to_have_attribute("data-f", "name")
        said.get_by_role("button", name="Put mine into their draft").click()
        expect(attribute(other, "number")).to_have_attribute("data-f", "order_number")


def test_it_fits_a_narrow_dark_screen_by_tap(live_server: LiveServer, side: Side) -> None:
    address = furnish(side)
    with browser_page(live_server, color_scheme="dark", has_touch=True) as page:
        page.set_viewport_size({"width": 390, "height": 844})
        sign_in(page, side)
        page.goto(address)
        picture(page, "dark-narrow")
        field(page, "note").scroll_into_view_if_needed()
        field(page, "note").tap()
        attribute(page, "note").scroll_into_view_if_needed()
        picture(page, "dark-narrow-chosen")
        attribute(page, "note").tap()
        expect(attribute(page, "note")).to_have_attribute("data-f", "note")
        picture(page, "dark-narrow-drawn")
        assert not page.evaluate("document.documentElement.scrollWidth > window.innerWidth")
        page.set_viewport_size({"width": 1440, "height": 900})
        page.goto(f"{address}?side=writer")
        picture(page, "dark-wide-writer")


# Times in milliseconds: the drop, the request, its answer, and its line on the screen.
WATCH = """() => {
  const times = (window.times = {});
  window.long = [];
  const mark = (name) => () => { times[name] ??= performance.now(); };
  new PerformanceObserver((seen) => {
    for (const one of seen.getEntries()) window.long.push(one.duration);
  }).observe({ type: "longtask" });
  addEventListener("pointerup", mark("drop"), true);
  document.addEventListener("htmx:beforeSend", mark("sent"));
  document.addEventListener("htmx:beforeOnLoad", mark("answered"));
  new MutationObserver(() => {
    const line = document.querySelector('[data-key="wide.field_1 > custom.field_7"]');
    if (line && !times.drawn) mark("drawn")();
  }).observe(document.getElementById("wires"), { childList: true, subtree: true });
}"""
DRAWN = """() => new Promise((done) => {
  const look = () => (window.times.drawn ? done(window.times) : requestAnimationFrame(look));
  look();
})"""
SCROLL = """() => new Promise((done) => {
  window.long.length = 0;
  const lists = document.querySelectorAll(".pane");
  let left = 120;
  const turn = () => {
    for (const list of lists) list.scrollTop += list.id === "fields" ? 60 : 45;
    if (left-- > 0) requestAnimationFrame(turn);
    else done(window.long);
  };
  turn();
})"""


def busy_seconds(session: CDPSession) -> float:
    """What the page's own thread has worked since the session began."""
    found = session.send("Performance.getMetrics")["metrics"]
    return float(next(one["value"] for one in found if one["name"] == "TaskDuration"))


def test_three_hundred_fields_stay_smooth(live_server: LiveServer, side: Side) -> None:
    lines = [Line(f"custom.field_{n}", f"wide.field_{n}", (Trim(),)) for n in range(300)]
    logic = Logic(writer=Mapping((*side.shop.flow("Orders").action_spec.writer.lines, *lines)))
    address = furnish(side, logic)
    with browser_page(live_server) as page:
        page.set_viewport_size({"width": 1440, "height": 900})
        sign_in(page, side)
        answer = page.goto(f"{address}?side=writer")
        assert answer
        size = len(gzip.compress(answer.body()))
        page.evaluate(WATCH)
        drag(page, "wide.field_1", "custom.field_7")
        expect(attribute(page, "custom.field_7")).to_have_attribute("data-f", "wide.field_1")
        times = page.evaluate(DRAWN)
        session = page.context.new_cdp_session(page)
        session.send("Performance.enable", {"timeDomain": "threadTicks"})
        before = busy_seconds(session)
        tasks = page.evaluate(SCROLL)
        frame = (busy_seconds(session) - before) / 120 * 1000
        picture(page, "wide")
        ours = times["drawn"] - times["answered"] + times["sent"] - times["drop"]
        asked = times["answered"] - times["sent"]
        note(f"drop to line {ours:.0f} ms, and {asked:.0f} ms of the server")
        note(f"{frame:.1f} ms of processor a frame, long tasks {tasks}")
        note(f"page {size} bytes, {len(answer.body())} before compression")
        # By the processor's time: the clock tells of what else the machine does.
        assert frame < 50 and size < 40_000
