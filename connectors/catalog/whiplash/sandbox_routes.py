"""The endpoints of the sandbox: orders, items, returns, notifications, and the vendor's own drive.

Settings: `originators_route` and `originator_path` (both on: the two ways to find an order by the
client's reference), `list_with_lines` (on; off: a list of orders leaves out lines and packages).
"""

import re
from typing import Any

from connectors.catalog.whiplash import sandbox_items as items
from connectors.catalog.whiplash import sandbox_orders as orders
from connectors.catalog.whiplash import sandbox_returns as returns
from connectors.catalog.whiplash import sandbox_shipping as shipping
from connectors.catalog.whiplash import sandbox_stock as stock
from connectors.catalog.whiplash.sandbox_access import NUMBER, endpoint, refuse
from connectors.catalog.whiplash.sandbox_search import counted, later_than, listed, time_text
from connectors.sandbox.kit import Call, Reply
from connectors.sandbox.world import Document, World

ACTIONS = ("cancel", "uncancel", "pause", "release")


def row_of(world: World, table: str, number: Any) -> Document:
    found = world.table(table).get(number)
    if found is None:
        raise refuse(404, f"Couldn't find {table} with 'id'={number}")
    return found


def item_row(world: World, number: Any) -> Document:
    found = stock.find_item(world, number)
    if found is None:
        raise refuse(404, f"Couldn't find items with 'id'={number}")
    return found


def _order_originators(world: World, call: Call) -> list[Document]:
    """By the index where the search names one, for a world with many orders."""
    wanted = re.search(r'"original_id_eq":\s*"([^"]+)"', call.query.get("search", ""))
    found = orders.orders_of(world, wanted[1]) if wanted else world.table("orders").values()
    return [order["originator"] for order in found]


class OrderRoutes:
    @endpoint("GET", "/orders")
    def list_orders(self, world: World, call: Call) -> Reply:
        reply = listed(world, call, world.table("orders"))
        if world.setting("list_with_lines", True):
            return reply
        left_out = ("order_items", "packages")
        short = [{k: v for k, v in row.items() if k not in left_out} for row in reply.json]
        return Reply(200, short, reply.headers)

    @endpoint("GET", "/orders/count")
    def count_orders(self, world: World, call: Call) -> Reply:
        return counted(world, call, world.table("orders"))

    @endpoint("GET", "/orders/actions")
    def order_actions(self, world: World, call: Call) -> list[Document]:
        return [{"name": name, "args": {}} for name in ACTIONS]

    @endpoint("POST", "/orders")
    def create_order(self, world: World, call: Call) -> Reply:
        return Reply(201, orders.create_order(world, call.json()))

    @endpoint("POST", "/orders/bulk")
    def create_orders(self, world: World, call: Call) -> Reply:
        bodies = (call.json() or {}).get("resources") or []
        return Reply(201, [{"result": orders.create_order(world, body)} for body in bodies])

    @endpoint("GET", f"/orders/{NUMBER}")
    def read_order(self, world: World, call: Call, number: str) -> Document:
        return row_of(world, "orders", number)

    @endpoint("PUT", f"/orders/{NUMBER}")
    def change_order(self, world: World, call: Call, number: str) -> Document:
        order = row_of(world, "orders", number)
        if order["status"] >= 120:
            raise refuse(422, f"Order cannot be changed while {order['status_name']}")
        given = call.json() or {}
        order.update({name: given[name] for name in orders.TEXTS if name in given})
        return orders.save(world, order, said="Order changed")

    @endpoint("PUT", f"/orders/{NUMBER}/call/{{action}}")
    def call_action(self, world: World, call: Call, number: str, action: str) -> Document:
        return orders.act(world, row_of(world, "orders", number), action)

    @endpoint("GET", f"/orders/{NUMBER}/order_items")
    def list_lines(self, world: World, call: Call, number: str) -> Reply:
        return listed(world, call, row_of(world, "orders", number)["order_items"])

    @endpoint("GET", f"/orders/{NUMBER}/events")
    def order_events(self, world: World, call: Call, number: str) -> list[Document]:
        row_of(world, "orders", number)
        return [
            {"date": entry["at"], "description": entry["said"], "event_type": entry["what"]}
            for entry in world.history()
            if entry["key"] == number and entry["what"].startswith("order.")
        ]

    @endpoint("GET", "/orders/originator/{reference}")
    def order_by_originator(self, world: World, call: Call, reference: str) -> Document:
        found = orders.orders_of(world, reference)
        if not found or not world.setting("originator_path", True):
            raise refuse(404, "Not Found")
        return found[0]

    @endpoint("GET", "/originators")
    def list_originators(self, world: World, call: Call) -> Reply:
        if not world.setting("originators_route", True):
            raise refuse(404, "Not Found")
        kind = call.query.get("originated_type")
        if not kind:
            raise refuse(400, "originated_type is missing")
        rows = _order_originators(world, call) if kind == "Order" else []
        return listed(world, call, rows)

    @endpoint("GET", f"/order_items/{NUMBER}")
    def read_line(self, world: World, call: Call, number: str) -> Document:
        return self._line(world, number)[1]

    @endpoint("PUT", f"/order_items/{NUMBER}/separate")
    def separate_line(self, world: World, call: Call, number: str) -> Document:
        order, line = self._line(world, number)
        if order["status"] >= 160 or order["status"] == 40:
            raise refuse(422, f"Order is {order['status_name']}")
        quantity = int((call.json() or {}).get("quantity") or line["quantity"])
        if len(order["order_items"]) == 1 and quantity >= line["quantity"]:
            raise refuse(422, "The only item of an order cannot be separated")
        fresh = shipping.separate(world, order, {line["id"]: quantity})
        separated: Document = fresh["order_items"][0]
        return separated

    def _line(self, world: World, number: str) -> tuple[Document, Document]:
        order = row_of(world, "orders", row_of(world, "order_items", number)["order_id"])
        for line in order["order_items"]:
            if str(line["id"]) == number:
                return order, line
        raise refuse(404, f"Couldn't find OrderItem with 'id'={number}")


class StockRoutes:
    @endpoint("GET", "/items")
    def list_items(self, world: World, call: Call) -> Reply:
        return items.list_items(world, call)

    @endpoint("GET", "/items/count")
    def count_items(self, world: World, call: Call) -> Reply:
        return items.count_items(world, call)

    @endpoint("POST", "/items")
    def create_item(self, world: World, call: Call) -> Reply:
        given = call.json() or {}
        if not given.get("sku") or not given.get("title"):
            raise refuse(422, "Validation failed: Sku can't be blank, Title can't be blank")
        if stock.item_of(world, sku=given["sku"]):
            raise refuse(409, f"Sku {given['sku']} has already been taken")
        price = str(given.get("price") or "0.0")
        item = stock.make_item(world, sku=given["sku"], title=given["title"], price=price)
        world.journal("item.created", str(item["id"]), sku=item["sku"])
        world.notify("item.created", {"item": item, "event_name": "item.created"})
        return Reply(201, item)

    @endpoint("GET", f"/items/{NUMBER}")
    def read_item(self, world: World, call: Call, number: str) -> Document:
        return item_row(world, number)

    @endpoint("PUT", f"/items/{NUMBER}")
    def change_item(self, world: World, call: Call, number: str) -> Document:
        item = item_row(world, number)
        given = call.json() or {}
        item.update(
            {name: given[name] for name in ("title", "description", "price") if name in given}
        )
        item["updated_at"] = later_than(item["updated_at"], world.now())
        world.journal("item.updated", number)
        return world.table("items").put(number, item)

    @endpoint("DELETE", f"/items/{NUMBER}")
    def archive_item(self, world: World, call: Call, number: str) -> Reply:
        item = item_row(world, number)
        item["active"], item["available"] = False, False
        item["updated_at"] = later_than(item["updated_at"], world.now())
        world.table("items").put(number, item)
        world.journal("item.archived", number)
        return Reply(204)

    @endpoint("GET", f"/items/{NUMBER}/warehouse_quantities")
    def quantities(self, world: World, call: Call, number: str) -> list[Document]:
        return stock.warehouse_quantities(world, item_row(world, number)["id"])

    @endpoint("GET", f"/items/{NUMBER}/transactions")
    def transactions(self, world: World, call: Call, number: str) -> Reply:
        rows = world.table("transactions").where(item_id=item_row(world, number)["id"])
        return listed(world, call, rows)

    @endpoint("GET", "/consumer_returns")
    def list_returns(self, world: World, call: Call) -> Reply:
        return listed(world, call, world.table("consumer_returns"))

    @endpoint("GET", "/consumer_returns/count")
    def count_returns(self, world: World, call: Call) -> Reply:
        return counted(world, call, world.table("consumer_returns"))

    @endpoint("POST", "/consumer_returns")
    def create_return(self, world: World, call: Call) -> Reply:
        return Reply(201, returns.create_return(world, call.json()))

    @endpoint("GET", f"/consumer_returns/{NUMBER}")
    def read_return(self, world: World, call: Call, number: str) -> Document:
        return row_of(world, "consumer_returns", number)

    @endpoint("GET", "/customers")
    def list_customers(self, world: World, call: Call) -> Reply:
        return listed(world, call, world.table("customers"))

    @endpoint("GET", f"/customers/{NUMBER}")
    def read_customer(self, world: World, call: Call, number: str) -> Document:
        return row_of(world, "customers", number)


class SimulateRoutes:
    """What the vendor offers to play the warehouse in its own sandbox."""

    @endpoint("POST", "/simulate/orders/create")
    def simulate_order(self, world: World, call: Call) -> Reply:
        model = row_of(world, "orders", (call.json() or {}).get("order_id"))
        lines = [
            {"item_id": line["item_id"], "quantity": line["quantity"]}
            for line in model["order_items"]
        ]
        body = {name: model[name] for name in orders.TEXTS} | {"order_items_attributes": lines}
        return Reply(201, orders.create_order(world, body))

    @endpoint("PUT", f"/simulate/orders/{NUMBER}/processing")
    def simulate_processing(self, world: World, call: Call, number: str) -> Document:
        order = row_of(world, "orders", number)
        wanted = (call.json() or {}).get("status", "shipped")
        if wanted == "batched":
            return shipping.advance(world, order, 120, "order.batched")
        if wanted == "packed":
            return shipping.advance(world, order, 160)
        if wanted == "shipped":
            return shipping.ship(world, order, [{}], is_short=False)
        raise refuse(422, "status does not have a valid value")

    @endpoint("PUT", f"/simulate/consumer_returns/{NUMBER}/processing")
    def simulate_return(self, world: World, call: Call, number: str) -> Document:
        record = row_of(world, "consumer_returns", number)
        return returns.complete_return(world, record, {})


class NotificationRoutes:
    """Settings: `webhook_types` (the accepted notification_type, any case: ["webhook"])."""

    @endpoint("GET", "/notification_events")
    def list_events(self, world: World, call: Call) -> Reply:
        return listed(world, call, world.table("notification_events"))

    @endpoint("GET", "/notification_subscriptions")
    def list_subscriptions(self, world: World, call: Call) -> Reply:
        return listed(world, call, world.table("notification_subscriptions"))

    @endpoint("POST", "/notification_subscriptions")
    def subscribe(self, world: World, call: Call) -> Reply:
        given = call.json() or {}
        event = row_of(world, "notification_events", given.get("notification_event_id"))
        kinds = [str(kind).lower() for kind in world.setting("webhook_types", ["webhook"])]
        if str(given.get("notification_type", "")).lower() not in kinds:
            raise refuse(422, "notification_type does not have a valid value")
        if not str(given.get("endpoint", "")).startswith("http"):
            raise refuse(422, "Validation failed: Endpoint is invalid")
        number = world.next_id("subscription", 301)
        now = time_text(world.now())
        row = {
            "id": number,
            "notification_event_id": event["id"],
            "notification_type": given["notification_type"],
            "endpoint": given["endpoint"],
            "active": bool(given.get("active", True)),
            "version": given.get("version") or 2,
            "customer_id": 200,
            "user_id": 11,
            "created_at": now,
            "updated_at": now,
        }
        world.journal("subscription.created", str(number), endpoint=row["endpoint"])
        return Reply(201, world.table("notification_subscriptions").put(number, row))

    @endpoint("GET", f"/notification_subscriptions/{NUMBER}")
    def read_subscription(self, world: World, call: Call, number: str) -> Document:
        return row_of(world, "notification_subscriptions", number)

    @endpoint("PUT", f"/notification_subscriptions/{NUMBER}")
    def change_subscription(self, world: World, call: Call, number: str) -> Document:
        row = row_of(world, "notification_subscriptions", number)
        given = call.json() or {}
        row.update({name: given[name] for name in ("endpoint", "active") if name in given})
        row["updated_at"] = time_text(world.now())
        world.journal("subscription.updated", number, endpoint=row["endpoint"])
        return world.table("notification_subscriptions").put(number, row)

    @endpoint("DELETE", f"/notification_subscriptions/{NUMBER}")
    def unsubscribe(self, world: World, call: Call, number: str) -> Reply:
        row_of(world, "notification_subscriptions", number)
        world.table("notification_subscriptions").delete(number)
        world.journal("subscription.removed", number)
        return Reply(204)

    @endpoint("GET", f"/notification_subscriptions/{NUMBER}/test")
    def test_subscription(self, world: World, call: Call, number: str) -> Document:
        row = row_of(world, "notification_subscriptions", number)
        event = row_of(world, "notification_events", row["notification_event_id"])
        kind = event["resource_type"]
        known = world.table({"order": "orders", "item": "items"}.get(kind, "consumer_returns"))
        sample = next(iter(known), {"id": 0})
        world.notify(f"{event['name']}@{number}", {kind: sample, "event_name": event["name"]})
        return row
