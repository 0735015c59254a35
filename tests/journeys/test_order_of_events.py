"""What comes too early, too late or too often."""

import base64
import hashlib
import hmac
import uuid

import requests

from flows.demo.orders import KINDS, SHIPPED, Kind, line
from flows.demo.remote import Row
from flows.demo.story import Ledgers, Placed
from tests.journeys.day import Day, eventually
from tests.journeys.house import House

PLAIN = KINDS[0]
THREE_TEES = Kind("three tees", {"lines": [line("EKM-TEE-L", 3)]}, expected=SHIPPED)


def sales_of(house: House, order: Placed) -> list[Row]:
    return Ledgers.read(house.remotes).sales_of(order)


def of_flow(house: House, order: Placed, flow: str) -> list[Row]:
    return [row for row in house.desk.deliveries(order.id) if row["flow"] == flow]


def states_of(house: House, order: Placed, flow: str) -> list[str]:
    return [row["state"] for row in of_flow(house, order, flow)]


def test_it_takes_an_update_that_comes_before_the_create(house: House) -> None:
    day = Day(house)
    house.remotes.shop.do("break", kind="webhook_delay", match="orders/", seconds=4, times=-1)
    order = day.story.place(THREE_TEES)
    house.remotes.shop.do("mend")
    house.remotes.shop.do("edit_order", order=order.id, lines=[{"sku": "EKM-TEE-L", "quantity": 2}])
    eventually(lambda: sales_of(house, order))
    assert day.close(), day.wrong()
    assert not day.wrong()


def test_it_takes_the_same_webhook_many_times(house: House) -> None:
    day = Day(house)
    order = day.story.place(PLAIN)
    assert day.close(), day.wrong()
    told = house.desk.ask("webhook", order=order.id)
    before = sent_by(house, order, "Orders")
    secret = house.remotes.shop.look("connection")["credentials"]["client_secret"]
    for name in ["the same"] * 10 + [str(uuid.uuid4()) for _ in range(10)]:
        assert knock(told, secret, name) == 200
    eventually(lambda: house.desk.ask("webhook", order=order.id)["state"] == "routed")
    assert sent_by(house, order, "Orders") == before
    assert not day.wrong()


def sent_by(house: House, order: Placed, label: str) -> list[Row]:
    """Without what needed no sending: the shop tells of the tag that we wrote when it likes."""
    return [one for one in of_flow(house, order, label) if one["state"] != "unchanged"]


def knock(told: Row, secret: str, name: str) -> int:
    body = told["body"].encode()
    signed = base64.b64encode(hmac.new(secret.encode(), body, hashlib.sha256).digest())
    headers = {
        "Content-Type": "application/json",
        "X-Shopify-Topic": told["topic"],
        "X-Shopify-Webhook-Id": name,
        "X-Shopify-Hmac-Sha256": signed.decode(),
    }
    return requests.post(told["address"], data=body, headers=headers, timeout=10).status_code


def test_it_waits_with_a_shipment_for_the_order(house: House) -> None:
    """The warehouse knows the order before the ERP does, and ships it."""
    day = Day(house)
    house.desk.ask("switch", label="Orders", is_on=False)
    try:
        order = day.story.place(PLAIN)
        house.remotes.warehouse.do("ship", order=enter_in_warehouse(house, order))
        eventually(lambda: "parked" in states_of(house, order, "Item fulfilments"))
        assert not sales_of(house, order)
    finally:
        house.desk.ask("switch", label="Orders", is_on=True)
    eventually(lambda: "dead" in states_of(house, order, "Item fulfilments"))
    (early,) = of_flow(house, order, "Item fulfilments")
    assert "is not approved in NetSuite" in early["reason"]
    (sale,) = sales_of(house, order)
    house.remotes.erp.do("approve_orders", id=sale["id"])
    house.desk.ask("replay", delivery=early["id"])
    assert day.close(), day.wrong()
    assert not day.wrong()


def enter_in_warehouse(house: House, order: Placed) -> str:
    """By the warehouse's own API, as another system might, with our names."""
    warehouse = house.remotes.warehouse
    reference = f"{house.remotes.shop.account}-{order.id}"
    (sold,) = [row for row in house.remotes.shop.rows("order") if row["id"] == order.id]
    token = warehouse.look("connection")["credentials"]["access_token"]
    body = {
        "order_orig": order.name,
        "shipping_name": "Mara Quill",
        "shipping_address_1": "12 Harbor Road",
        "shipping_city": "Portland",
        "shipping_state": "ME",
        "shipping_zip": "04101",
        "shipping_country": "US",
        "originator_attributes": {"original_id": reference, "group_id": order.id},
        "order_items_attributes": [
            {
                "sku": one["sku"],
                "quantity": one["quantity"],
                "originator_attributes": {"original_id": one["id"]},
            }
            for one in sold["lines"]
        ],
    }
    answer = requests.post(
        f"{warehouse.url}/whiplash/{warehouse.account}/api/v2/orders",
        json=body,
        headers={"Authorization": f"Bearer {token}"},
        timeout=10,
    )
    assert answer.ok, answer.text
    return reference


def test_it_says_that_a_cancellation_comes_too_late(house: House) -> None:
    """The goods have left, but the shop has not heard of it yet."""
    day = Day(house)
    house.desk.ask("switch", label="Fulfilments", is_on=False)
    try:
        late = day.story.place(PLAIN)
        eventually(lambda: _is_shipped(day, late), what="Shipping it")
        house.remotes.shop.do("cancel_order", order=late.id)
        for flow in ("Shop cancels in ERP", "Shop cancels in warehouse"):
            eventually(lambda flow=flow: "dead" in states_of(house, late, flow))  # type: ignore[misc]
            (row,) = [one for one in of_flow(house, late, flow) if one["state"] == "dead"]
            assert row["failure"] == "too_late"
            assert "shipped" in row["reason"].lower()
    finally:
        house.desk.ask("switch", label="Fulfilments", is_on=True)
    (sale,) = sales_of(house, late)
    assert sale["state"] == "pending_billing"
    next_day = Day(house)
    next_day.story.place(PLAIN)
    assert next_day.close(), next_day.wrong()
    assert not next_day.wrong()


def _is_shipped(day: Day, order: Placed) -> bool:
    day.story.advance()
    sales = sales_of(day.house, order)
    return bool(sales) and sales[0]["state"] == "pending_billing"
