"""What requests cost, and what each answer tells of the budget."""

from typing import Any

import pytest

from connectors.errors import RateLimited
from connectors.spec import Meter, Request, Response
from tests.connectors.shopify.shop import SHOPIFY, Shop, erp_order, shipment
from tests.connectors.shopify.test_levels import fetch, whole
from tests.connectors.shopify.test_stock import entry, known, send


def meter_of(exchange: Any) -> Meter | None:
    assert SHOPIFY.meter is not None and exchange.response is not None
    return SHOPIFY.meter(exchange.request, exchange.response)


def test_it_reads_the_bucket_out_of_each_answer(shop: Shop) -> None:
    shop.set(rate_limit=True, bucket=500, restore=10)
    whole(shop)
    found = meter_of(shop.client.exchanges[-1])
    assert found is not None
    assert (found.most, found.per_second, found.cost) == (500, 10, 168)
    assert 332 <= found.available <= 334


@pytest.mark.parametrize("status", [200, 429])
def test_it_reads_the_bucket_out_of_a_refusal(shop: Shop, status: int) -> None:
    shop.set(rate_limit=True, bucket=100, restore=10, throttle_status=status)
    with pytest.raises(RateLimited):
        whole(shop)
    found = meter_of(shop.client.exchanges[-1])
    assert found is not None
    assert (found.available, found.most, found.cost) == (100, 100, 168)


@pytest.mark.parametrize("body", [b"", b"<html>", b"[]", b"{}", b'{"data":{}}', b"null"])
def test_it_reads_nothing_out_of_other_answers(body: bytes) -> None:
    assert SHOPIFY.meter is not None
    assert SHOPIFY.meter(Request("POST", "/"), Response(503, {}, body)) is None


def test_it_declares_what_shopify_will_ask_and_never_less(shop: Shop) -> None:
    order_id = shop.place()
    for feed in SHOPIFY.feeds:
        if feed.poll:
            shop.poll(feed.name)
    items = [str(raw["inventory_item_id"]) for raw in whole(shop)]
    fetch(shop, *items)
    send(shop, entry(shop, "EKM-MUG", 7), known(shop, "EKM-CAP", 8, 499))
    shop.act("create_fulfillment", shipment(shop, order_id))
    shop.act("write_order_number", erp_order(shop, order_id))
    shop.find_link("order", f"{shop.name}-{order_id}", "reference")
    shop.find_link("variant", "EKM-MUG", "reference")
    wrong = []
    for exchange in shop.client.exchanges:
        found, declared = meter_of(exchange), exchange.request.cost
        assert found is not None and found.cost is not None
        if not found.cost <= declared <= found.cost * 1.25 + 2:
            wrong.append((exchange.request.json["query"].split("(")[0], declared, found.cost))
    assert not wrong
