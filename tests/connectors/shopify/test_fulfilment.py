"""Shipments told to Shopify: each once, and refused in plain words."""

import msgspec
import pytest

from connectors.errors import (
    MissingLink,
    Rejected,
    TooLate,
    Unreachable,
)
from connectors.spec import Written
from connectors.standard import resources
from tests.connectors.shopify.shop import MUG, TEE, Shop, shipment


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
