"""Stock: how long a full comparison takes, what it writes, and what else goes on meanwhile."""

import os
import re
import signal
import time
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from threading import Event as Bell
from threading import Thread
from typing import Any

from django.conf import settings
from django.db import connections
from django.utils import timezone

from connectors.channel import open_channel
from connectors.checks import check_connection, register_webhooks
from connectors.models import Connection
from connectors.operations import connect
from connectors.registry import get_connector
from connectors.spec import Context, Position
from ekyam.tenants.models import Tenant
from ekyam.tenants.scope import tenant_scope
from flows.bench.knocker import percentile
from flows.demo.remote import Remote
from flows.models import Flow, LookupRow, Sync, SyncState
from flows.operations.configure import switch_on
from flows.operations.stock.finish import stop_sync
from flows.operations.stock.offers import locations_table
from flows.operations.stock.plan import start_sync
from flows.operations.stock.streams import target_feed

SHOP, ERP, WAREHOUSE = "shopify", "netsuite", "whiplash"
ACCOUNTS = {SHOP: "bench-shop", ERP: "tstdrv9999999", WAREHOUSE: "bench-3pl"}
ERP_MAIN, WAREHOUSE_MAIN = "6", "1"  # where the sandboxes keep their goods
KEPT = ("EKM-MUG", "EKM-CAP", "EKM-TOTE", "EKM-SOCK", "EKM-TEE-S", "EKM-TEE-M", "EKM-TEE-L")
LONGEST_SECONDS = 3600.0
LARGE = 200_000
Line = str


def run_stock(*, levels: int, seconds: float) -> Iterator[Line]:
    """The rounds, one after the other; each line as soon as it is known."""
    if levels > LARGE:
        yield from _large(levels)
        return
    bench, first = _set_up(levels)
    _see_open(bench)
    took = ((first.finished_at or timezone.now()) - first.created_at).total_seconds()
    yield f"the shop is read back: {first.target_checked} levels in {took:.1f} s"
    yield bench.round("first comparison")
    connections["owner"].cursor().execute("ANALYZE")
    yield bench.round("nothing changed")
    bench.change(max(1, levels // 100))
    yield bench.round("1 % changed")
    bench.change(max(1, levels // 10))
    yield bench.round("10 % changed")
    yield _events(bench, "1 % differs", levels // 100)
    yield _events(bench, "10 % differ", levels // 10)
    yield _events(bench, "both sides are read, and 10 % differ", levels // 10, reads_target=True)
    for percent in (10, 50, 90):
        yield _killed_at(bench, percent)
    yield _at_real_limits(bench, seconds)


def _large(levels: int) -> Iterator[Line]:
    """Of so many, the first comparison would take an hour: what it would find is laid in."""
    bench, _ = _set_up(levels, is_known=True)
    _see_open(bench)
    yield bench.round("all but the sandbox's own few known")
    yield bench.round("nothing changed")
    bench.change(max(1, levels // 100))
    yield bench.round("1 % changed")


@dataclass
class Bench:
    tenant: Tenant
    flow: Flow
    remotes: dict[str, Remote]
    levels: int
    main: str  # the shop's locations
    store: str
    quantity: int = 100
    changed: list[tuple[int, int]] = field(default_factory=list)  # up to which SKU, to how many

    def change(self, last: int) -> None:
        """Another quantity of the first so many SKUs in the ERP; nobody is told."""
        self.quantity += 1
        change = {"from": 1, "to": last, "quantity": self.quantity}
        self.remotes[ERP].do("bulk_change", **change)
        self.changed.append((last, self.quantity))

    def right(self, number: int) -> int:
        """What there should be of a SKU."""
        return next((some for last, some in reversed(self.changed) if number <= last), 100)

    def begin(self, *, reads_target: bool = False) -> Sync:
        with tenant_scope(self.tenant):
            flow = Flow.objects.select_related("source", "target").get(pk=self.flow.pk)
            sync = start_sync(flow, asked_by="bench", reads_target=reads_target)
        assert sync is not None, "One is under way."
        return sync

    def look(self, sync: Sync) -> Sync:
        with tenant_scope(self.tenant):
            return Sync.objects.get(pk=sync.pk)

    def wait(self, sync: Sync, until: Callable[[Sync], bool] | None = None) -> Sync:
        ends = time.monotonic() + LONGEST_SECONDS
        while time.monotonic() < ends:
            now = self.look(sync)
            if now.state in (SyncState.ASKS, SyncState.FAILED) or now.failures > 3:
                raise RuntimeError(f"The comparison stopped: {now.reason}")
            if now.state == SyncState.DONE or (until and until(now)):
                return now
            time.sleep(0.1)
        raise RuntimeError("The comparison did not end.")

    def written(self) -> dict[str, Any]:
        found: dict[str, Any] = self.remotes[SHOP].do("writes")
        return found

    def round(self, name: str) -> Line:
        before, started = self.written(), time.monotonic()
        memory = _Memory()
        sync = self.wait(self.begin())
        took, after = time.monotonic() - started, self.written()
        return (
            f"{name}: {sync.checked} levels checked in {took:.1f} s"
            f" ({sync.checked / took:.0f}/s), {after['rows'] - before['rows']} written in"
            f" {after['calls'] - before['calls']} calls; worker memory {memory.stop()} MB;"
            f" {self.wrong()} wrong in the shop"
        )

    def wrong(self) -> int:
        """How many levels of the shop are not what the ERP says."""
        wrong = 0
        for start in range(1, self.levels + 1, 10_000):
            numbers = range(start, min(start + 10_000, self.levels + 1))
            asked = {"from": numbers[0], "to": numbers[-1], "location": self.main}
            there = self.remotes[SHOP].do("levels", **asked)
            wrong += sum(
                found != self.right(number)
                for number, found in zip(numbers, there.values(), strict=True)
            )
        return wrong


def _see_open(bench: Bench) -> None:
    """That the systems let us in, before anything waits for them."""
    for connection in (bench.flow.source, bench.flow.target):
        failed = [part["message"] for part in check_connection(connection) if not part["ok"]]
        if failed:
            raise RuntimeError(f"{connection.label}: {failed[0]}")


def _events(bench: Bench, name: str, changed: int, *, reads_target: bool = False) -> Line:
    """Another SKU changes in the warehouse every half second, while everything is compared."""
    waits: list[float] = []
    is_over = Bell()
    thread = Thread(target=_make_events, args=(bench, waits, is_over))
    thread.start()
    bench.change(max(1, changed))
    bench.wait(bench.begin(reads_target=reads_target))
    is_over.set()
    thread.join()
    return (
        f"events while {name}: {len(waits)}, from the warehouse to the shop in"
        f" p50 {percentile(waits, 0.5):.0f} ms, p95 {percentile(waits, 0.95):.0f} ms"
    )


def _make_events(bench: Bench, waits: list[float], is_over: Bell) -> None:
    counted = int(time.time()) % 100_000
    while not is_over.wait(0.5):
        counted += 1
        began = time.monotonic()
        bench.remotes[WAREHOUSE].do("count", sku="EKM-MUG", counted=counted)
        while _in_store(bench) != counted and time.monotonic() - began < 30:
            time.sleep(0.01)
        waits.append((time.monotonic() - began) * 1000)


def _in_store(bench: Bench) -> int:
    found = bench.remotes[SHOP].do("levels", skus=["EKM-MUG"], location=bench.store)
    return int(found["EKM-MUG"] or 0)


def _killed_at(bench: Bench, percent: int) -> Line:
    bench.change(max(1, bench.levels // 10))
    before, calls = bench.written(), _reads(bench)
    sync = bench.begin()
    bench.wait(sync, lambda now: now.checked >= bench.levels * percent // 100)
    os.kill(_worker(), signal.SIGKILL)
    sync = bench.wait(sync)
    after, needed = bench.written(), max(1, bench.levels // 10)
    repeated = after["rows"] - before["rows"] - needed
    return (
        f"worker killed at {percent} %: {sync.checked} checked,"
        f" {after['rows'] - before['rows']} written, {repeated} of them twice,"
        f" {_reads(bench) - calls} pages read where {bench.levels // 1000 + 1}"
        f" are, {bench.wrong()} wrong in the shop"
    )


def _reads(bench: Bench) -> int:
    calls: dict[str, int] = bench.remotes[ERP].look("calls")
    return sum(count for path, count in calls.items() if path.endswith("/suiteql"))


def _at_real_limits(bench: Bench, seconds: float) -> Line:
    """The shop is read back, and the warehouse counts seven SKUs in a round meanwhile, at the
    points that the shop gives; after the burst they come in evenly."""
    shop = bench.remotes[SHOP]
    shop.do("set", rate_limit=True)
    is_over = Bell()
    thread = Thread(target=_count_all, args=(bench, is_over))
    thread.start()
    sync = bench.begin(reads_target=True)
    time.sleep(30)
    points, throttled, began = _metric("points"), _metric("throttled"), time.monotonic()
    calls, written = sum(shop.look("calls").values()), bench.written()["calls"]
    time.sleep(seconds)
    took = time.monotonic() - began
    used = (_metric("points") - points) / (100 * took)
    more, writes = sum(shop.look("calls").values()) - calls, bench.written()["calls"] - written
    refused = _metric("throttled") - throttled
    is_over.set()
    thread.join()
    shop.do("set", rate_limit=False)
    with tenant_scope(bench.tenant):
        stop_sync(sync, by="bench")
    return (
        f"at Shopify's limits (100 points/s): {used:.1%} of the points used in {took:.0f} s,"
        f" {refused:.0f} of {more} answers throttled, {writes} of them to writes"
    )


def _count_all(bench: Bench, is_over: Bell) -> None:
    counted = 0
    while not is_over.wait(0.15):
        counted += 1
        sku = KEPT[counted % len(KEPT)]
        bench.remotes[WAREHOUSE].do("count", sku=sku, counted=1000 + counted)


def _metric(name: str) -> float:
    with urllib.request.urlopen(f"{settings.PUBLIC_URL}/metrics", timeout=10) as answer:
        text = answer.read().decode()
    found = re.search(rf'^ekyam_budget_{name}_total{{connector="shopify"}} (.+)$', text, re.M)
    return float(found[1]) if found else 0.0


class _Memory:
    """The most that the worker held, in MB, while it was looked at."""

    def __init__(self) -> None:
        self._most = 0.0
        self._over = Bell()
        self._thread = Thread(target=self._watch, daemon=True)
        self._thread.start()

    def _watch(self) -> None:
        while not self._over.wait(0.2):
            try:
                status = Path(f"/proc/{_worker()}/status").read_text()
            except OSError:
                continue
            found = re.search(r"VmRSS:\s+(\d+) kB", status)
            self._most = max(self._most, int(found[1]) / 1024 if found else 0.0)

    def stop(self) -> int:
        self._over.set()
        self._thread.join()
        return round(self._most)


def _worker() -> int:
    """The process of our own installation's worker."""
    mine = settings.REDIS_URL.encode()
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit():
            try:
                words = (folder / "cmdline").read_bytes().split(b"\0")
                is_worker = b"celery" in words[1] and b"worker" in words
                if is_worker and mine in (folder / "environ").read_bytes():
                    return int(folder.name)
            except (OSError, IndexError):
                continue
    raise OSError("There is no worker.")


def _set_up(levels: int, *, is_known: bool = False) -> tuple[Bench, Sync]:
    """With the first comparison of the warehouse, which has read the whole shop."""
    tenant = Tenant.objects.create(name="Bench", slug=f"bench-{int(time.time())}")
    remotes = {slug: Remote(slug, account) for slug, account in ACCOUNTS.items()}
    main, store = (remotes[SHOP].do("add_location", name=name)["id"] for name in ("Main", "Store"))
    remotes[SHOP].do("set", rate_limit=False)
    if not is_known:
        remotes[SHOP].do("bulk", count=levels, quantity=100, location=main)
    remotes[WAREHOUSE].do("set", rate_limit=0)
    rows = {slug: _connect(tenant, remotes[slug], slug) for slug in ACCOUNTS}
    for slug in (SHOP, WAREHOUSE):
        register_webhooks(rows[slug])
    with tenant_scope(tenant):
        flow = _flow(tenant, rows[ERP], rows[SHOP])
        kept = _flow(tenant, rows[WAREHOUSE], rows[SHOP])
        _place(flow, ERP_MAIN, main)
        _place(kept, WAREHOUSE_MAIN, store)
        switch_on(kept)
        # Its first comparison is the first round.
        flow.is_on, flow.switched_at = True, timezone.now()
        flow.save(update_fields=["is_on", "switched_at"])
    bench = Bench(tenant, flow, remotes, levels, main, store)
    with tenant_scope(tenant):
        first = bench.wait(Sync.objects.get(flow=kept))
    if is_known:
        remotes[SHOP].do("bulk", count=levels, quantity=100, location=main)
    made = remotes[ERP].do("bulk", count=levels, quantity=100)
    if is_known:
        _lay_in(bench, int(made["first"]))
    return bench, first


_FILL = """
    INSERT INTO flows_stocklevel (id, tenant_id, connection_id, external_id, item_id, sku, location,
                                  available, on_hand, committed, as_of, seen, is_gone)
    SELECT (lpad(to_hex(item), 12, '0') || '-7000-8000-' || lpad(to_hex(n), 12, '0'))::uuid,
           %(tenant)s, %(connection)s, item || '-' || %(place)s, item,
           'BULK-' || lpad(n::text, 7, '0'), %(place)s,
           100, 100, 0, now() - interval '1 hour', 0, false
    FROM generate_series(1, %(count)s) n, LATERAL (SELECT %(first)s + n - 1 AS item) i
"""


def _lay_in(bench: Bench, first_of_erp: int) -> None:
    """What both sides hold, as it would be known after a first comparison; in the order of ids."""
    channel = open_channel(bench.flow.target)
    feed = target_feed(bench.flow)
    assert feed is not None and feed.whole is not None
    context = Context(settings=channel.settings, now=timezone.now())
    position, first_of_shop = Position(), 0
    while not first_of_shop:
        page = channel.client().run(feed.whole(position, context))
        bulk = [row for row in page.records if str(row.get("sku", "")).startswith("BULK-")]
        first_of_shop = int(bulk[0]["inventory_item_id"]) if bulk else 0
        position = Position(page=page.next_page)
    sides = (
        (bench.flow.source_id, first_of_erp, ERP_MAIN),
        (bench.flow.target_id, first_of_shop, bench.main),
    )
    with connections["owner"].cursor() as cursor:
        cursor.execute("SET ROLE ekyam_system")
        for connection_id, first, place in sides:
            values: dict[str, Any] = {"connection": connection_id, "first": first, "place": place}
            values |= {"tenant": bench.tenant.pk, "count": bench.levels}
            cursor.execute(_FILL, values)
        cursor.execute("RESET ROLE")
        cursor.execute("ANALYZE")


def _connect(tenant: Tenant, remote: Remote, slug: str) -> Connection:
    needed = remote.look("connection")
    # Polls are out of the way, and only Shopify has limits to be kept, where they are measured.
    chosen: dict[str, Any] = {"poll_seconds": 86400}
    if slug != SHOP:
        chosen["per_second"] = 0
    with tenant_scope(tenant):
        return connect(
            tenant_id=tenant.pk,
            connector=slug,
            label=get_connector(slug).label,
            environment="sandbox",
            auth=needed["auth"],
            settings={**needed["settings"], **chosen},
            credentials=needed["credentials"],
        )


def _flow(tenant: Tenant, source: Connection, target: Connection) -> Flow:
    return Flow.objects.create(
        tenant=tenant,
        label=f"Stock of {source.label}",
        source=source,
        stream="inventory_levels",
        target=target,
        action="set_inventory_quantities",
    )


def _place(flow: Flow, there: str, here: str) -> None:
    """What the source has at `there` is offered at the shop's location `here`."""
    table = locations_table(flow)
    LookupRow.objects.create(tenant_id=flow.tenant_id, table=table, key=there, value=here)
