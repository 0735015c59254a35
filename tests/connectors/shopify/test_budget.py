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
    shop.set(rate_limit=True, bucket=500, restore=1)
    whole(shop)
    found = meter_of(shop.client.exchanges[-1])
    assert found is not None
    assert (found.most, found.per_second) == (500, 1)
    assert found.cost == 2 + 4 * (1 + 2 + 3) + 1 < shop.client.exchanges[-1].request.cost
    assert found.available == 500 - found.cost


def test_it_reads_what_was_asked_where_shopify_gives_nothing_back(shop: Shop) -> None:
    shop.set(refund_unused=False)
    whole(shop)
    found = meter_of(shop.client.exchanges[-1])
    assert found is not None and found.cost == 168


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
    sent = shipment(shop, order_id)
    shop.act("create_fulfillment", sent)
    shop.find("create_fulfillment", sent)
    shop.act("write_order_number", erp_order(shop, order_id))
    shop.find_link("order", f"{shop.name}-{order_id}", "reference")
    shop.find_link("variant", "EKM-MUG", "reference")
    wrong = []
    for exchange in shop.client.exchanges:
        assert exchange.response is not None
        declared = exchange.request.cost
        asked = exchange.response.json()["extensions"]["cost"]["requestedQueryCost"]
        if not asked <= declared <= asked * 1.25 + 2:
            wrong.append((exchange.request.json["query"].split("(")[0], declared, asked))
    assert not wrong
