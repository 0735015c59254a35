"""A simulator of Whiplash: its API, its webhooks, and the people of its warehouse.

The settings of a world, changed by the control action `set`, are told at the top of each module
beside this one.
"""

import hashlib
import hmac
import json
from collections.abc import Mapping
from typing import Any, ClassVar

from connectors.catalog.whiplash import sandbox_orders as orders
from connectors.catalog.whiplash import sandbox_returns as returns
from connectors.catalog.whiplash import sandbox_shipping as shipping
from connectors.catalog.whiplash import sandbox_stock as stock
from connectors.catalog.whiplash.sandbox_access import (
    OAuthRoutes,
    client_secret,
    demo_credentials,
    over_limit,
    person,
)
from connectors.catalog.whiplash.sandbox_floor import FloorControls
from connectors.catalog.whiplash.sandbox_routes import (
    NotificationRoutes,
    OrderRoutes,
    SimulateRoutes,
    StockRoutes,
)
from connectors.sandbox.kit import Call, Reply, Sandbox, Subscription
from connectors.sandbox.world import Document, World

EVENTS = (
    "order.created",
    "order.cancelled",
    "order.batched",
    "order.shipped",
    "order.delivered",
    "order.attention",
    "order.dropship.packed",
    "item.created",
    "item.inventory_changed",
    "item.inventory_adjusted",
    "item.inventory_received",
    "item.low_inventory",
    "item.out_of_stock",
    "consumer_return.created",
    "consumer_return.status_changed",
    "consumer_return.completed",
    "consumer_return.deleted",
    "consumer_return.unexpected",
)


class WhiplashControls:
    """What people in the warehouse do. `order` is an id, our reference or the human number."""

    @person("pick")
    def pick(self, world: World, given: Document) -> Any:
        return shipping.advance(world, orders.find_order(world, given["order"]), 150)

    @person("pack")
    def pack(self, world: World, given: Document) -> Any:
        return shipping.advance(world, orders.find_order(world, given["order"]), 160)

    @person("ship")
    def ship(self, world: World, given: Document) -> Any:
        """`parcels`: [{tracking, carrier, weight_oz, items: [{line or sku, quantity}]}]; `short`:
        what they do not hold is dropped instead of kept open in a new order."""
        order = orders.find_order(world, given["order"])
        parcels = given.get("parcels") or [{}]
        return shipping.ship(world, order, parcels, is_short=bool(given.get("short")))

    @person("deliver")
    def deliver(self, world: World, given: Document) -> Any:
        order = self._sent_order(world, given)
        return shipping.advance(world, order, 350, "order.delivered")

    @person("return_undeliverable")
    def return_undeliverable(self, world: World, given: Document) -> Any:
        return shipping.advance(world, self._sent_order(world, given), 400, "order.attention")

    @person("cancel")
    def cancel(self, world: World, given: Document) -> Any:
        order = orders.find_order(world, given["order"])
        return orders.act(world, order, "cancel", by_staff=True)

    @person("announce_return")
    def announce_return(self, world: World, given: Document) -> Any:
        """`order`, `items`: [{sku, quantity, description}]: on its way."""
        order = self._sent_order(world, given)
        body = {
            "requires_label": False,
            "order_id": order["id"],
            "shipnotice_items_attributes": given.get("items") or order["order_items"],
            "tracking": given.get("tracking"),
        }
        return returns.create_return(world, body)

    @person("receive_return")
    def receive_return(self, world: World, given: Document) -> Any:
        """`return` (an id) or `order` with `items`; `damaged`: {sku: how many}."""
        record = world.table("consumer_returns").get(given.get("return"))
        if record is None:
            record = self.announce_return(world, given)
        if "error" in record:
            return record
        return returns.complete_return(world, record, given.get("damaged") or {})

    def _sent_order(self, world: World, given: Document) -> Document:
        named = given["order"]
        found = world.table("orders").get(named) or next(
            (row for row in orders.orders_of(world, str(named)) if row["status"] >= 300), None
        )
        return found or orders.find_order(world, named)


class WhiplashSandbox(
    WhiplashControls,
    FloorControls,
    OAuthRoutes,
    OrderRoutes,
    StockRoutes,
    SimulateRoutes,
    NotificationRoutes,
    Sandbox,
):
    slug: ClassVar[str] = "whiplash"

    def seed(self, world: World) -> None:
        world.table("customers").put(200, {"id": 200, "name": world.account})
        for number, name in enumerate(EVENTS, start=41):
            kind = name.split(".")[0]
            row = {"id": number, "name": name, "resource_type": kind, "requires_subscription": True}
            world.table("notification_events").put(number, row)
        stock.seed_stock(world)

    def admit(self, world: World, call: Call, path: str, in_flight: int) -> Reply | None:
        return over_limit(world, path)

    def subscriptions(self, world: World, topic: str) -> list[Subscription]:
        if not len(world.table("notification_subscriptions")):
            return []
        name, _, only = topic.partition("@")
        events = world.table("notification_events").where(name=name)
        numbers = {row["id"] for row in events}
        return [
            Subscription(str(row["id"]), name, row["endpoint"], client_secret(world))
            for row in world.table("notification_subscriptions")
            if row["notification_event_id"] in numbers
            and row["active"]
            and (not only or str(row["id"]) == only)
        ]

    def webhook(
        self, world: World, subscription: Subscription, payload: Any, more: Mapping[str, Any]
    ) -> tuple[bytes, dict[str, str]]:
        body = json.dumps(payload).encode()
        digest = hmac.new(subscription.secret.encode(), body, hashlib.sha256).hexdigest()
        return body, {"Content-Type": "application/json", "X-WHIPLASH-SIGNATURE": digest}

    def connection(self, world: World) -> dict[str, Any]:
        return {
            "auth": "oauth",
            "settings": {
                "account": world.account,
                "customer_id": "200",
                "shop_id": "31",
                "location": str(stock.MAIN),
                "default_shipping_method": "Ground",
                "webhook_type": "webhook",
            },
            "credentials": demo_credentials(world),
        }

    def ledger(self, world: World) -> list[dict[str, Any]]:
        return [
            *map(_order_row, world.table("orders")),
            *(_item_row(world, item) for item in world.table("items")),
            *map(_return_row, world.table("consumer_returns")),
        ]


def _order_row(order: Document) -> Document:
    return {
        "kind": "order",
        "id": str(order["id"]),
        "label": order["humanize_id"],
        "reference": order["originator"]["original_id"],
        "order_orig": order["order_orig"],
        "state": order["status_name"],
        "status": order["status"],
        "at": order["updated_at"],
        "total": None,
        "tracking": order["tracking"],
        "lines": [
            {
                "reference": line["originator"]["original_id"],
                "sku": line["sku"],
                "quantity": line["quantity"],
                "packed": line["packed"],
            }
            for line in order["order_items"]
        ],
    }


def _item_row(world: World, item: Document) -> Document:
    levels = stock.warehouse_quantities(world, item["id"])
    return {
        "kind": "item",
        "id": str(item["id"]),
        "label": item["sku"],
        "reference": item["sku"],
        "state": "active" if item["active"] else "archived",
        "at": item["updated_at"],
        "total": None,
        "quantity": stock.total_of(world, item["id"]),
        "sellable": item["quantity"],
        "levels": {str(row["id"]): row["quantity"] for row in levels},
    }


def _return_row(record: Document) -> Document:
    return {
        "kind": "return",
        "id": str(record["id"]),
        "label": str(record["id"]),
        "reference": record["originator"]["original_id"],
        "state": record["status_name"],
        "at": record["updated_at"],
        "total": None,
        "order_id": record["order_id"],
        "lines": [
            {
                "sku": line["sku"],
                "quantity": line["quantity"],
                "good": line["quantity_good"],
                "damaged": line["quantity_damaged"],
            }
            for line in record["return_items"]
        ],
    }


SANDBOX = WhiplashSandbox()
