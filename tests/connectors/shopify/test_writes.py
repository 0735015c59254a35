"""What is written to Shopify's orders, products and stock."""

from typing import Any

import msgspec
import pytest

from connectors.errors import (
    Rejected,
    TooLate,
)
from connectors.standard import resources
from tests.connectors.shopify.shop import Shop, erp_order, shipment


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


def test_it_sets_the_product_that_has_its_skus_and_makes_no_second(shop: Shop) -> None:
    mug = {"id": "1", "sku": "EKM-MUG", "price": "15.00"}
    given = {"title": "Enamel Mug, large", "style_code": ""}
    for _ in range(2):
        written = shop.act("set_product", product(mug, **given))
        assert written.label == "mug01"
    row = shop.row(written.external_id)
    assert [(line["sku"], line["price"]) for line in row["lines"]] == [("EKM-MUG", "15.00")]
    assert shop.find_link("variant", "EKM-MUG", "reference")


def test_it_asks_a_person_whose_product_it_is(shop: Shop) -> None:
    tee, mug = {"id": "1", "sku": "EKM-TEE-S"}, {"id": "2", "sku": "EKM-MUG"}
    with pytest.raises(Rejected, match="«Organic Tee» in Shopify has the SKUs of Tee S among"):
        shop.act("set_product", product(tee, title="Tee S", style_code=""))
    with pytest.raises(Rejected, match="are in 2 products of Shopify: «Enamel Mug», «Organic Tee»"):
        shop.act("set_product", product(tee, mug))


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
