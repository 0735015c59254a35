"""The portal with a million deliveries behind it: how long each page takes, and how much it sends.

Which pages there are is read from the addresses: one is tried with the id of everything that there
is, until it answers. Times are those of the running web process, one request after the other.
"""

import gzip
import http.client
import logging
import re
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urlsplit

from django.conf import settings
from django.db import connection as db
from django.db import connections
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import URLPattern, URLResolver, get_resolver

from ekyam.collector import spare_what_stays
from ekyam.tenants.scope import tenant_scope
from flows.bench.knocker import percentile
from flows.bench.portal_paint import first_paints
from flows.bench.portal_seed import ORDERS, Laid, count_rows, lay_in
from flows.models import Delivery, Event, Flow, LookupRow, Record, Run, StockLevel, Version
from flows.queries.dead_letters import list_dead_groups

ASKED = 40
MOST_MS, MOST_QUERIES, MOST_BYTES, MOST_PAINT_MS = 150.0, 15, 100_000, 400.0
# What people look at all day, by the names of the addresses.
MAIN = (
    *("home", "orders", "journey", "dead_letters", "dead_group"),
    *("flows", "connections", "runs", "stock", "held"),
)
PAGES = "portal.web.urls"
# What is asked of the whole month: an order in the middle of it, by what only its content tells.
QUESTIONS = {
    "orders, stuck": "/orders/?state=dead",
    "orders, under way": "/orders/?state=open",
    "search, by number": "/search/?q=SO50000",
    "search, by e-mail": "/search/?q=buyer50000@shopper.example",
    "search, by parcel": "/search/?q=TRK50000",
    "stock, stuck": "/stock/?show=stuck",
    "palette, asked": "/palette/?q=ship%2012",
}


@dataclass(frozen=True)
class Figures:
    """Of one page: milliseconds at the server, and bytes with all its parts, as they are sent."""

    name: str
    address: str
    p50: float
    p95: float
    queries: int
    bytes: int
    parts: int
    paint: float | None

    def __str__(self) -> str:
        paint = "" if self.paint is None else f"{self.paint:.0f}"
        return (
            f"{self.name:<24}{self.p50:>8.1f}{self.p95:>8.1f}{self.queries:>5}"
            f"{self.bytes / 1000:>8.1f}{self.parts / 1000:>8.1f}{paint:>7}  {self.complaint}"
        )

    @property
    def complaint(self) -> str:
        over = (
            (self.p95 > MOST_MS, f"over {MOST_MS:.0f} ms"),
            (self.queries > MOST_QUERIES, f"over {MOST_QUERIES} queries"),
            (self.bytes + self.parts > MOST_BYTES, f"over {MOST_BYTES // 1000} kB"),
            ((self.paint or 0) > MOST_PAINT_MS, f"painted after {MOST_PAINT_MS:.0f} ms"),
        )
        return ", ".join(words for is_over, words in over if is_over)


def run_portal(*, orders: int) -> Iterator[str]:
    _be_silent()
    started = time.monotonic()
    laid = lay_in(orders=orders)
    with connections["owner"].cursor() as cursor:
        cursor.execute("ANALYZE")  # as autovacuum does within the first minute of a table's life
    rows = ", ".join(f"{count:,} of {table}" for table, count in count_rows(laid.tenant))
    yield f"Laid in within {time.monotonic() - started:.0f} s: {rows}"
    browser = Client()
    browser.force_login(laid.owner, backend="django.contrib.auth.backends.ModelBackend")
    pages = dict(find_pages(browser, known_ids(laid))) | QUESTIONS | _more(laid)
    spare_what_stays()  # or pauses of this process would be told of as those of the pages
    host = urlsplit(settings.PUBLIC_URL).netloc
    shown = {name: pages[name] for name in MAIN if name in pages}
    paints = first_paints(settings.PUBLIC_URL, _cookie(browser), shown)
    yield f"{'page':<24}{'p50 ms':>8}{'p95 ms':>8}{'sql':>5}{'kB':>8}{'parts':>8}{'FCP ms':>7}"
    found = []
    for name, address in pages.items():
        found.append(measure(browser, host, name, address, paints.get(name)))
        yield str(found[-1])
    over = [one.name for one in found if one.complaint]
    yield f"{len(found)} pages; over what is asked for: {', '.join(over) or 'none'}"


def _be_silent() -> None:
    """Of each address that is tried, most ids are not the right one."""
    for name in ("django.request", "ekyam.audit.record"):
        logging.getLogger(name).setLevel(logging.ERROR)


def find_pages(browser: Client, known: Sequence[str]) -> Iterator[tuple[str, str]]:
    """The name and address of whatever shows a page, and the second page of each list."""
    for pattern in _patterns():
        route = str(pattern.pattern)
        for id in known if "<" in route else ["", *known]:
            address = _fill(route, id)
            if address is None or not (text := _page_at(browser, address)):
                continue
            assert pattern.name
            yield pattern.name, address
            if later := re.search(r'class="pager".*?href="([^"]*after=[^"]+)"', text, re.S):
                further = later[1].replace("&amp;", "&")
                path = address.partition("?")[0]
                yield f"{pattern.name}, later", path + further if further[0] == "?" else further
            break


def _patterns() -> Iterator[URLPattern]:
    for one in get_resolver().url_patterns:
        if isinstance(one, URLResolver) and getattr(one.urlconf_name, "__name__", "") == PAGES:
            yield from (page for page in one.url_patterns if isinstance(page, URLPattern))


def _fill(route: str, id: str) -> str | None:
    """`id` is the id of something, or a query."""
    if "<" not in route:
        return f"/{route}{id}" if id.startswith("?") or not id else None
    return None if id.startswith("?") else "/" + re.sub(r"<[^>]+>", id, route)


def _page_at(browser: Client, address: str) -> str:
    answer = browser.get(address)
    is_page = answer.status_code == 200 and "text/html" in answer.headers["Content-Type"]
    return answer.content.decode() if is_page and not answer.streaming else ""


def known_ids(laid: Laid, *, orders_back: int = 700) -> list[str]:
    """An id of each thing that a page may be of, and the queries that some want.

    The order is one that has come to its end: the newest ones are under way.
    """
    with tenant_scope(laid.tenant):
        flow = Flow.objects.filter(label=ORDERS).order_by("pk")[0]
        stock = Flow.objects.filter(label="Inventory Sync").order_by("pk")[0]
        draft = Version.objects.get(flow=flow, state="draft")
        order = Record.objects.filter(resource="order").order_by("-pk")[orders_back]
        dead = Delivery.objects.filter(state="dead").order_by("-sequence")[0]
        rows: list[Any] = [flow, stock, flow.source, flow.target, order, dead, draft]
        rows += [Run.objects.order_by("-started_at")[0], Event.objects.get(pk=dead.event_id)]
        rows += [laid.owner.memberships.get(tenant=laid.tenant)]
        sku = StockLevel.objects.order_by("pk")[0].sku
        table = LookupRow.objects.order_by("pk")[0].table
        causes = [group.key for group in list_dead_groups()[:1]]
        queries = [f"?sku={sku}", f"?table={quote(table)}", f"?q={order.label}"]
    return [*(one.public_id for one in rows), *causes, *queries]


def _more(laid: Laid) -> dict[str, str]:
    """The flow that is off, whose version is verified on its page; the other side of a canvas."""
    with tenant_scope(laid.tenant):
        off = Flow.objects.filter(label=ORDERS, is_on=False).get().public_id
        on = Flow.objects.filter(label=ORDERS, is_on=True).order_by("pk")[0].public_id
    return {
        "flow, off": f"/flows/{off}/",
        "switch_flow, off": f"/flows/{off}/switch/",
        "mapping, writer": f"/flows/{on}/mapping/?side=writer",
        "mapping_list, writer": f"/flows/{on}/mapping/list/?side=writer",
    }


def _cookie(browser: Client) -> tuple[str, str]:
    name = settings.SESSION_COOKIE_NAME
    return name, browser.cookies[name].value


def measure(browser: Client, host: str, name: str, address: str, paint: float | None) -> Figures:
    with CaptureQueriesContext(db) as captured:
        text = _page_at(browser, address)
    took, size = [], 0
    web = http.client.HTTPConnection(host, timeout=60)
    for _ in range(ASKED + 1):
        started = time.perf_counter()
        size = len(_ask(web, address, cookie="=".join(_cookie(browser))))
        took.append((time.perf_counter() - started) * 1000)
    parts = sum(len(_ask(web, part)) for part in sorted(_parts(web, text)))
    web.close()
    own = [one for one in captured.captured_queries if not _is_frame_of_transaction(one["sql"])]
    return Figures(
        name=name,
        address=address,
        p50=percentile(took[1:], 0.5),
        p95=percentile(took[1:], 0.95),
        queries=len(own),
        bytes=size,
        parts=parts,
        paint=paint,
    )


def _is_frame_of_transaction(sql: str) -> bool:
    return sql.startswith(("BEGIN", "COMMIT", "SAVEPOINT", "RELEASE"))


def _ask(web: http.client.HTTPConnection, address: str, cookie: str = "") -> bytes:
    """The body as it comes over the wire to a browser."""
    headers = {"Accept-Encoding": "gzip, deflate, br, zstd", "Accept": "text/html,*/*"}
    web.request("GET", address, headers=headers | ({"Cookie": cookie} if cookie else {}))
    answer = web.getresponse()
    body = answer.read()
    if answer.status not in (200, 302):  # what was found alone is gone to
        raise RuntimeError(f"{address} answers {answer.status}.")
    return body


def _parts(web: http.client.HTTPConnection, text: str) -> set[str]:
    """Style sheets, icons and scripts, and the scripts that those import."""
    found = set(re.findall(r'(?:href|src)="(/static/[^"]+)"', text))
    for script in [one for one in found if one.endswith(".js")]:
        body = _ask(web, script)
        source = gzip.decompress(body) if body[:2] == b"\x1f\x8b" else body
        folder = script.rpartition("/")[0]
        for name in re.findall(rb'^import [^"]*"\./([^"]+)"', source, re.M):
            found.add(f"{folder}/{name.decode()}")
    return found
