"""Shopify over a real socket: its orders, fulfilments, products, stock, webhooks and login."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import count
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import msgspec
import pytest

from connectors.catalog.shopify import login, records
from connectors.client import Client, request_token
from connectors.errors import (
    Failure,
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
from connectors.spec import Context, Page, Position, Request, Written
from connectors.standard import resources
from flows.mapping.records import read_record, select_record, write_body
from tests.connectors.webhook_receiver import WebhookReceiver
from tests.sandboxes import TOKEN, ask, context_of, sandbox_client, transport

SHOPIFY = get_connector("shopify")
TEE = {"sku": "EKM-TEE-S", "quantity": 2}
MUG = {"sku": "EKM-MUG", "quantity": 1}
_worlds = count(1)


@pytest.fixture(scope="module")
def port() -> Iterator[int]:
    server = start_server(token=TOKEN)
    yield server.server_port
    server.shutdown()
    server.server_close()


class Shop:
    """A world of its own for each test, with the client that is connected to it."""

    def __init__(self, port: int, name: str) -> None:
        self.port, self.name = port, name
        self.set(rate_limit=False)
        self.client: Client = sandbox_client(port, "shopify", name)

    def ask(self, control: str, arguments: Any = None) -> Any:
        return ask(self.port, "shopify", self.name, control, arguments)

    def set(self, **settings: Any) -> None:
        self.ask("set", settings)

    def place(self, *lines: Any, **more: Any) -> str:
        return str(self.ask("place_order", {"lines": lines or [TEE, MUG], **more})["id"])

    def row(self, order_id: str) -> Any:
        return next(row for row in self.ask("ledger") if row["id"] == order_id)

    def context(self, **more: Any) -> Context:
        return context_of(self.client, **{"find_link": self.find_link, **more})

    def find_link(self, resource: str, key: str, by: str) -> str | None:
        """As the engine does: the finder looks when no link is known."""
        if by != "reference" or resource not in SHOPIFY.finders:
            return key if by == "id" and key.isdigit() else None
        found = self.client.run(SHOPIFY.finders[resource](key, context_of(self.client)))
        return found.external_id if found else None

    def poll(self, feed: str, since: datetime | None = None) -> list[Any]:
        found: list[Any] = []
        position = Position(since)
        while True:
            poll = SHOPIFY.feed(feed).poll
            assert poll is not None
            page: Page = self.client.run(poll(position, self.context()))
            found += page.records
            if not page.next_page:
                return found
            position = Position(since, page.next_page)

    def read(self, stream_name: str, feed: str) -> list[Any]:
        stream = SHOPIFY.stream(stream_name)
        found = [select_record(stream, feed, raw) for raw in self.poll(feed)]
        return [read_record(stream, raw, self.context()) for raw in found if raw is not None]

    def record(self, stream_name: str, raw: Any) -> Any:
        return read_record(SHOPIFY.stream(stream_name), raw, self.context())

    def order(self, *lines: Any, **more: Any) -> Any:
        """Place one and read it back."""
        self.place(*lines, **more)
        return self.read("orders", "orders")[-1]

    def act(self, name: str, record: Any, **more: Any) -> Written:
        action = SHOPIFY.action(name)
        context = self.context(**more)
        body = write_body(action, record, context)
        return self.client.run(action.plan(body, record, context))

    def find(self, name: str, record: Any, **more: Any) -> Written | None:
        action = SHOPIFY.action(name)
        assert action.find is not None
        return self.client.run(action.find(record, self.context(**more)))

    def journal(self, what: str) -> list[Any]:
        return [row for row in self.ask("history") if row["what"] == what]


@pytest.fixture
def shop(port: int) -> Shop:
    return Shop(port, f"acme-shop-{next(_worlds)}")


def shipment(shop: Shop, order_id: str, *lines: Any, number: str = "1Z999", **more: Any) -> Any:
    """Of all lines of the order, or of these (index, quantity)."""
    sold = shop.row(order_id)["lines"]
    shipped = lines or [(place, line["quantity"]) for place, line in enumerate(sold)]
    given = {
        "id": "77001",
        "order_id": "77000",
        "order_reference": f"{shop.name}-{order_id}",
        "carrier": "UPS",
        "lines": [
            {"reference": sold[place]["id"], "sku": sold[place]["sku"], "quantity": quantity}
            for place, quantity in shipped
        ],
        "parcels": [{"tracking_number": number, "tracking_url": f"https://ups.example/{number}"}]
        if number
        else [],
        **more,
    }
    return msgspec.convert(given, resources()["shipment"], strict=False)


def erp_order(shop: Shop, order_id: str, **more: Any) -> Any:
    given = {
        "id": "884",
        "reference": f"{shop.name}-{order_id}",
        "number": "SO1042",
        "currency": "USD",
        "total": "0",
        **more,
    }
    return msgspec.convert(given, resources()["order"], strict=False)


# --- Orders ---------------------------------------------------------------------------------


def test_it_reads_an_order_to_the_cent(shop: Shop) -> None:
    order = shop.order(
        TEE,
        {"sku": "EKM-MUG", "quantity": 3, "discount": "1.00"},
        shipping="5.90",
        tax_rate="0.0825",
        discount_code={"code": "TEN", "percentage": 10},
        tip="2.00",
    )
    assert order.number == "#1001"
    assert order.total == Decimal("96.56")
    assert order.lines[0].reference == order.lines[0].id == shop.row(order.id)["lines"][0]["id"]
    assert [part.code for part in order.lines[1].discounts] == ["Line discount", "TEN"]
    assert order.shipping[0].price == Decimal("5.90")
    assert order.payment_terms == "prepaid"
    assert order.shipping_address.region == "ME"
    assert int(order.id) > 2**53


@pytest.mark.parametrize(
    "more",
    [
        {"taxes_included": True, "tax_rate": "0.2", "shipping": "4.99"},
        {"rounding": "0.02", "gateway": "cod"},
        {"discount_code": {"code": "ODD", "amount": "7.77"}, "tax_rate": "0.07"},
        {"gateway": "mix", "tip": "3.33"},
    ],
)
def test_it_reads_money_of_every_kind(shop: Shop, more: Any) -> None:
    assert shop.order(TEE, MUG, {"sku": "EKM-CAP", "duty": "1.25"}, **more).total > 0


@pytest.mark.parametrize("in_total", [True, False])
def test_it_reads_cash_rounding_whether_the_total_holds_it_or_not(
    shop: Shop, in_total: bool
) -> None:
    shop.set(rounding_in_total=in_total)
    assert shop.order(MUG, rounding="0.05").rounding == Decimal("0.05" if in_total else 0)


def test_it_counts_a_tip_once_though_it_stands_as_a_line_too(shop: Shop) -> None:
    shop.set(tip_line=True)
    order = shop.order(MUG, tip="2.00")
    assert order.tip == 2
    assert len(order.lines) == 1


@pytest.mark.parametrize(
    ("gateway", "terms"), [("card", "prepaid"), ("cod", "cod"), ("bank", "pending")]
)
def test_it_infers_the_payment_terms(shop: Shop, gateway: str, terms: str) -> None:
    assert shop.order(MUG, gateway=gateway).payment_terms == terms


def test_it_reads_a_guest_a_test_order_and_missing_addresses(shop: Shop) -> None:
    order = shop.order(MUG, customer="guest", address=None, test=True, tags=["vip", "b2b"])
    assert order.customer is None
    assert order.shipping_address is None
    assert order.is_test
    assert order.tags == ("b2b", "vip")


def test_it_reads_lines_that_are_no_product(shop: Shop) -> None:
    order = shop.order(
        {"title": "Engraving", "price": "5.00"},
        {"title": "Gift card", "price": "25.00", "gift_card": True},
    )
    assert [line.sku for line in order.lines] == [None, None]
    assert [line.is_gift_card for line in order.lines] == [False, True]


def test_it_keeps_the_lines_apart_that_share_a_sku(shop: Shop) -> None:
    order = shop.order(MUG, {**MUG, "quantity": 2})
    assert len({line.reference for line in order.lines}) == 2


def test_it_reads_holds_from_a_poll(shop: Shop) -> None:
    assert shop.order(MUG, hold="HIGH_RISK_OF_FRAUD").holds[0].reason == "high_risk_of_fraud"


def test_it_pages_through_an_order_of_many_lines(shop: Shop) -> None:
    order = shop.order(*[{"sku": "EKM-SOCK", "quantity": 1} for _ in range(300)])
    assert len(order.lines) == 300
    assert order.total == 300 * Decimal("9.99")


def test_it_reads_what_stands_after_an_edit(shop: Shop) -> None:
    order_id = shop.place(
        {"sku": "EKM-TEE-S", "quantity": 3},
        MUG,
        {"sku": "EKM-CAP", "quantity": 7},
        tax_rate="0.0825",
        shipping="5.90",
        discount_code={"code": "ODD", "amount": "10.01"},
    )
    edits = [{"sku": "EKM-TEE-S", "quantity": 1}, {"sku": "EKM-MUG", "quantity": 0}]
    edits.append({"sku": "EKM-CAP", "quantity": 3})
    shop.ask("edit_order", {"order": order_id, "lines": edits, "add": [{"sku": "EKM-TOTE"}]})
    order = shop.read("orders", "orders")[0]
    quantities = {line.sku: int(line.quantity) for line in order.lines}
    assert quantities == {"EKM-TEE-S": 1, "EKM-CAP": 3, "EKM-TOTE": 1}
    assert str(order.total) == shop.row(order_id)["current_total"].rstrip("0")


def test_it_leaves_an_order_whole_when_shipped_goods_come_back(shop: Shop) -> None:
    order_id = shop.place(TEE, MUG, tax_rate="0.0825", shipping="5.00")
    before = shop.read("orders", "orders")[0]
    shop.act("create_fulfillment", shipment(shop, order_id))
    lines = [{"sku": "EKM-TEE-S", "quantity": 1, "restock_type": "RETURN"}]
    shop.ask("refund_order", {"order": order_id, "lines": lines, "shipping": "5.00"})
    after = shop.read("orders", "orders")[0]
    assert (after.total, after.lines[0].quantity) == (before.total, 2)


def test_it_adds_back_refunds_of_shipped_goods_to_an_edited_total(shop: Shop) -> None:
    order_id = shop.place({**TEE, "quantity": 3}, MUG, tax_rate="0.0825", shipping="5.00")
    shop.ask("edit_order", {"order": order_id, "lines": [{"sku": "EKM-MUG", "quantity": 0}]})
    standing = shop.read("orders", "orders")[0].total
    shop.act("create_fulfillment", shipment(shop, order_id, (0, 3)))
    lines = [{"sku": "EKM-TEE-S", "quantity": 1}]
    shop.ask("refund_order", {"order": order_id, "lines": lines, "shipping": "2.00"})
    assert shop.read("orders", "orders")[0].total == standing


def test_it_reads_cancelled_orders_apart(shop: Shop) -> None:
    order_id = shop.place(gateway="cod")
    shop.ask("cancel_order", {"order": order_id, "reason": "fraud"})
    assert not shop.read("orders", "orders")
    (order,) = shop.read("cancelled_orders", "orders")
    assert (order.status, order.cancel_reason) == ("cancelled", "fraud")
    assert [line.quantity for line in order.lines] == [2, 1]


def test_it_refuses_an_order_whose_sum_is_wrong(shop: Shop) -> None:
    shop.place()
    (raw,) = shop.poll("orders")
    with pytest.raises(MoneyMismatch, match="#1001"):
        read_record(SHOPIFY.stream("orders"), {**raw, "total_price": "1.00"}, shop.context())


def test_it_survives_redacted_buyers(shop: Shop) -> None:
    shop.set(protected_data=False)
    order = shop.order(MUG)
    assert order.email is None
    assert order.customer.first_name is None


def test_it_polls_only_what_changed_and_all_of_one_second(shop: Shop) -> None:
    ids = [shop.place(MUG) for _ in range(60)]
    polled = [str(raw["id"]) for raw in shop.poll("orders")]
    assert sorted(polled) == sorted(ids)
    assert not shop.poll("orders", datetime.now(UTC) + timedelta(seconds=5))
    since = datetime.now(UTC) - timedelta(minutes=1)
    assert len(shop.poll("orders", since)) == 60


def test_it_reads_customers_of_both_feeds_alike(shop: Shop) -> None:
    shop.place(email="Ann@Example.com", customer={"first_name": "Ann"})
    (alone,) = shop.read("customers", "customers")
    (inside,) = shop.read("customers", "orders")
    assert alone.email == "ann@example.com"
    assert msgspec.structs.replace(inside, currency="USD") == alone
    shop.place(customer="guest")
    assert len(shop.read("customers", "orders")) == 1


def test_it_reads_products_and_names_a_variant_without_a_sku(shop: Shop) -> None:
    products = {product.label: product for product in shop.read("products", "products")}
    assert [v.options for v in products["tee01"].variants] == [{"Size": s} for s in "SML"]
    assert products["mug01"].variants[0].price == Decimal("14.50")
    shop.ask("edit_variant", {"sku": "EKM-MUG", "set": {"sku": ""}})
    with pytest.raises(MappingFailed, match="no SKU"):
        shop.read("products", "products")


def test_it_reads_stock_levels_and_locations(shop: Shop) -> None:
    shop.place({"sku": "EKM-CAP", "quantity": 3})
    levels = {level.sku: level for level in shop.read("inventory_levels", "inventory_levels")}
    cap = levels["EKM-CAP"]
    assert (cap.available, cap.committed, cap.on_hand) == (497, 3, 500)
    assert [raw["name"] for raw in shop.poll("locations")] == [
        "Main Warehouse",
        "High Street Store",
    ]


# --- Fulfilment -----------------------------------------------------------------------------


def test_it_fulfils_a_shipment_once(shop: Shop) -> None:
    order_id = shop.place()
    record = shipment(shop, order_id)
    written = shop.act("create_fulfillment", record)
    assert written.label == "#1001-F1"
    row = shop.row(order_id)
    assert row["state"] == "FULFILLED"
    assert row["fulfillments"][0]["tracking"] == ["1Z999"]
    assert row["fulfillments"][0]["company"] == "UPS"
    again = shop.act("create_fulfillment", record)
    assert again.external_id == written.external_id
    assert "already" in again.note
    assert shop.find("create_fulfillment", record) == Written(written.external_id, "#1001-F1")
    assert len(shop.journal("fulfillment.create")) == 1


def test_it_finds_a_fulfilment_whose_answer_was_cut(shop: Shop) -> None:
    record = shipment(shop, shop.place())
    assert shop.find("create_fulfillment", record) is None
    shop.ask("break", {"kind": "cut_after", "match": "graphql", "skip": 1})
    with pytest.raises(Unreachable):
        shop.act("create_fulfillment", record)
    assert shop.client.has_written
    assert shop.find("create_fulfillment", record) is not None
    assert len(shop.journal("fulfillment.create")) == 1


def test_it_fulfils_in_parts(shop: Shop) -> None:
    order_id = shop.place({**TEE, "quantity": 5}, MUG)
    shop.act("create_fulfillment", shipment(shop, order_id, (0, 2), number="A"))
    assert shop.row(order_id)["state"] == "PARTIALLY_FULFILLED"
    shop.act("create_fulfillment", shipment(shop, order_id, (0, 3), (1, 1), number="B"))
    row = shop.row(order_id)
    assert row["state"] == "FULFILLED"
    assert [one["tracking"] for one in row["fulfillments"]] == [["A"], ["B"]]


def test_it_says_what_is_not_left_to_fulfil(shop: Shop) -> None:
    order_id = shop.place()
    shop.act("create_fulfillment", shipment(shop, order_id, number="A"))
    with pytest.raises(TooLate, match="nothing left to fulfil in Shopify for 2 of EKM-TEE-S"):
        shop.act("create_fulfillment", shipment(shop, order_id, number="B"))


def test_it_fulfils_many_lines_over_several_pages(shop: Shop) -> None:
    order_id = shop.place(*[{"sku": "EKM-SOCK", "quantity": 1} for _ in range(70)])
    for _ in range(6):
        added = [{"sku": "EKM-CAP"}]
        shop.ask("edit_order", {"order": order_id, "add": added})
    record = shipment(shop, order_id)
    shop.act("create_fulfillment", record)
    assert shop.find("create_fulfillment", record) is not None
    assert shop.row(order_id)["state"] == "FULFILLED"


def test_it_names_the_hold_that_is_in_the_way(shop: Shop) -> None:
    order_id = shop.place(hold="INCORRECT_ADDRESS")
    with pytest.raises(Rejected, match="on hold in Shopify"):
        shop.act("create_fulfillment", shipment(shop, order_id))
    shop.ask("release_hold", {"order": order_id})
    assert shop.act("create_fulfillment", shipment(shop, order_id)).label == "#1001-F1"


def test_it_refuses_one_shipment_out_of_two_locations(shop: Shop) -> None:
    order_id = shop.place()
    shop.ask("split_order", {"order": order_id, "sku": "EKM-MUG"})
    with pytest.raises(Rejected, match="several locations"):
        shop.act("create_fulfillment", shipment(shop, order_id))
    shop.act("create_fulfillment", shipment(shop, order_id, (1, 1)))
    assert shop.row(order_id)["state"] == "PARTIALLY_FULFILLED"


def test_it_does_not_fulfil_a_cancelled_or_unknown_order(shop: Shop) -> None:
    order_id = shop.place()
    record = shipment(shop, order_id)
    shop.ask("cancel_order", {"order": order_id})
    with pytest.raises(TooLate, match="cancelled"):
        shop.act("create_fulfillment", record)
    foreign = msgspec.structs.replace(record, order_reference="other-shop-1")
    with pytest.raises(MissingLink):
        shop.act("create_fulfillment", foreign)


def test_it_updates_the_tracking_of_a_linked_shipment(shop: Shop) -> None:
    order_id = shop.place()
    written = shop.act("create_fulfillment", shipment(shop, order_id))
    changed = shipment(shop, order_id, number="1Z000")
    again = shop.act("create_fulfillment", changed, record_id=written.external_id)
    assert again.note == "tracking updated"
    assert shop.row(order_id)["fulfillments"][0]["tracking"] == ["1Z000"]
    assert (
        shop.act("create_fulfillment", changed, record_id=written.external_id).note == "nothing new"
    )


def test_it_tells_where_a_parcel_is(shop: Shop) -> None:
    order_id = shop.place()
    status = msgspec.convert(
        {
            "id": "s1",
            "order_id": order_id,
            "tracking_number": "1Z999",
            "status": "out_for_delivery",
            "happened_at": "2026-11-20T08:00:00Z",
        },
        resources()["shipment_status"],
    )
    with pytest.raises(MissingLink):
        shop.act("create_fulfillment_event", status)
    shop.act("create_fulfillment", shipment(shop, order_id))
    shop.act("create_fulfillment_event", status)
    assert shop.act("create_fulfillment_event", status).note == "was told already"
    assert shop.find("create_fulfillment_event", status) is not None
    assert shop.row(order_id)["fulfillments"][0]["events"] == ["OUT_FOR_DELIVERY"]


# --- What is written to orders ----------------------------------------------------------------


def test_it_adds_the_order_number_and_keeps_the_tags(shop: Shop) -> None:
    order_id = shop.place(tags=["vip"])
    record = erp_order(shop, order_id)
    shop.act("write_order_number", record)
    assert shop.act("write_order_number", record).note == "was there already"
    assert shop.row(order_id)["tags"] == ["vip", "ERP SO1042"]
    assert len(shop.journal("order.tag")) == 1


def test_it_can_put_the_order_number_into_a_metafield(shop: Shop) -> None:
    order_id = shop.place()
    shop.client.settings = {**shop.client.settings, "order_number_place": "metafield"}
    shop.act("write_order_number", erp_order(shop, order_id))
    assert shop.row(order_id)["reference"] == "SO1042"


def test_it_cancels_once(shop: Shop) -> None:
    order_id = shop.place()
    record = erp_order(shop, order_id, cancel_reason="inventory")
    assert shop.find("cancel_order", record) is None
    shop.act("cancel_order", record)
    assert shop.row(order_id)["state"] == "CANCELLED"
    assert shop.row(order_id)["payment"] == "PAID"  # money is given back by people
    assert shop.act("cancel_order", record).note == "was already cancelled"
    assert shop.find("cancel_order", record) is not None
    assert len(shop.journal("order.cancel")) == 1


def test_it_is_too_late_to_cancel_what_is_fulfilled(shop: Shop) -> None:
    order_id = shop.place()
    shop.act("create_fulfillment", shipment(shop, order_id))
    with pytest.raises(TooLate, match="fulfilled"):
        shop.act("cancel_order", erp_order(shop, order_id))


def test_it_closes_an_order_and_again(shop: Shop) -> None:
    order_id = shop.place()
    for _ in range(2):
        shop.act("close_order", erp_order(shop, order_id))
    assert shop.row(order_id)["closed_at"]
    assert len(shop.journal("order.close")) == 1


# --- Products and stock -----------------------------------------------------------------------


def product(*variants: Any, **more: Any) -> Any:
    given = {"id": "900", "title": "Rain Jacket", "style_code": "JACK01", "variants": variants}
    return msgspec.convert({**given, **more}, resources()["product"], strict=False)


def test_it_sets_a_product_and_keeps_what_only_shopify_knows(shop: Shop) -> None:
    small = {"id": "1", "sku": "EKM-JACK-S", "price": "80.00", "options": {"Size": "S"}}
    written = shop.act("set_product", product(small))
    assert written.label == "jack01"
    tall = {"id": "2", "sku": "EKM-JACK-T", "price": "85.00", "options": {"Size": "T"}}
    assert shop.act("set_product", product(tall)).external_id == written.external_id
    dearer = product({**small, "price": "82.00", "weight": "1.2", "weight_unit": "kg"})
    shop.act("set_product", dearer, record_id=written.external_id)
    row = shop.row(written.external_id)
    assert {line["sku"]: line["price"] for line in row["lines"]} == {
        "EKM-JACK-S": "82.00",
        "EKM-JACK-T": "85.00",
    }
    assert not shop.journal("variant.delete")


def test_it_refuses_variants_with_other_options(shop: Shop) -> None:
    one = {"id": "1", "sku": "A", "options": {"Size": "S"}}
    with pytest.raises(Rejected, match="different options"):
        shop.act("set_product", product(one, {"id": "2", "sku": "B", "options": {"Colour": "Red"}}))


def test_it_finds_a_variant_by_its_sku_alone(shop: Shop) -> None:
    assert shop.find_link("variant", "EKM-MUG", "reference")
    assert shop.find_link("variant", "EKM-MU", "reference") is None
    shop.ask("edit_variant", {"sku": "EKM-CAP", "set": {"sku": "EKM-MUG"}})
    with pytest.raises(Rejected, match="2 variants"):
        shop.find_link("variant", "EKM-MUG", "reference")


def stock(available: int, sku: str = "EKM-MUG") -> Any:
    given = {"id": "l1", "sku": sku, "location": "WH1", "available": available}
    return msgspec.convert(given, resources()["inventory_level"], strict=False)


def test_it_sets_stock_and_finds_it_there(shop: Shop) -> None:
    place = str(shop.poll("locations")[0]["id"])
    rows = {"find_row": lambda table, key: place if key == "WH1" else None}
    with pytest.raises(Rejected, match="shopify_locations"):
        shop.act("set_inventory_quantities", stock(7))
    assert shop.find("set_inventory_quantities", stock(7), **rows) is None
    shop.act("set_inventory_quantities", stock(7), **rows)
    assert shop.act("set_inventory_quantities", stock(7), **rows).note == "nothing to change"
    assert shop.find("set_inventory_quantities", stock(7), **rows) is not None
    assert [row["quantity"] for row in shop.journal("inventory.set")] == [7]


def test_it_refuses_stock_of_unknown_and_untracked_variants(shop: Shop) -> None:
    shop.client.settings = {**shop.client.settings, "location_id": shop.poll("locations")[0]["id"]}
    with pytest.raises(Rejected, match="0 variants"):
        shop.act("set_inventory_quantities", stock(7, "NOPE"))
    shop.ask("edit_variant", {"sku": "EKM-CAP", "set": {"tracked": False}})
    with pytest.raises(Rejected, match="not track"):
        shop.act("set_inventory_quantities", stock(7, "EKM-CAP"))


# --- Webhooks -------------------------------------------------------------------------------


@pytest.fixture
def receiver() -> Iterator[WebhookReceiver]:
    with WebhookReceiver() as found:
        yield found


def topics() -> list[str]:
    return [topic for feed in SHOPIFY.feeds for topic in feed.topics]


def register(shop: Shop, address: str, wanted: list[str]) -> list[str]:
    assert SHOPIFY.webhooks is not None and SHOPIFY.webhooks.register is not None
    return shop.client.run(SHOPIFY.webhooks.register(address, wanted, shop.context()))


def test_it_makes_the_subscriptions_equal(shop: Shop) -> None:
    first, second = "http://127.0.0.1:9/a", "http://127.0.0.1:9/b"
    assert len(register(shop, first, topics())) == len(topics()) + 1
    assert register(shop, first, topics()) == []
    moved = register(shop, second, topics())
    assert len(moved) == len(topics()) + 1
    assert all(line.startswith("moved") for line in moved)
    fewer = register(shop, second, ["orders/create"])
    assert len(fewer) == len(topics()) - 1
    assert all(line.startswith("removed") for line in fewer)


def test_it_reads_and_verifies_what_a_webhook_brings(shop: Shop, receiver: WebhookReceiver) -> None:
    webhooks = SHOPIFY.webhooks
    assert webhooks is not None
    register(shop, receiver.address, ["orders/create", "orders/paid"])
    shop.place(TEE, shipping="5.90", tax_rate="0.0825", note="a/b & <c>")
    posted = [receiver.take(), receiver.take()]
    names = {webhooks.topic(headers, body) for headers, body in posted}
    assert names == {"orders/create", "orders/paid"}
    headers, body = posted[0]
    assert b"a\\/b \\u0026 \\u003cc\\u003e" in body
    assert webhooks.verify(headers, body, shop.client.credentials)
    assert not webhooks.verify(headers, body + b" ", shop.client.credentials)
    assert not webhooks.verify(headers, body, {"client_secret": ""})
    assert webhooks.verify(
        headers, body, {"client_secret": "new", "client_secret_old": _secret(shop)}
    )
    assert len({webhooks.delivery_id(*one) for one in posted}) == 2
    assert len({headers["x-shopify-event-id"] for headers, _ in posted}) == 1
    assert webhooks.sent_at(headers, body).endswith("Z")


def _secret(shop: Shop) -> str:
    return shop.client.credentials["client_secret"]


def test_it_reads_the_same_order_from_a_webhook_and_a_poll(
    shop: Shop, receiver: WebhookReceiver
) -> None:
    register(shop, receiver.address, ["orders/create"])
    shop.place(
        TEE, MUG, shipping="5.90", tax_rate="0.0825", discount_code={"code": "X", "amount": "3.33"}
    )
    _, body = receiver.take()
    raw, (polled,) = json.loads(body), shop.poll("orders")
    assert raw["updated_at"] == polled["updated_at"]
    hooked, read = (shop.record("orders", one) for one in (raw, polled))
    customer = msgspec.structs.replace(read.customer, currency="USD")
    assert hooked == msgspec.structs.replace(read, customer=customer)


def test_it_reads_a_refund_from_its_webhook(shop: Shop, receiver: WebhookReceiver) -> None:
    register(shop, receiver.address, ["refunds/create"])
    order_id = shop.place(TEE, tax_rate="0.0825", shipping="5.00")
    lines = [{"sku": "EKM-TEE-S", "quantity": 1}]
    wanted = {"order": order_id, "lines": lines, "shipping": "5.00", "adjust": "-1.50"}
    given = shop.ask("refund_order", wanted)
    refund = shop.record("refunds", json.loads(receiver.take()[1]))
    assert str(refund.total) == given["amount"]
    assert (refund.shipping, refund.adjustment) == (5, Decimal("-1.50"))
    assert refund.lines[0].order_line_reference == shop.row(order_id)["lines"][0]["id"]
    assert refund.lines[0].is_restocked


def test_it_reads_a_refund_whose_subtotal_holds_the_tax(
    shop: Shop, receiver: WebhookReceiver
) -> None:
    register(shop, receiver.address, ["refunds/create"])
    order_id = shop.place(TEE, tax_rate="0.2", taxes_included=True)
    lines = [{"sku": "EKM-TEE-S", "quantity": 1}]
    shop.ask("refund_order", {"order": order_id, "lines": lines})
    refund = shop.record("refunds", json.loads(receiver.take()[1]))
    assert (refund.lines[0].amount, refund.lines[0].tax) == (20, 4)


# --- Login, limits, refusals --------------------------------------------------------------------


def fresh(shop: Shop, method: str) -> Client:
    shop.set(connect_with=method)
    return sandbox_client(shop.port, "shopify", shop.name)


@pytest.mark.parametrize("method", ["oauth", "client_credentials", "access_token"])
def test_it_signs_in_by_every_method(shop: Shop, method: str) -> None:
    client = fresh(shop, method)
    for check in SHOPIFY.checks:
        assert client.run(check.plan(context_of(client)))


def test_it_goes_through_the_consent_and_renews_with_rotation(shop: Shop) -> None:
    client = fresh(shop, "oauth")
    known = {k: v for k, v in client.credentials.items() if k.startswith("client_")}
    settings = {**client.settings, "shop": shop.name}
    address = login.authorize(settings, known, "state-1", "https://ekyam.example/back")
    answer = transport("GET", address, {}, b"", 5)
    query = dict(parse_qsl(urlsplit(answer.headers["location"]).query))
    assert query["state"] == "state-1"
    client.credentials = known
    with pytest.raises(Unauthorized, match="not signed"):
        login.exchange(known, settings, {**query, "shop": "evil.myshopify.com"}, "")
    tokens = request_token(client, login.exchange(known, settings, query, ""))
    assert tokens["refresh_token"] and tokens["expires_at"]
    client.credentials = {**known, **tokens, "expires_at": datetime.now(UTC).isoformat()}
    client.run(SHOPIFY.checks[0].plan(context_of(client)))
    renewed = client.credentials
    assert renewed["refresh_token"] != tokens["refresh_token"]
    for step in range(2):
        again = login.refresh({**known, **renewed}, settings, client.now())
        renewed = {**renewed, **request_token(client, again)}
        assert step < 2
    with pytest.raises(Unauthorized, match="invalid or has expired"):
        request_token(client, login.refresh({**known, **tokens}, settings, client.now()))


def test_it_names_the_scope_that_is_missing(shop: Shop) -> None:
    shop.set(scopes=["read_orders", "read_customers"])
    shop.place()
    with pytest.raises(Unauthorized, match="read_assigned_fulfillment_orders"):
        shop.poll("orders")
    check = next(check for check in SHOPIFY.checks if check.name == "write_products")
    with pytest.raises(Unauthorized, match="write_products"):
        shop.client.run(check.plan(shop.context()))


def test_it_stops_when_the_app_is_thrown_out_or_the_token_ends(shop: Shop) -> None:
    shop.poll("locations")
    shop.ask("break", {"kind": "token_expired", "match": "graphql"})
    with pytest.raises(Unauthorized, match="token"):
        shop.poll("locations")
    shop.ask("uninstall", {})
    shop.client.credentials = {k: v for k, v in shop.client.credentials.items() if "token" not in k}
    with pytest.raises(Unauthorized):
        shop.poll("locations")


@pytest.mark.parametrize("status", [200, 429])
def test_it_waits_as_long_as_the_bucket_needs(shop: Shop, status: int) -> None:
    shop.set(rate_limit=True, bucket=100, restore=50, throttle_status=status)
    with pytest.raises(RateLimited) as caught:
        shop.poll("products")
    assert 0.5 <= caught.value.retry_after <= 5


def test_it_asks_for_what_shopify_understands(shop: Shop) -> None:
    """A document that the schema does not know is our own mistake, and says so."""
    path = "/admin/api/2026-07/graphql.json"
    for query, said in (
        ("{ shop { nope } }", "undefinedField|nope"),
        ("{ shop { name }", "syntax error"),
        ("{ orders { nodes { id } } }", "first or last"),
    ):
        with pytest.raises(Failure, match=said):
            shop.client.send(Request("POST", path, json={"query": query}))


def test_it_gives_tracking_links_for_all_parcels_or_none(shop: Shop) -> None:
    order_id = shop.place()
    parcels = [{"tracking_number": "A", "tracking_url": "https://x.example/A"}]
    parcels += [{"tracking_number": "B"}, {"weight": "100"}]
    shop.act("create_fulfillment", shipment(shop, order_id, parcels=parcels))
    (made,) = shop.row(order_id)["fulfillments"]
    assert (made["tracking"], made["urls"]) == (["A", "B"], [])


def test_it_fulfils_without_any_tracking(shop: Shop) -> None:
    order_id = shop.place()
    record = shipment(shop, order_id, number="")
    shop.act("create_fulfillment", record)
    assert shop.find("create_fulfillment", record) is not None


def test_it_reads_both_ways_of_saying_the_shops_money() -> None:
    both = {"price": "9.00", "price_set": {"shop_money": {"amount": "8.00"}}}
    assert records.shop_money(both, "price") == 8
    assert records.shop_money({"price": "9.00"}, "price") == 9
    assert records.shop_money({}, "price") == 0
