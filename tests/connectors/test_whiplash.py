"""Whiplash over a real socket: its orders, shipments, cancellations, returns, stock and login."""

import json
import threading
from collections.abc import Iterator
from datetime import datetime
from http.server import BaseHTTPRequestHandler, HTTPServer
from itertools import count
from pathlib import Path
from queue import Queue
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import msgspec
import pytest

from connectors.client import Client, classify, request_token
from connectors.drive import drive
from connectors.errors import (
    Failure,
    MappingFailed,
    MissingLink,
    RateLimited,
    Rejected,
    TooLate,
    Unauthorized,
    Unreachable,
)
from connectors.registry import get_connector
from connectors.sandbox.server import start_server
from connectors.signatures import sign_sha256
from connectors.spec import Context, Page, Position, Request, Response, Written
from connectors.standard import resources
from connectors.standard.record import Record
from flows.mapping.records import read_record, select_record, write_body
from tests.sandboxes import TOKEN, ask, context_of, sandbox_client, transport

SAMPLES = Path(__file__).parents[2] / "connectors/catalog/whiplash/samples"
WHIPLASH = get_connector("whiplash")
REFERENCE = "acme-shop-5512345678"
_worlds = count(1)


@pytest.fixture(scope="module")
def port() -> Iterator[int]:
    server = start_server(token=TOKEN)
    yield server.server_port
    server.shutdown()
    server.server_close()


class Account:
    """A world of its own for each test, with the client that is connected to it."""

    def __init__(self, port: int, name: str) -> None:
        self.port, self.name = port, name
        self.client: Client = sandbox_client(port, "whiplash", name)
        self.set(rate_limit=0)

    def ask(self, control: str, arguments: Any = None) -> Any:
        return ask(self.port, "whiplash", self.name, control, arguments)

    def set(self, **settings: Any) -> None:
        self.ask("set", settings)

    def context(self, reference: str = REFERENCE, **more: Any) -> Context:
        return context_of(self.client, reference=reference, **more)

    def create(self, record: Record | None = None, reference: str = REFERENCE) -> Written:
        action = WHIPLASH.action("create_order")
        record = record or request_record()
        context = self.context(reference)
        return self.client.run(action.plan(write_body(action, record, context), record, context))

    def act(self, name: str, reference: str = REFERENCE, **more: Any) -> Written:
        action = WHIPLASH.action(name)
        record, context = request_record(), self.context(reference, **more)
        return self.client.run(action.plan(write_body(action, record, context), record, context))

    def find(self, name: str, reference: str = REFERENCE) -> Written | None:
        action = WHIPLASH.action(name)
        assert action.find is not None
        return self.client.run(action.find(request_record(), self.context(reference)))

    def poll(self, feed: str, position: Position | None = None) -> list[Any]:
        found: list[Any] = []
        position = position or Position()
        while True:
            poll = WHIPLASH.feed(feed).poll
            assert poll is not None
            page: Page = self.client.run(poll(position, self.context()))
            found += page.records
            if not page.next_page:
                return found
            position = Position(position.since, page.next_page)

    def read(self, stream_name: str) -> list[Any]:
        stream = WHIPLASH.stream(stream_name)
        feed = next(iter(stream.sources))
        found = [select_record(stream, feed, raw) for raw in self.poll(feed)]
        return [read_record(stream, raw, self.context()) for raw in found if raw is not None]

    def orders(self) -> list[Any]:
        return [row for row in self.ask("ledger") if row["kind"] == "order"]

    def item(self, sku: str) -> Any:
        return next(row for row in self.ask("ledger") if row["label"] == sku)


@pytest.fixture
def account(port: int) -> Account:
    return Account(port, f"acme-{next(_worlds)}")


def request_record(**changes: Any) -> Any:
    return msgspec.convert(
        {**sample("create_order.record.json"), **changes}, resources()["shipment_request"]
    )


def sample(name: str) -> Any:
    return json.loads((SAMPLES / name).read_text())


# Creating orders


def test_it_creates_an_order_with_our_reference_on_order_and_lines(account: Account) -> None:
    written = account.create()
    (order,) = account.orders()
    assert (order["id"], order["reference"]) == (written.external_id, REFERENCE)
    assert order["order_orig"] == "SO1042"
    assert order["state"] == "Processing"
    assert [(line["reference"], line["quantity"]) for line in order["lines"]] == [
        ("9911001", 2),
        ("9911002", 1),
        ("9911003", 1),
    ]


def test_it_creates_no_second_order_when_sent_again(account: Account) -> None:
    account.set(duplicates="accept")
    first, again = account.create(), account.create()
    assert again.external_id == first.external_id
    assert "already" in again.note
    assert len(account.orders()) == 1


@pytest.mark.parametrize(
    "closed", [(), ("originators_route",), ("originators_route", "originator_path")]
)
def test_it_finds_the_order_whichever_way_the_host_offers(
    account: Account, closed: tuple[str, ...]
) -> None:
    account.set(**dict.fromkeys(closed, False))
    assert account.find("create_order") is None
    written = account.create()
    found = account.find("create_order")
    assert found is not None and found.external_id == written.external_id


def test_it_finds_what_was_written_when_the_answer_is_cut(account: Account) -> None:
    account.ask("break", {"kind": "cut_after", "match": "POST /api/v2/orders"})
    with pytest.raises(Unreachable):
        account.create()
    assert account.client.has_written
    found = account.find("create_order")
    assert found is not None
    assert account.create().external_id == found.external_id
    assert len(account.orders()) == 1


def test_it_links_to_the_order_that_a_race_created(account: Account) -> None:
    """Between the look and the write another write arrives: 409, read back, linked."""
    action = WHIPLASH.action("create_order")
    record, context = request_record(), account.context()
    plan = action.plan(write_body(action, record, context), record, context)
    first: list[Written] = []

    def send(request: Request) -> Response:
        if request.method == "POST" and not first:
            first.append(account.create())
        return account.client.send(request)

    assert drive(plan, send).external_id == first[0].external_id
    assert len(account.orders()) == 1


def test_it_says_which_sku_whiplash_does_not_know(account: Account) -> None:
    line = {**sample("create_order.record.json")["lines"][0], "sku": "NO-SUCH"}
    with pytest.raises(Rejected, match=r"SO1042.*NO-SUCH"):
        account.create(request_record(lines=[line]))
    assert account.orders() == []


def test_it_says_what_whiplash_misses_in_an_address(account: Account) -> None:
    address = {**sample("create_order.record.json")["shipping_address"], "postal_code": None}
    with pytest.raises(Rejected, match="zip can't be blank"):
        account.create(request_record(shipping_address=address))


@pytest.mark.parametrize("missing", ["line1", "city", "country"])
def test_it_sends_no_incomplete_address(account: Account, missing: str) -> None:
    address = {**sample("create_order.record.json")["shipping_address"], missing: None}
    with pytest.raises(MappingFailed):
        account.create(request_record(shipping_address=address))


def test_it_tells_that_an_order_waits_for_stock(account: Account) -> None:
    line = {**sample("create_order.record.json")["lines"][0], "quantity": "501"}
    assert "insufficient" in account.create(request_record(lines=[line])).note
    assert account.orders()[0]["status"] == 95
    account.ask("receive", {"sku": line["sku"], "quantity": 10})
    assert account.orders()[0]["status"] == 100


def test_it_asks_for_the_warehouse_of_the_lookup_table(account: Account) -> None:
    action = WHIPLASH.action("create_order")
    context = account.context(find_row=lambda table, key: "4" if key == "2" else None)
    body = write_body(action, request_record(warehouse="2"), context)
    assert body["shop_warehouse_ids"] == [4]
    assert "shop_warehouse_ids" not in write_body(action, request_record(warehouse="9"), context)


# Shipments


def test_it_reads_a_shipment_with_its_parcels(account: Account) -> None:
    written = account.create()
    account.ask("pick", {"order": REFERENCE})
    account.ask("pack", {"order": REFERENCE})
    parcels = [
        {"tracking": "1Z001", "carrier": "UPS", "weight_oz": 16, "items": ["9911001"]},
        {"tracking": "1Z002", "carrier": "UPS", "items": ["9911002", "9911003"]},
    ]
    account.ask("ship", {"order": REFERENCE, "parcels": parcels})
    (shipment,) = account.read("shipments")
    assert (shipment.id, shipment.order_reference) == (written.external_id, REFERENCE)
    assert [(line.reference, int(line.quantity)) for line in shipment.lines] == [
        ("9911001", 2),
        ("9911002", 1),
        ("9911003", 1),
    ]
    assert [parcel.tracking_number for parcel in shipment.parcels] == ["1Z001", "1Z002"]
    assert shipment.parcels[0].lines == ("9911001",)
    assert str(shipment.parcels[0].weight) == "453.6"
    assert shipment.carrier == "UPS"


def test_it_reads_each_part_of_a_split_order_under_the_same_reference(account: Account) -> None:
    account.create()
    account.ask(
        "ship", {"order": REFERENCE, "parcels": [{"items": [{"line": "9911001", "quantity": 1}]}]}
    )
    (first,) = account.read("shipments")
    assert [(line.reference, int(line.quantity)) for line in first.lines] == [("9911001", 1)]
    account.ask("ship", {"order": REFERENCE})
    first, second = account.read("shipments")
    assert first.order_reference == second.order_reference == REFERENCE
    assert first.id != second.id
    assert [(line.reference, int(line.quantity)) for line in second.lines] == [
        ("9911001", 1),
        ("9911002", 1),
        ("9911003", 1),
    ]


def test_it_reads_only_what_was_packed_of_a_short_shipment(account: Account) -> None:
    account.create()
    parcels = [{"items": [{"line": "9911001", "quantity": 1}]}]
    account.ask("ship", {"order": REFERENCE, "parcels": parcels, "short": True})
    (shipment,) = account.read("shipments")
    assert [(line.reference, int(line.quantity)) for line in shipment.lines] == [("9911001", 1)]
    assert len(account.orders()) == 1


def test_it_takes_the_stock_that_was_shipped(account: Account) -> None:
    account.create()
    assert account.item("EKM-TEE-M")["sellable"] == 498
    account.ask("ship", {"order": REFERENCE})
    assert account.item("EKM-TEE-M")["quantity"] == 498
    assert account.item("EKM-TEE-M")["sellable"] == 498


# Cancelling, pausing


def test_it_cancels_an_order_once(account: Account) -> None:
    account.create()
    assert account.find("cancel_order") is None
    assert account.act("cancel_order").note == ""
    assert account.act("cancel_order").note == "was already cancelled"
    assert account.orders()[0]["state"] == "Cancelled"
    assert account.find("cancel_order") is not None


def test_it_finds_the_cancellation_whose_answer_was_cut(account: Account) -> None:
    account.create()
    account.ask("break", {"kind": "cut_after", "match": "PUT .*/call/cancel"})
    with pytest.raises(Unreachable):
        account.act("cancel_order")
    assert account.find("cancel_order") is not None


def test_it_waits_for_the_order_before_cancelling_it(account: Account) -> None:
    with pytest.raises(MissingLink) as missing:
        account.act("cancel_order")
    assert (missing.value.key, missing.value.by) == (REFERENCE, "reference")


@pytest.mark.parametrize("status", [422, 405])
def test_it_says_that_a_packed_order_cannot_be_cancelled(account: Account, status: int) -> None:
    account.set(refused_action=status)
    account.create()
    account.ask("pack", {"order": REFERENCE})
    with pytest.raises(TooLate, match=r"SO1042.*Packed"):
        account.act("cancel_order")


def test_it_says_that_a_shipped_order_cannot_be_cancelled(account: Account) -> None:
    account.create()
    account.ask("ship", {"order": REFERENCE})
    with pytest.raises(TooLate, match=r"too late.*Shipped"):
        account.act("cancel_order")


def test_it_cancels_the_part_that_is_still_open(account: Account) -> None:
    account.create()
    account.ask("ship", {"order": REFERENCE, "parcels": [{"items": ["9911001"]}]})
    with pytest.raises(TooLate, match="still open is cancelled"):
        account.act("cancel_order")
    assert sorted(row["state"] for row in account.orders()) == ["Cancelled", "Shipped"]


def test_it_cancels_by_the_linked_id_when_there_is_no_reference(account: Account) -> None:
    written = account.create()
    account.act("cancel_order", reference="", record_id=written.external_id)
    assert account.orders()[0]["state"] == "Cancelled"


def test_it_reads_what_the_warehouse_cancelled(account: Account) -> None:
    account.create()
    account.ask("cancel", {"order": REFERENCE})
    (cancelled,) = account.read("cancelled_orders")
    assert (cancelled.reference, cancelled.status, cancelled.number) == (
        REFERENCE,
        "cancelled",
        "SO1042",
    )


def test_it_pauses_and_releases_an_order(account: Account) -> None:
    account.create()
    account.act("pause_order")
    assert account.orders()[0]["state"] == "Paused"
    assert account.act("pause_order").note == "was already paused"
    assert account.find("pause_order") is not None and account.find("release_order") is None
    account.act("release_order")
    assert account.orders()[0]["state"] == "Processing"
    assert account.act("release_order").note == "was not paused"


# Polling


def test_it_polls_every_order_across_pages(account: Account) -> None:
    for number in range(103):
        account.create(reference=f"acme-shop-{number}")
    found = {raw["id"] for raw in account.poll("orders")}
    assert len(found) == 103


def test_it_loses_no_order_that_changes_during_the_poll(account: Account) -> None:
    for number in range(60):
        account.create(reference=f"acme-shop-{number}")
    poll = WHIPLASH.feed("orders").poll
    assert poll is not None
    first: Page = account.client.run(poll(Position(), account.context()))
    account.ask("pack", {"order": "acme-shop-3"})
    rest = account.poll("orders", Position(None, first.next_page))
    seen = {raw["id"] for raw in [*first.records, *rest]}
    assert len(seen) == 60


def test_it_pages_through_orders_of_the_same_millisecond() -> None:
    """A hundred and twenty orders with one time: told apart by pages, none lost."""
    rows = [{"id": n, "updated_at": "2026-03-13T11:39:21.000-04:00"} for n in range(120)]
    rows = [{**row, "order_items": [], "packages": []} for row in rows]
    context, found, mark = Context(settings={}), [], ""
    poll = WHIPLASH.feed("orders").poll
    assert poll is not None
    for _ in range(5):
        plan = poll(Position(None, mark), context)
        request = next(plan)
        assert isinstance(request, Request)
        page_number = int(request.params["page"])
        start = (page_number - 1) * 50
        with pytest.raises(StopIteration) as done:
            plan.send(Response(200, {}, msgspec.json.encode(rows[start : start + 50])))
        found += [row["id"] for row in done.value.value.records]
        mark = done.value.value.next_page
        if not mark:
            break
    assert set(found) == set(range(120))


def test_it_polls_only_what_changed_since(account: Account) -> None:
    account.create(reference="acme-shop-1")
    account.create(reference="acme-shop-2")
    second = account.poll("orders")[1]
    since = datetime.fromisoformat(second["updated_at"])
    assert [raw["id"] for raw in account.poll("orders", Position(since))] == [second["id"]]


def test_it_reads_the_lines_that_a_list_leaves_out(account: Account) -> None:
    account.create()
    account.ask("ship", {"order": REFERENCE})
    account.set(list_with_lines=False)
    (shipment,) = account.read("shipments")
    assert len(shipment.lines) == 3


# Stock and returns


def test_it_reads_the_stock_of_each_warehouse(account: Account) -> None:
    account.ask("receive", {"sku": "EKM-MUG", "quantity": 7, "warehouse": 4})
    levels = {(level.sku, level.location): level for level in account.read("inventory_levels")}
    assert len(levels) == 16
    assert int(levels["EKM-MUG", "4"].on_hand) == 7
    assert int(levels["EKM-MUG", "1"].available) == 500
    totals = {level.sku: level for level in account.read("inventory_totals")}
    assert (int(totals["EKM-MUG"].available), totals["EKM-MUG"].location) == (507, "1")


def test_it_reads_adjustments_but_not_shipments_and_receipts(account: Account) -> None:
    account.create()
    account.ask("ship", {"order": REFERENCE})
    account.ask("receive", {"sku": "EKM-CAP", "quantity": 5})
    account.ask("adjust", {"sku": "EKM-CAP", "count": 498, "reason": "Cycle count"})
    account.ask("adjust", {"sku": "EKM-SOCK", "change": -2, "reason": "Damaged in aisle 4"})
    found = [
        (record.reason, record.lines[0].sku, int(record.lines[0].quantity))
        for record in account.read("inventory_adjustments")
        if record.note != "Initial stock"
    ]
    assert sorted(found) == [("cycle_count", "EKM-CAP", -7), ("damaged", "EKM-SOCK", -2)]


def test_it_reads_a_return_with_its_good_and_damaged_parts(account: Account) -> None:
    account.create()
    account.ask("ship", {"order": REFERENCE})
    items = [{"sku": "EKM-TEE-M", "quantity": 2, "description": "Did not fit"}]
    announced = account.ask("announce_return", {"order": REFERENCE, "items": items})
    (coming,) = account.read("returns")
    assert (coming.status, coming.lines[0].order_line_reference) == ("in_transit", "9911001")
    account.ask("receive_return", {"return": announced["id"], "damaged": {"EKM-TEE-M": 1}})
    (back,) = account.read("returns")
    assert back.status == "closed"
    assert [(line.condition, int(line.quantity)) for line in back.lines] == [
        ("good", 1),
        ("damaged", 1),
    ]
    assert account.item("EKM-TEE-M")["quantity"] == 499


# Webhooks


class Listener:
    """An address that keeps what it is sent."""

    def __init__(self) -> None:
        heard: Queue[tuple[dict[str, str], bytes]] = Queue()

        class Ear(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                heard.put(({k.lower(): v for k, v in self.headers.items()}, body))
                self.send_response(200)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, format: str, *args: Any) -> None:
                return

        self.heard = heard
        self.server = HTTPServer(("127.0.0.1", 0), Ear)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def address(self, path: str = "/hooks/con_1") -> str:
        return f"http://127.0.0.1:{self.server.server_port}{path}"


@pytest.fixture
def listener() -> Iterator[Listener]:
    found = Listener()
    yield found
    found.server.shutdown()
    found.server.server_close()


def register(account: Account, address: str, *topics: str) -> list[str]:
    webhooks = WHIPLASH.webhooks
    assert webhooks is not None and webhooks.register is not None
    return account.client.run(webhooks.register(address, topics, account.context()))


def test_it_receives_a_signed_shipment(account: Account, listener: Listener) -> None:
    register(account, listener.address(), "order.shipped")
    account.create()
    account.ask("ship", {"order": REFERENCE})
    headers, body = listener.heard.get(timeout=5)
    webhooks = WHIPLASH.webhooks
    assert webhooks is not None
    assert webhooks.verify(headers, body, account.client.credentials)
    assert not webhooks.verify(headers, body + b" ", account.client.credentials)
    assert not webhooks.verify(headers, body, {})
    assert webhooks.topic(headers, body) == "order.shipped"
    assert webhooks.sent_at(headers, body)
    stream = WHIPLASH.stream("shipments")
    raw = select_record(stream, "orders", json.loads(body)["order"])
    assert read_record(stream, raw, account.context()).id == account.orders()[0]["id"]


def test_it_makes_the_subscriptions_equal_to_the_topics(account: Account) -> None:
    old = "https://old.example.com/hooks/con_1"
    new = "https://new.example.com/hooks/con_1"
    other = "https://new.example.com/hooks/con_2"
    assert register(account, other, "order.shipped") == ["created order.shipped"]
    assert sorted(register(account, old, "order.shipped", "order.cancelled")) == [
        "created order.cancelled",
        "created order.shipped",
    ]
    changes = register(account, new, "order.shipped", "item.created", "no.such")
    assert sorted(changes) == [
        "created item.created",
        "moved order.shipped",
        "not offered by Whiplash: no.such",
        "removed order.cancelled",
    ]
    assert register(account, new, "order.shipped", "item.created") == []
    assert register(account, other, "order.shipped") == []


def test_it_reads_no_topic_out_of_a_broken_body() -> None:
    webhooks = WHIPLASH.webhooks
    assert webhooks is not None
    assert webhooks.topic({}, b"not json") == ""
    assert webhooks.topic({}, b"[1]") == ""


# Logging in


def test_it_renews_an_expired_token_and_keeps_the_rotated_one(account: Account) -> None:
    old = dict(account.client.credentials)
    account.client.credentials = {**old, "expires_at": "2020-01-01T00:00:00+00:00"}
    assert account.create().external_id
    fresh = account.client.credentials
    assert fresh["refresh_token"] != old["refresh_token"]
    account.client.credentials = {**old, "expires_at": "2020-01-01T00:00:00+00:00"}
    with pytest.raises(Unauthorized, match="invalid"):
        account.create()


def test_it_needs_a_new_login_when_the_token_is_refused(account: Account) -> None:
    account.ask("break", {"kind": "token_expired"})
    with pytest.raises(Unauthorized):
        account.create()


def test_it_connects_by_a_persons_consent(account: Account) -> None:
    auth: Any = WHIPLASH.auth_method("oauth")
    keys, settings = account.client.credentials, account.client.settings
    back = "https://ekyam.example.com/oauth/back"
    page = transport("GET", auth.authorize(settings, keys, "state-1", back), {}, b"", 5)
    answer = dict(parse_qsl(urlsplit(page.headers["location"]).query))
    assert answer["state"] == "state-1"
    request = auth.exchange(keys, settings, answer, back)
    tokens = request_token(account.client, request)
    assert tokens["scope"] == "user_manage" and tokens["refresh_token"]
    with pytest.raises(Unauthorized):
        request_token(account.client, request)
    with pytest.raises(Unauthorized, match="denied"):
        auth.exchange(keys, settings, {"error_description": "The person denied it"}, back)


def test_it_connects_with_application_credentials(account: Account) -> None:
    account.client.auth = WHIPLASH.auth_method("client_credentials")
    kept = ("client_id", "client_secret")
    account.client.credentials = {name: account.client.credentials[name] for name in kept}
    assert account.create().external_id
    account.client.credentials = {"client_id": "ekyam-demo-application", "client_secret": "wrong"}
    with pytest.raises(Unauthorized):
        account.create(reference="acme-shop-2")


def test_it_slows_down_when_whiplash_asks_for_it(account: Account) -> None:
    account.set(rate_limit=2)
    with pytest.raises(RateLimited):
        for _ in range(5):
            account.find("create_order")


def test_it_passes_every_check(account: Account) -> None:
    said = [account.client.run(check.plan(account.context())) for check in WHIPLASH.checks]
    assert len(said) == 6 and all(said)
    account.client.settings = {**account.client.settings, "customer_id": "999"}
    with pytest.raises(Unauthorized):
        account.client.run(WHIPLASH.checks[1].plan(account.context()))


# What the sandbox refuses, and the vendor's own ways to drive it


def raw(account: Account, method: str, path: str, body: Any = None) -> Response:
    """A request past the client, as anybody with the token can send it."""
    token = account.client.credentials["access_token"]
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
    content = json.dumps(body).encode() if body is not None else b""
    url = f"{account.client.base_url}/api/v2{path}"
    return transport(method, url, headers, content, 10)


def test_it_is_driven_by_the_vendors_simulation(account: Account) -> None:
    written = account.create()
    path = f"/simulate/orders/{written.external_id}/processing"
    states = []
    for status in ("batched", "packed", "shipped"):
        assert raw(account, "PUT", path, {"status": status}).status == 200
        states.append(account.orders()[0]["state"])
    assert states == ["Printed", "Packed", "Shipped"]
    assert raw(account, "PUT", path, {"status": "packed"}).status == 422
    copied = raw(account, "POST", "/simulate/orders/create", {"order_id": written.external_id})
    assert copied.status == 201 and len(account.orders()) == 2
    account.ask("deliver", {"order": REFERENCE})
    assert {row["state"] for row in account.orders()} == {"Delivered", "Processing"}


def test_it_separates_a_line_into_an_order_with_the_same_originator(account: Account) -> None:
    written = account.create()
    lines = raw(account, "GET", f"/orders/{written.external_id}/order_items").json()
    answer = raw(account, "PUT", f"/order_items/{lines[0]['id']}/separate", {"quantity": 1})
    assert answer.status == 200
    first, second = account.orders()
    assert first["reference"] == second["reference"] == REFERENCE
    assert sum(line["quantity"] for row in (first, second) for line in row["lines"]) == 4


@pytest.mark.parametrize(
    ("method", "path", "body", "status"),
    [
        ("GET", "/orders/999", None, 404),
        ("GET", "/nothing", None, 404),
        ("GET", "/originators", None, 400),
        ("POST", "/orders", {}, 422),
        ("POST", "/items", {"title": "No SKU"}, 422),
        ("POST", "/items", {"sku": "EKM-MUG", "title": "Enamel Mug"}, 409),
        ("POST", "/consumer_returns", {}, 422),
        ("POST", "/notification_subscriptions", {"notification_event_id": 1}, 404),
        ("GET", "/orders?search=broken", None, 422),
    ],
)
def test_it_refuses_what_whiplash_would_refuse(
    account: Account, method: str, path: str, body: Any, status: int
) -> None:
    answer = raw(account, method, path, body)
    assert answer.status == status
    assert answer.json()["message"]


def test_it_lets_a_reading_token_write_nothing(account: Account) -> None:
    keys = {name: account.client.credentials[name] for name in ("client_id", "client_secret")}
    form = {"grant_type": "client_credentials", "scope": "app_read", **keys}
    tokens = request_token(account.client, Request("POST", "/oauth/token", form=form))
    account.client.credentials = tokens
    assert raw(account, "GET", "/orders").status == 200
    assert raw(account, "POST", "/orders", sample("create_order.body.json")).status == 403


# Samples


@pytest.mark.parametrize(
    "name",
    [
        "shipments",
        "cancelled_orders",
        "cancelled_sales_orders",
        "returns",
        "inventory_levels",
        "inventory_totals",
        "inventory_adjustments",
    ],
)
def test_it_reads_each_sample_into_its_standard_record(name: str) -> None:
    stream = WHIPLASH.stream(name)
    feed = next(iter(stream.sources))
    raw = select_record(stream, feed, sample(f"{name}.json"))
    record = read_record(stream, raw, Context(settings={"location": "1"}))
    assert json.loads(msgspec.json.encode(record)) == sample(f"{name}.standard.json")


@pytest.mark.parametrize("name", ["create_order", "cancel_order", "pause_order", "release_order"])
def test_it_writes_each_sample_into_its_body(name: str) -> None:
    action = WHIPLASH.action(name)
    kind = resources()[action.resource]
    record = msgspec.convert(sample(f"{name}.record.json"), kind)
    context = Context(settings={}, reference=REFERENCE)
    assert write_body(action, record, context) == sample(f"{name}.body.json")


@pytest.mark.parametrize("path", sorted(SAMPLES.glob("error_*.json")), ids=lambda path: path.stem)
def test_it_understands_each_error(path: Path) -> None:
    case = json.loads(path.read_text())
    asked = case.get("request", {})
    request = Request(asked.get("method", "GET"), asked.get("path", "/api/v2/orders"))
    body = case["body"] if isinstance(case["body"], str) else json.dumps(case["body"])
    failure = classify(WHIPLASH, request, Response(case["status"], case["headers"], body.encode()))
    assert isinstance(failure, Failure) and failure.code == case["failure"]


def test_it_signs_as_the_vendor_does() -> None:
    body = b'{"event_name":"order.shipped"}'
    signature = sign_sha256("fake-secret", body, "hex")
    webhooks = WHIPLASH.webhooks
    assert webhooks is not None
    headers = {"x-whiplash-signature": signature}
    assert webhooks.verify(headers, body, {"client_secret": "fake-secret"})
    assert not webhooks.verify(headers, body, {"client_secret": "another"})
