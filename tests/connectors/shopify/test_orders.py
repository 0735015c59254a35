"""Shopify's orders, customers, products and stock, read over a real socket."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import msgspec
import pytest

from connectors.errors import (
    MappingFailed,
    MoneyMismatch,
)
from tests.connectors.shopify.shop import MUG, TEE, Shop, shipment


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
        shop.record("orders", {**raw, "total_price": "1.00"})


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
