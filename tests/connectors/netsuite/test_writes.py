"""What is written to NetSuite, and what is refused in plain words."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import msgspec
import pytest

from connectors.errors import (
    AlreadyExists,
    MappingFailed,
    MissingLink,
    MoneyMismatch,
    Rejected,
    TooLate,
    Unreachable,
)
from connectors.spec import Written
from connectors.standard.customer import Customer
from connectors.standard.inventory_adjustment import InventoryAdjustment
from connectors.standard.order import Order
from flows.mapping.records import read_record
from tests.connectors.netsuite.account import (
    ADDRESS,
    NETSUITE,
    Account,
    enter_orders,
    order,
    sell,
    shipment,
)
from tests.sandboxes import context_of

# Sales orders


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
    assert (read.total, read.tip, read.fee) == (Decimal("77.84"), Decimal(1), Decimal(0))
    assert read.shipping_address.line1 == "1 Sample Street"
    assert read.customer is None, "the customer for guests is nobody"
    assert read.lines[0].sku == "EKM-TEE-S"


def test_it_reads_what_it_has_no_word_for_as_a_fee(account: Account) -> None:
    sell(account)
    [raw] = account.poll("orders")
    raw.update({"discountItem": {"id": "91"}, "discountTotal": -10.0, "taxTotal": 2.5})
    raw.update({"handlingCost": 3.0, "total": 73.34})
    read = read_record(NETSUITE.stream("orders"), raw, context_of(account.client))
    assert isinstance(read, Order)
    assert (read.fee, read.discount_total) == (Decimal(3), Decimal("14.8"))


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


# Cancelling


def test_it_closes_an_order_once_and_says_so_the_second_time(account: Account) -> None:
    sell(account, status="B")
    cancelled = order(status="cancelled")
    first = account.write("cancel_sales_order", cancelled, "acme-shop-5512")
    assert account.rows("sales_order")[0]["state"] == "closed" and first.note == ""
    again = account.write("cancel_sales_order", cancelled, "acme-shop-5512")
    assert "closed already" in again.note
    [read] = account.read("cancelled_orders")
    assert (read.status, read.reference) == ("cancelled", "acme-shop-5512")


def test_it_tells_the_reason_where_no_memo_stands(account: Account) -> None:
    sell(account)
    reasoned = order(status="cancelled", cancel_reason="The customer changed their mind")
    account.write("cancel_sales_order", reasoned, "acme-shop-5512")
    assert account.read("cancelled_orders")[0].note == "The customer changed their mind"


def test_it_finds_an_order_that_people_entered_in_netsuite(account: Account) -> None:
    enter_orders(account, 1)
    [row] = account.rows("sales_order")
    account.do("approve_orders", all=True)
    reference = f"{account.name}-{row['id']}"
    shipped = msgspec.structs.replace(shipment(1, {"1": 1}), order_reference=reference)
    account.write("fulfil_sales_order", shipped, "acme-retail-1")
    with pytest.raises(TooLate, match="has been shipped"):
        account.write("cancel_sales_order", order(), reference)


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


# Approved orders and shipments


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


# Customers, stock, items


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
