"""Takes the pictures of this folder anew, beside a demonstration that has just begun.

    bin/demo --fresh                                             # prints the address and a password
    .venv/bin/python docs/screens/take.py http://localhost:PORT PASSWORD

First it makes a day worth looking at, through the pages alone, as a person would; then it takes
each screen. `--again` leaves out the first, where it was made before; names after the password take
those pictures only. It ends with 1 if a page did not answer, complained, or ran out of its frame.
"""

import argparse
import base64
import re
import sys
import time
from collections.abc import Callable
from pathlib import Path

from playwright.sync_api import Page, sync_playwright

HERE = Path(__file__).resolve().parent
CHROMIUM = "/usr/bin/chromium"
OWNER = "owner@acme.example"
WIDE, NARROW = (1280, 860), (390, 844)
MOST_HEIGHT = 1100
QUALITY = 60
PATIENCE_SECONDS = 60
# Of an address the part after the host.
READ_LINKS = """all => all.map((a) => {
  const to = new URL(a.getAttribute("href"), document.baseURI);
  return [to.pathname + to.search, a.textContent];
})"""
# Those taken at night and at the width of a phone as well.
ALL_WAYS = {"home", "journey", "flows", "mapping", "dead-letters", "set-up-check"}


class Portal:
    """The portal in a browser, as its owner sees it."""

    def __init__(self, page: Page, url: str, only: set[str]) -> None:
        self.page, self.url, self.only = page, url.rstrip("/"), only
        self.wrong: list[str] = []
        self.where = ""
        page.emulate_media(reduced_motion="reduce")
        page.set_default_timeout(15_000)
        page.on("console", lambda said: said.type == "error" and self.blame(said.text))
        page.on("pageerror", lambda error: self.blame(str(error)))

    def blame(self, what: str) -> None:
        self.wrong.append(f"{self.where}: {what}")

    def go(self, path: str) -> None:
        self.where = path
        answer = self.page.goto(path if "://" in path else self.url + path)
        if answer is None or answer.status != 200:
            self.blame(f"answered {answer and answer.status}")
        self.settle()

    def settle(self) -> None:
        self.page.wait_for_load_state("networkidle")

    def press(self, label: str, *, last: bool = False) -> None:
        """A button or a link of the page, by what it begins with."""
        main = self.page.locator("main")
        begins = re.compile(rf"^\s*{re.escape(label)}")
        found = main.get_by_role("button", name=begins).or_(main.get_by_role("link", name=begins))
        (found.last if last else found.first).click()
        self.settle()

    def address(self, pattern: str, *, text: str = "") -> str:
        """The first link of the page whose address matches, and whose words begin so."""
        for href, words in self.page.locator("main a[href]").evaluate_all(READ_LINKS):
            if re.search(pattern, href) and " ".join(words.split()).startswith(text):
                return str(href)
        raise LookupError(f"{self.where} has no link to {pattern} called {text!r}")

    def has(self, text: str) -> bool:
        return text in self.page.locator("main").inner_text()

    def wait_for(self, path: str, is_there: Callable[[], bool]) -> None:
        ends = time.monotonic() + PATIENCE_SECONDS
        while True:
            self.go(path)
            if is_there():
                return
            if time.monotonic() > ends:
                raise TimeoutError(f"{path} never showed what was waited for")
            time.sleep(1)

    def take(self, name: str, path: str = "") -> None:
        """Goes to a page, and takes its picture; of the one that is open if no path is given."""
        if path:
            self.go(path)
        if self.only and name not in self.only:
            return
        self.shoot(name, WIDE)
        if name in ALL_WAYS:
            self.page.emulate_media(color_scheme="dark")
            self.shoot(f"{name}-dark", WIDE)
            self.page.emulate_media(color_scheme="light")
            self.page.set_viewport_size({"width": NARROW[0], "height": NARROW[1]})
            self.page.reload()  # the navigation shows where one is when a page begins
            self.settle()
            self.shoot(f"{name}-narrow", NARROW)
            self.page.set_viewport_size({"width": WIDE[0], "height": WIDE[1]})

    def shoot(self, name: str, size: tuple[int, int]) -> None:
        width, least = size
        self.page.set_viewport_size({"width": width, "height": least})
        self.page.wait_for_timeout(250)
        wanted = self.page.evaluate("document.documentElement.scrollHeight")
        if wanted > least:
            height = min(wanted, MOST_HEIGHT)
            self.page.set_viewport_size({"width": width, "height": height})
            self.page.wait_for_timeout(250)
        if self.page.evaluate("document.documentElement.scrollWidth > innerWidth"):
            self.blame(f"{name} runs out of its frame")
        browser = self.page.context.new_cdp_session(self.page)
        how = {"format": "webp", "quality": QUALITY}
        picture = browser.send("Page.captureScreenshot", how)["data"]
        browser.detach()
        (HERE / f"{name}.webp").write_bytes(base64.b64decode(picture))
        sys.stdout.write(f"{name}\n")

    def sign_in(self, password: str) -> None:
        self.page.set_viewport_size({"width": WIDE[0], "height": WIDE[1]})
        self.take("sign-in", "/accounts/login/")
        self.go("/accounts/login/")
        self.page.get_by_label("Email").fill(OWNER)
        self.page.get_by_label("Password").fill(password)
        self.page.get_by_role("button", name="Sign in", exact=True).click()
        self.settle()

    # What is found by its words.

    def flow(self, label: str) -> str:
        self.go("/flows/")
        return self.address(r"^/flows/[^/]+/$", text=label)

    def order(self, label: str) -> str:
        self.go("/orders/")
        return self.address(r"^/orders/[^/]+/$", text=label)

    def system(self, label: str) -> str:
        """Its id."""
        self.go("/sandbox/")
        return self.address(r"^/sandbox/[^/]+/$", text=label).split("/")[2]


# A day worth looking at.


def place(portal: Portal, kind: str) -> None:
    portal.go("/sandbox/")
    portal.page.get_by_label("What is ordered").select_option(label=kind)
    portal.press("Make the order")


def make_day(portal: Portal) -> None:
    make_dead_letters(portal)
    hold_an_order(portal)
    make_rule_and_table(portal)
    make_draft(portal)
    make_people(portal)


def make_dead_letters(portal: Portal) -> None:
    """An order of goods that no other system knows; two without an address, approved."""
    place(portal, "A product that the other systems do not know")
    count_totes(portal)
    erp = portal.system("NetSuite")
    for _ in range(2):
        place(portal, "No address, mended in the ERP")
        portal.wait_for(f"/sandbox/{erp}/?kind=sales_order", lambda: portal.has("Approve"))
        portal.press("Approve")
    portal.wait_for("/dead-letters/", lambda: portal.has("address"))


def count_totes(portal: Portal) -> None:
    """The shop of the demonstration has them twice, so this may die as well."""
    portal.go(f"/sandbox/{portal.system('Whiplash')}/")
    form = portal.page.get_by_role("form", name="Adjust the stock")
    form.get_by_label("SKU").fill("EKM-TOTE")
    form.get_by_label("By").fill("-3")
    portal.press("Adjust the stock")


def make_rule_and_table(portal: Portal) -> None:
    """A rule that holds cash on delivery, and a line that asks a table which lacks a row."""
    flow = portal.flow("Orders")
    portal.go(f"{flow}rules/?ready=")
    portal.press("Cash on delivery above an amount")
    portal.page.get_by_label("Amount").fill("20")
    portal.page.get_by_label("Currency").fill("USD")
    portal.press("Save in the draft")
    portal.go("/tables/import/")
    portal.page.locator("#table").fill("Ship methods")
    portal.page.locator("#text").fill("key,value\nExpress,UPS 2nd Day Air\nPickup,Will call\n")
    portal.press("See what would change")
    portal.press("Import it")
    add_line(portal, flow, "custbody_ship_via", "shipping_method", table="Ship methods")
    run_in_shadow(portal, flow)
    publish(portal, flow, "Hold large cash on delivery; tell NetSuite the way of shipping")
    place(portal, "Cash on delivery")
    place(portal, "Card, one line")
    portal.wait_for("/tables/", lambda: portal.has("without a row"))


def add_line(portal: Portal, flow: str, target: str, source: str, *, table: str = "") -> None:
    portal.go(f"{flow}mapping/line/?side=writer&at=%2B")
    portal.page.locator("[name=target]").fill(target)
    portal.page.locator("[name=source]").fill(source)
    if table:
        portal.page.locator("select[name=kind]").select_option(label="Lookup table")
        portal.press("Add step")
        portal.page.locator("[name=step-1-table]").fill(table)
    portal.press("Save in the draft")


def run_in_shadow(portal: Portal, flow: str) -> None:
    portal.go(f"{flow}shadow/")
    portal.press("See what it would have changed")
    portal.wait_for(f"{flow}shadow/", lambda: not portal.has("under way"))


def publish(portal: Portal, flow: str, note: str) -> None:
    portal.go(f"{flow}publish/")
    portal.page.locator("[name=note]").fill(note)
    portal.press("Publish version")


def hold_an_order(portal: Portal) -> None:
    place(portal, "Two shipments")
    portal.wait_for("/orders/", lambda: portal.has("#1015"))
    portal.go(portal.order("#1015") + "hold/")
    portal.page.locator("main [name=reason]").fill("The shopper wants another address")
    portal.press("Hold it")


def make_draft(portal: Portal) -> None:
    flow = portal.flow("Orders")
    add_line(portal, flow, "custbody_payment", "payment_terms")


def make_people(portal: Portal) -> None:
    portal.go("/team/")
    portal.page.get_by_label("E-mail").fill("packer@acme.example")
    portal.page.get_by_label("Role", exact=True).select_option("operator")
    portal.press("Invite")
    portal.go("/keys/new/")
    portal.page.get_by_label("Name").fill("Nightly report")
    portal.page.locator("[name=rights][value=look]").check()
    portal.press("Make the key")
    portal.go("/single-sign-on/add/")
    portal.page.get_by_label("Name").fill("Acme's directory")
    portal.press("Go on")


# The pictures.


def take_work(portal: Portal) -> None:
    portal.take("home", "/")
    portal.page.keyboard.press("Control+k")
    portal.page.keyboard.type("stock")
    portal.page.wait_for_timeout(800)
    portal.take("palette")
    portal.take("orders", "/orders/")
    portal.take("journey", portal.order("#1007"))
    portal.take("dead-letters", "/dead-letters/")
    cause = portal.address(r"^/dead-letters/(?!csv)[^/]+/$")
    portal.take("dead-letter-cause", cause)
    edit = portal.address(r"/edit/$", text="Edit")
    portal.take("mend", f"{cause}mend/?deed=set")
    portal.take("edit", edit)
    portal.take("held", "/held/")
    portal.take("alerts", "/alerts/")
    portal.take("alert-rules", "/alerts/rules/")
    portal.take("runs", "/runs/")
    portal.take("run", portal.address(r"^/runs/(?!csv)[^/]+/$"))


def take_flows(portal: Portal) -> None:
    flow = portal.flow("Orders")
    portal.take("flows", "/flows/")
    portal.take("flow", flow)
    portal.take("mapping", f"{flow}mapping/")
    portal.take("mapping-list", f"{flow}mapping/list/")
    portal.take("mapping-line", portal.address(r"mapping/line/.*side=writer", text="custbody_ship"))
    for name in ("suggestions", "rules", "verify", "versions", "publish", "code"):
        portal.take(name, f"{flow}{name}/")
    portal.go(f"{flow}rules/")
    portal.take("rule", portal.address(r"/rules/edit/\?at="))
    portal.take("shadow-runs", f"{flow}shadow/")
    portal.take("shadow-run", portal.address(r"^/shadow/[^/]+/$"))
    portal.take("tables", "/tables/")
    portal.take("table", "/tables/one/?table=Ship+methods")
    portal.go("/flows/add/")
    portal.press("Show")
    portal.take("add-flows")


def take_stock(portal: Portal) -> None:
    portal.take("stock", "/stock/")
    sku, flow = portal.address(r"^/stock/sku/"), portal.address(r"^/stock/flows/[^/]+/$")
    portal.take("comparison", portal.address(r"^/stock/syncs/[^/]+/$"))
    portal.take("sku", sku)
    portal.take("stock-flow", flow)


def take_house(portal: Portal) -> None:
    portal.take("connections", "/connections/")
    portal.take("connection", portal.address(r"^/connections/con[^/]+/$", text="NetSuite"))
    portal.take("sandbox", "/sandbox/")
    portal.take("sandbox-system", f"/sandbox/{portal.system('Whiplash')}/")
    for name in ("team", "keys", "audit"):
        portal.take(name, f"/{name}/")
    portal.go("/single-sign-on/")
    portal.take("single-sign-on", portal.address(r"^/single-sign-on/[^/]+/$", text="Acme"))
    portal.take("sign-in-policy", "/settings/sign-in/")


def take_set_up(portal: Portal) -> None:
    """Of a second ERP, on a sandbox, up to its last step; it is left there, as one may."""
    portal.take("set-up-choose", "/set-up/")
    portal.press("Set up NetSuite")
    portal.take("set-up-enter")
    portal.press("Discard this set-up")
    portal.go("/set-up/")
    portal.press("Connect a sandbox of NetSuite")
    base = "/".join(portal.page.url.removeprefix(portal.url).split("/")[:3]) + "/"
    portal.take("set-up-check", f"{base}connect/")
    portal.go(f"{base}map/")
    portal.press("Read the newest")
    portal.take("set-up-map", f"{base}map/")
    portal.press("Open its mapping (Products)")
    portal.take("set-up-mapping")
    portal.press("Back to the set-up")
    portal.press("This is right")
    portal.take("set-up-accepts", f"{base}writer/")
    portal.press("This is right")
    for flow in ("Shipment Sync", "Item fulfilments", "Stock adjustments"):
        portal.page.get_by_role("checkbox", name=re.compile(f"^{flow}")).first.check()
    portal.take("set-up-flows")
    portal.press("Make the chosen flows")
    portal.take("set-up-live")
    portal.press("Turn the chosen flows On")
    portal.take("turn-on")


PARTS = (take_work, take_flows, take_stock, take_house, take_set_up)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("url")
    parser.add_argument("password")
    parser.add_argument("only", nargs="*", help="names of pictures; none means all")
    parser.add_argument("--again", action="store_true", help="what is to be seen is there already")
    options = parser.parse_intermixed_args()
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM)
        context = browser.new_context(color_scheme="light", locale="en-US")
        portal = Portal(context.new_page(), options.url, set(options.only))
        portal.sign_in(options.password)
        if not options.again:
            make_day(portal)
        for part in PARTS:
            part(portal)
        browser.close()
    for what in portal.wrong:
        sys.stderr.write(f"{what}\n")
    return 1 if portal.wrong else 0


if __name__ == "__main__":
    sys.exit(main())
