"""NetSuite over a real socket: what is read, what is written, and what is refused."""

import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import msgspec
import pytest

from connectors.client import Client
from connectors.errors import (
    AlreadyExists,
    MappingFailed,
    MissingLink,
    MoneyMismatch,
    RateLimited,
    Rejected,
    TooLate,
    Unauthorized,
    Unreachable,
)
from connectors.registry import get_connector
from connectors.sandbox.server import start_server
from connectors.spec import Context, Position, Request, Response, Written
from connectors.standard.customer import Customer
from connectors.standard.inventory_adjustment import InventoryAdjustment
from connectors.standard.order import Order
from connectors.standard.record import Record
from connectors.standard.shipment import Shipment
from flows.mapping.records import read_record, select_record, write_body
from tests.sandboxes import TOKEN, ask, context_of, sandbox_client

SLUG = "netsuite"
NETSUITE = get_connector(SLUG)


@pytest.fixture(scope="module")
def port() -> Iterator[int]:
    server = start_server(token=TOKEN)
    yield server.server_port
    server.shutdown()
    server.server_close()


class Account:
    """One world of its own, with a client and the words for what tests do in it."""

    def __init__(self, port: int, name: str) -> None:
        self.port, self.name = port, name
        self.client: Client = sandbox_client(port, SLUG, name)

    def do(self, control: str, **arguments: Any) -> Any:
        return ask(self.port, SLUG, self.name, control, arguments)

    def look(self, view: str) -> Any:
        return ask(self.port, SLUG, self.name, view)

    def rows(self, kind: str) -> list[dict[str, Any]]:
        return [row for row in self.look("ledger") if row["kind"] == kind]

    def find_sku(self, sku: str) -> str | None:
        context = context_of(self.client)
        found = self.client.run(NETSUITE.finders["variant"](sku, context))
        return found.external_id if found else None

    def context(self, reference: str, **more: Any) -> Context:
        def find_link(resource: str, key: str, by: str) -> str | None:
            if resource == "variant":
                return self.find_sku(key)
            return links.get((resource, key))

        links = more.pop("links", {})
        return context_of(self.client, reference=reference, find_link=find_link, **more)

    def write(self, action: str, record: Record, reference: str, **more: Any) -> Written:
        self.client.exchanges.clear()
        context = self.context(reference, **more)
        found = NETSUITE.action(action)
        body = write_body(found, record, context)
        return self.client.run(found.plan(body, record, context))

    def poll(self, feed: str, since: datetime | None = None) -> list[Any]:
        """Every page."""
        context, records = context_of(self.client), []
        position = Position(since)
        poll = NETSUITE.feed(feed).poll
        assert poll is not None
        while True:
            page = self.client.run(poll(position, context))
            records += page.records
            if not page.next_page:
                return records
            position = Position(since, page.next_page)

    def read(self, stream: str) -> list[Any]:
        declared = NETSUITE.stream(stream)
        [feed] = declared.sources
        context = context_of(self.client)
        found = (select_record(declared, feed, raw) for raw in self.poll(feed))
        return [read_record(declared, raw, context) for raw in found if raw]


_numbers = iter(range(10_000))


@pytest.fixture
def account(port: int) -> Account:
    return Account(port, f"tstdrv{7_000_000 + next(_numbers)}")


ADDRESS = {
    "name": "Ada Example",
    "line1": "1 Sample Street",
    "city": "Springfield",
    "region": "IL",
    "postal_code": "62701",
    "country": "US",
    "phone": "+1 555 0100",
}


def order(number: int = 5512, **changes: Any) -> Order:
    """Two lines of one SKU, a discount, tax on top, shipping with a discount, and a tip."""
    fields: dict[str, Any] = {
        "id": str(number),
        "number": f"#{number}",
        "currency": "USD",
        "placed_at": "2026-03-01T10:00:00Z",
        "email": "ada@example.com",
        "shipping_address": ADDRESS,
        "billing_address": ADDRESS,
        "lines": [
            {
                "id": "11",
                "reference": "11",
                "sku": "EKM-TEE-S",
                "title": "Organic Tee S",
                "quantity": "2",
                "unit_price": "24.00",
                "discounts": [{"amount": "4.80"}],
                "taxes": [{"title": "IL", "amount": "3.33"}],
            },
            {
                "id": "12",
                "reference": "12",
                "sku": "EKM-TEE-S",
                "title": "Organic Tee S, gift",
                "quantity": "1",
                "unit_price": "24.00",
            },
        ],
        "shipping": [
            {
                "title": "Standard",
                "price": "7.90",
                "discounts": [{"amount": "2.00"}],
                "taxes": [{"title": "IL", "amount": "0.41"}],
            }
        ],
        "tip": "1.00",
        "total": "77.84",
        **changes,
    }
    made = msgspec.convert(fields, Order, strict=False)
    made.check()
    return made


def shipment(number: int, quantities: dict[str, int]) -> Shipment:
    lines = [{"reference": one, "quantity": str(count)} for one, count in quantities.items()]
    fields = {
        "id": f"{number}",
        "label": f"W{number}",
        "order_id": "900",
        "order_reference": "acme-shop-5512",
        "shipped_at": "2026-03-02T10:00:00Z",
        "carrier": "UPS",
        "lines": lines,
        "parcels": [{"tracking_number": f"1Z{number}", "weight": "453.59237"}],
    }
    return msgspec.convert(fields, Shipment, strict=False)


def sell(account: Account, status: str = "A", **changes: Any) -> Written:
    account.client.settings = {**account.client.settings, "new_order_status": status}
    return account.write("upsert_sales_order", order(**changes), "acme-shop-5512")


# --- Sales orders -------------------------------------------------------------------------------


def test_it_writes_an_order_that_amounts_to_the_cent(account: Account) -> None:
    written = sell(account)
    [row] = account.rows("sales_order")
    assert (row["id"], row["label"]) == (written.external_id, written.label)
    assert Decimal(str(row["total"])) == Decimal("77.84")
    assert row["reference"] == "acme-shop-5512" and row["state"] == "pending_approval"
    named = [(line["reference"], line["amount"]) for line in row["lines"]]
    assert named == [("11", 48), ("11-discount", -4.8), ("12", 24), ("tax", 3.74), ("tip", 1)]
    assert written.note == ""


def test_it_reads_back_the_order_that_it_wrote(account: Account) -> None:
    sell(account)
    [read] = account.read("orders")
    assert read.reference == "acme-shop-5512" and read.number.startswith("SO")
    assert [line.reference for line in read.lines] == ["11", "12"]
    assert read.discount_total == Decimal("4.8") and read.tax_total == Decimal("3.74")
    assert (read.total, read.tip) == (Decimal("77.84"), Decimal(1))
    assert read.shipping_address.line1 == "1 Sample Street"
    assert read.customer is None, "the customer for guests is nobody"
    assert read.lines[0].sku == "EKM-TEE-S"


def test_it_writes_prices_without_the_tax_that_they_include(account: Account) -> None:
    lines = [
        {
            "id": "1",
            "reference": "1",
            "sku": "EKM-MUG",
            "quantity": "3",
            "unit_price": "14.50",
            "taxes": [{"title": "VAT", "amount": "7.25"}],
        }
    ]
    sell(account, lines=lines, taxes_included=True, tip="0", shipping=[], total="43.50")
    [row] = account.rows("sales_order")
    assert row["total"] == 43.5
    assert [line["amount"] for line in row["lines"]] == [36.25, 7.25]


def test_it_changes_nothing_twice_when_an_order_is_sent_again(account: Account) -> None:
    first = sell(account)
    assert sell(account) == first
    assert len(account.rows("sales_order")) == 1
    assert len(account.rows("sales_order")[0]["lines"]) == 5


def test_it_sends_an_order_again_after_the_answer_was_lost(account: Account) -> None:
    account.do("break", kind="cut_after", match="PUT .*salesOrder")
    with pytest.raises(Unreachable):
        sell(account)
    assert account.client.has_written
    assert sell(account).label == account.rows("sales_order")[0]["label"]
    written = [one for one in account.look("history") if one["what"] == "create salesOrder"]
    assert len(written) == 1


def test_it_keeps_an_approval_when_the_shop_edits_the_order(account: Account) -> None:
    sell(account)
    account.do("approve_order", reference="acme-shop-5512")
    sell(account, shipping=[], tip="0", total="70.53")
    [row] = account.rows("sales_order")
    assert (row["state"], row["total"]) == ("pending_fulfillment", 70.53)


def test_it_refuses_to_change_an_order_that_was_shipped_in_part(account: Account) -> None:
    sell(account, status="B")
    account.write("fulfil_sales_order", shipment(1, {"12": 1}), "acme-retail-1")
    with pytest.raises(TooLate, match="Sales order SO1001 is partly shipped"):
        sell(account, tip="0", total="76.84")


def test_it_holds_back_what_the_shop_holds(account: Account) -> None:
    sell(account, status="B", holds=[{"reason": "fraud"}])
    assert account.rows("sales_order")[0]["state"] == "pending_approval"


def test_it_says_which_sku_and_which_setting_is_missing(account: Account) -> None:
    line = {"id": "1", "reference": "1", "title": "Mystery", "quantity": "1", "unit_price": "1"}
    bare: dict[str, Any] = {"tip": "0", "shipping": [], "total": "1"}
    with pytest.raises(MappingFailed, match="«Mystery» has no SKU"):
        sell(account, lines=[line], **bare)
    with pytest.raises(MissingLink, match="NO-SUCH"):
        sell(account, lines=[{**line, "sku": "NO-SUCH"}], **bare)
    account.client.settings = {**account.client.settings, "discount_item_id": ""}
    with pytest.raises(MappingFailed, match="no discount item is chosen"):
        sell(account)


def test_it_refuses_an_inactive_item_in_plain_words(account: Account) -> None:
    account.do("change_item", sku="EKM-TEE-S", inactive=True)
    with pytest.raises(Rejected, match="EKM-TEE-S is inactive in NetSuite"):
        sell(account)


def test_it_refuses_a_body_that_amounts_to_something_else(account: Account) -> None:
    wrong = msgspec.structs.replace(order(), total=Decimal("1.00"))
    with pytest.raises(MoneyMismatch):
        account.write("upsert_sales_order", wrong, "acme-shop-5512")


def test_it_copes_without_a_location_header_on_an_update(account: Account) -> None:
    account.do("set", location_on_upsert=False)
    person = Customer(id="7", first_name="Ada", last_name="Example", email="ada@example.com")
    first = account.write("upsert_customer", person, "acme-shop-7")
    assert account.write("upsert_customer", person, "acme-shop-7") == first


# --- Cancelling ---------------------------------------------------------------------------------


def test_it_closes_an_order_once_and_says_so_the_second_time(account: Account) -> None:
    sell(account, status="B")
    cancelled = order(status="cancelled")
    first = account.write("cancel_sales_order", cancelled, "acme-shop-5512")
    assert account.rows("sales_order")[0]["state"] == "closed" and first.note == ""
    again = account.write("cancel_sales_order", cancelled, "acme-shop-5512")
    assert "closed already" in again.note
    [read] = account.read("cancelled_orders")
    assert (read.status, read.reference) == ("cancelled", "acme-shop-5512")


def test_it_waits_for_an_order_that_is_not_there_yet(account: Account) -> None:
    with pytest.raises(MissingLink):
        account.write("cancel_sales_order", order(), "acme-shop-5512")


def test_it_is_too_late_to_cancel_what_was_shipped(account: Account) -> None:
    sell(account, status="B")
    account.do("fulfil_order", reference="acme-shop-5512")
    with pytest.raises(TooLate, match="has been shipped"):
        account.write("cancel_sales_order", order(), "acme-shop-5512")
    account.do("bill_order", reference="acme-shop-5512")
    with pytest.raises(TooLate, match="billed"):
        account.write("cancel_sales_order", order(), "acme-shop-5512")
    assert account.read("cancelled_orders") == []


# --- Approved orders and shipments --------------------------------------------------------------


def test_it_hands_on_approved_orders_only(account: Account) -> None:
    sell(account)
    assert account.read("approved_orders") == []
    account.do("approve_orders", all=True)
    [read] = account.read("approved_orders")
    assert read.reference == "acme-shop-5512"
    assert [(line.reference, line.quantity) for line in read.lines] == [("11", 2), ("12", 1)]
    assert read.shipping_address.country == "US" and read.warehouse == "6"


def test_it_reads_list_fields_in_their_bare_form_too(account: Account) -> None:
    account.do("set", simple_enums=True, currency_name="USA")
    sell(account, status="B")
    assert len(account.read("approved_orders")) == 1
    assert account.read("orders")[0].currency == "USD"


def test_it_ships_exactly_the_lines_that_left_the_warehouse(account: Account) -> None:
    sell(account, status="B")
    account.write("fulfil_sales_order", shipment(1, {"11": 1}), "acme-retail-1")
    [row], [sold] = account.rows("item_fulfilment"), account.rows("sales_order")
    assert row["reference"] == "acme-retail-1" and row["tracking"] == ["1Z1"]
    assert row["lines"] == [{"line": 1, "quantity": 1}]
    assert sold["state"] == "partially_fulfilled"
    account.write("fulfil_sales_order", shipment(2, {"11": 1, "12": 1}), "acme-retail-2")
    assert account.rows("sales_order")[0]["state"] == "pending_billing"
    tee = next(row for row in account.rows("item") if row["label"] == "EKM-TEE-S")
    assert (tee["on_hand"], tee["available"]) == (497, 497)
    first, second = account.read("fulfilments")
    assert first.order_reference == "acme-shop-5512" and first.lines[0].reference == "11"
    assert second.parcels[0].tracking_number == "1Z2"


def test_it_finds_a_shipment_whose_answer_was_lost(account: Account) -> None:
    sell(account, status="B")
    account.do("break", kind="cut_after", match="transform")
    with pytest.raises(Unreachable):
        account.write("fulfil_sales_order", shipment(1, {"11": 1}), "acme-retail-1")
    find = NETSUITE.action("fulfil_sales_order").find
    assert find is not None
    context = account.context("acme-retail-1")
    found = account.client.run(find(shipment(1, {"11": 1}), context))
    [row] = account.rows("item_fulfilment")
    assert found == Written(row["id"], row["label"])
    with pytest.raises(AlreadyExists) as refusal:
        account.write("fulfil_sales_order", shipment(1, {"11": 1}), "acme-retail-1")
    assert refusal.value.external_id == row["id"]
    assert len(account.rows("item_fulfilment")) == 1
    assert account.client.run(find(None, account.context("acme-retail-2"))) is None


def test_it_refuses_shipments_that_the_order_does_not_allow(account: Account) -> None:
    with pytest.raises(MissingLink):
        account.write("fulfil_sales_order", shipment(1, {"11": 1}), "acme-retail-1")
    sell(account)
    with pytest.raises(Rejected, match="is not approved"):
        account.write("fulfil_sales_order", shipment(1, {"11": 1}), "acme-retail-1")
    account.do("approve_orders", all=True)
    with pytest.raises(TooLate, match="3 were shipped, but only 2 are open"):
        account.write("fulfil_sales_order", shipment(1, {"11": 3}), "acme-retail-1")
    with pytest.raises(TooLate, match="no open line 99"):
        account.write("fulfil_sales_order", shipment(1, {"99": 1}), "acme-retail-1")
    account.do("close_order", reference="acme-shop-5512")
    with pytest.raises(TooLate, match="yet the warehouse shipped it"):
        account.write("fulfil_sales_order", shipment(1, {"11": 1}), "acme-retail-1")


def test_it_names_lines_by_number_where_the_column_is_missing(account: Account) -> None:
    account.do("set", custom_columns=[])
    sell(account, status="B")
    [read] = account.read("approved_orders")
    assert [line.reference for line in read.lines] == ["1", "7"]
    account.write("fulfil_sales_order", shipment(1, {"7": 1}), "acme-retail-1")
    assert account.rows("item_fulfilment")[0]["lines"] == [{"line": 7, "quantity": 1}]


def test_it_reports_a_closed_period_as_the_tenants_affair(account: Account) -> None:
    sell(account, status="B")
    account.do("set", closed_before="2026-04-01")
    with pytest.raises(Rejected, match="open accounting period"):
        account.write("fulfil_sales_order", shipment(1, {"11": 1}), "acme-retail-1")


# --- Customers, stock, items --------------------------------------------------------------------


def test_it_writes_a_customer_once_and_updates_it_after(account: Account) -> None:
    person = msgspec.convert(
        {"id": "7", "first_name": "Ada", "email": "ada@example.com", "addresses": [ADDRESS]},
        Customer,
    )
    first = account.write("upsert_customer", person, "acme-shop-7")
    named = msgspec.structs.replace(person, last_name="Example" * 9)
    again = account.write("upsert_customer", named, "acme-shop-7", record_id=first.external_id)
    assert again.external_id == first.external_id
    [read] = [one for one in account.read("customers") if one.reference == "acme-shop-7"]
    assert len(read.last_name) == 32 and read.email == "ada@example.com"
    links = {("customer", "7"): first.external_id}
    bought = order(customer={"id": "7"})
    account.write("upsert_sales_order", bought, "acme-shop-5512", links=links)
    assert account.rows("sales_order")[0]["customer"] == first.external_id


def test_it_links_to_the_customer_whose_email_may_not_repeat(account: Account) -> None:
    account.do("set", refuse_same_email=True)
    person = Customer(id="7", first_name="Ada", last_name="Example", email="ada@example.com")
    first = account.write("upsert_customer", person, "acme-shop-7")
    with pytest.raises(AlreadyExists) as refusal:
        account.write("upsert_customer", person, "other-shop-7")
    assert refusal.value.external_id == first.external_id


def test_it_adjusts_stock_once(account: Account) -> None:
    fields = {
        "id": "33",
        "location": "Main",
        "reason": "damaged",
        "adjusted_at": "2026-03-02T10:00:00Z",
        "lines": [{"sku": "EKM-MUG", "quantity": "-3"}],
    }
    record = msgspec.convert(fields, InventoryAdjustment, strict=False)
    written = account.write("adjust_inventory", record, "acme-retail-adj-33")
    with pytest.raises(AlreadyExists) as refusal:
        account.write("adjust_inventory", record, "acme-retail-adj-33")
    assert refusal.value.external_id == written.external_id
    [row] = account.rows("inventory_adjustment")
    assert (row["reference"], row["memo"]) == ("acme-retail-adj-33", "damaged")
    levels = {level.sku: level for level in account.read("inventory_levels")}
    assert levels["EKM-MUG"].on_hand == 497 and levels["EKM-MUG"].location_label == "Main Warehouse"


def test_it_reads_stock_with_what_orders_have_committed(account: Account) -> None:
    sell(account, status="B")
    levels = {level.sku: level for level in account.read("inventory_levels")}
    tee = levels["EKM-TEE-S"]
    assert (tee.on_hand, tee.committed, tee.available) == (500, 3, 497)
    assert len(levels) == 8


def test_it_reads_matrix_items_as_one_product_with_variants(account: Account) -> None:
    products = {product.style_code: product for product in account.read("products")}
    tee = products["TEE01"]
    assert [one.sku for one in tee.variants] == ["EKM-TEE-S", "EKM-TEE-M", "EKM-TEE-L"]
    assert tee.variants[1].options == {"Size": "M"} and tee.variants[1].price == 24
    assert (tee.variants[0].weight, tee.variants[0].weight_unit) == (180, "g")
    assert products["EKM-MUG"].variants[0].price == Decimal("14.5")
    assert len(products) == 6


def test_it_polls_again_only_the_product_whose_variant_changed(account: Account) -> None:
    start = datetime.now(UTC) + timedelta(seconds=60)
    assert account.poll("items", start) == []
    before = {one["itemid"]: one["version"] for one in account.poll("items")}
    account.do("change_item", sku="EKM-TEE-L", price=26.0)
    after = {one["itemid"]: one for one in account.poll("items")}
    assert after["TEE01"]["version"] >= before["TEE01"]
    assert [one["price"] for one in after["TEE01"]["variants"]] == ["24", "24", "26"]


def test_it_refuses_a_sku_that_two_items_have(account: Account) -> None:
    account.do("add_item", sku="EKM-MUG", title="Enamel Mug, again", price=15.0)
    with pytest.raises(Rejected, match="2 items with the SKU EKM-MUG"):
        account.find_sku("EKM-MUG")
    assert account.find_sku("TEE01") is None, "nobody sells the head of a matrix"


# --- Polling ------------------------------------------------------------------------------------


def enter_orders(account: Account, count: int) -> None:
    item = account.find_sku("EKM-MUG")
    body = {"entity": "110", "item": {"items": [{"item": item, "quantity": 1}]}}
    for _ in range(count):
        account.do("add_order", body=body)


def test_it_reads_every_order_though_many_share_a_second(account: Account) -> None:
    enter_orders(account, 95)
    found = [one["id"] for one in account.poll("orders")]
    assert len(found) == len(set(found)) == 95
    since = datetime.now(UTC) - timedelta(minutes=5)
    assert len(account.poll("orders", since)) == 95


@pytest.mark.parametrize("zone", ["America/Los_Angeles", "Asia/Kolkata"])
def test_it_reads_changes_in_the_accounts_own_time_zone(account: Account, zone: str) -> None:
    account.do("set", account_time_zone=zone)
    account.client.settings = {**account.client.settings, "account_time_zone": zone}
    enter_orders(account, 2)
    now = datetime.now(UTC)
    assert len(account.poll("orders", now - timedelta(minutes=2))) == 2
    assert account.poll("orders", now + timedelta(minutes=2)) == []
    [level] = [one for one in account.poll("stock") if one["sku"] == "EKM-MUG"]
    assert abs(datetime.fromisoformat(level["changedAt"]) - now) < timedelta(minutes=1)


def test_it_reads_an_order_again_once_its_second_is_over(account: Account) -> None:
    enter_orders(account, 1)
    poll = NETSUITE.feed("orders").poll
    assert poll is not None
    early = context_of(account.client)
    late = Context(settings=early.settings, now=datetime.now(UTC) + timedelta(minutes=1))
    [first] = account.client.run(poll(Position(), early)).records
    [second] = account.client.run(poll(Position(), late)).records
    assert second["version"] > first["version"]


def test_it_leaves_out_an_order_that_was_deleted_meanwhile(account: Account) -> None:
    from connectors.catalog.netsuite.reads import _documents

    enter_orders(account, 2)
    ids = [row["id"] for row in account.rows("sales_order")]
    found = account.client.run(_documents("salesOrder", [*ids, "999999"]))
    assert [one["id"] for one in found] == ids


# --- Logging in and limits ----------------------------------------------------------------------


def ping(account: Account) -> Response:
    return account.client.send(Request("GET", "/services/rest/record/v1/customer"))


def test_it_fetches_a_new_token_when_the_old_one_ends(account: Account) -> None:
    ping(account)
    first = account.client.credentials["access_token"]
    ping(account)
    assert account.client.credentials["access_token"] == first
    soon = (datetime.now(UTC) + timedelta(seconds=5)).isoformat()
    account.client.credentials = {**account.client.credentials, "expires_at": soon}
    ping(account)
    assert account.client.credentials["access_token"] != first


def test_it_is_unauthorized_once_the_token_is_revoked(account: Account) -> None:
    ping(account)
    account.do("break", kind="token_expired")
    with pytest.raises(Unauthorized, match="Invalid login attempt"):
        ping(account)


def test_it_logs_in_with_an_rsa_key_and_not_with_a_wrong_one(account: Account) -> None:
    from cryptography.hazmat.primitives.asymmetric import ec, rsa
    from cryptography.hazmat.primitives.serialization import (
        Encoding,
        NoEncryption,
        PrivateFormat,
        PublicFormat,
    )

    key = rsa.generate_private_key(65537, 3072)
    public = key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    certificate = account.do("upload_certificate", public_key=public.decode())["certificate_id"]
    shape = (Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    known = {**account.client.credentials, "certificate_id": certificate}
    account.client.credentials = {**known, "private_key": key.private_bytes(*shape).decode()}
    assert ping(account).status == 200
    stranger = ec.generate_private_key(ec.SECP256R1()).private_bytes(*shape).decode()
    account.client.credentials = {**known, "private_key": stranger}
    with pytest.raises(Unauthorized, match="invalid_grant"):
        ping(account)
    account.client.credentials = {**known, "private_key": "not a key"}
    with pytest.raises(Unauthorized, match="private key cannot be used"):
        ping(account)


def test_it_logs_in_by_token_based_authentication(account: Account) -> None:
    needed = account.do("connection_tba")
    account.client.auth = NETSUITE.auth_method("tba")
    account.client.credentials = needed["credentials"]
    sell(account)
    assert len(account.read("orders")) == 1
    account.client.credentials = {**needed["credentials"], "token_secret": "not-the-secret"}
    with pytest.raises(Unauthorized, match="Invalid login"):
        ping(account)


def test_it_waits_when_the_account_is_at_its_concurrency_limit(account: Account) -> None:
    ping(account)
    account.do("set", concurrency=1)
    account.do("break", kind="latency", match="GET .*customer", seconds=1.0, times=2)
    failures: list[Exception] = []

    def knock() -> None:
        client = sandbox_client(account.port, SLUG, account.name)
        try:
            client.send(Request("GET", "/services/rest/record/v1/customer"))
        except RateLimited as failure:
            failures.append(failure)

    knocks = [threading.Thread(target=knock) for _ in range(3)]
    for one in knocks:
        one.start()
    for one in knocks:
        one.join(10)
    assert failures and all(isinstance(one, RateLimited) for one in failures)


def test_it_checks_the_connection_part_by_part(account: Account) -> None:
    sell(account)
    context = context_of(account.client)
    said = {check.name: account.client.run(check.plan(context)) for check in NETSUITE.checks}
    assert "2 locations" in said["login"] and "sandbox" in said["environment"]
    assert said["time_zone"] == "The account's times are those of UTC."


def test_it_says_what_is_wrong_with_the_connection(account: Account) -> None:
    sell(account)
    account.do("set", account_time_zone="Asia/Tokyo", custom_columns=[], forbidden=["customer"])
    settings = {**account.client.settings, "tax_item_id": "99999"}
    context = Context(settings=settings)
    checks = {check.name: check.plan for check in NETSUITE.checks}
    for name, failure, words in (
        ("time_zone", Rejected, r"\+9 hours from UTC"),
        ("line_column", Rejected, "no line column custcol_ekyam_line_id"),
        ("permission_customer", Unauthorized, "Permission Violation"),
        ("chosen_records", Rejected, "no active item 99999"),
    ):
        with pytest.raises(failure, match=words):
            account.client.run(checks[name](context))
