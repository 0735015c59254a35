"""Shopify's webhooks: subscribed, signed, and read as polls are."""

import json
from collections.abc import Iterator
from decimal import Decimal

import msgspec
import pytest

from tests.connectors.shopify.shop import MUG, SHOPIFY, TEE, Shop
from tests.connectors.webhook_receiver import WebhookReceiver


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
