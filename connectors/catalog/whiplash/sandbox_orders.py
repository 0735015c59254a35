"""The sandbox's orders: made, allocated, paused and cancelled.

Settings: `duplicates` ("refuse": 409 for a second order with the same originator id; "accept"),
`cancel_until` (150: from that status on a cancellation is refused), `cancel_twice` (off: refused),
`refused_action` (422 or 405: the status of a refused action), `allocate` (on; off: the stock is
not looked at).
"""

from typing import Any

from connectors.catalog.whiplash.sandbox_access import refuse
from connectors.catalog.whiplash.sandbox_search import later_than, time_text
from connectors.catalog.whiplash.sandbox_stock import (
    WAREHOUSES,
    commit,
    item_of,
    sellable,
    shelf_of,
)
from connectors.sandbox.world import Document, World

STATUSES = {
    30: "Shipped Externally",
    35: "Quote",
    40: "Cancelled",
    45: "Closed by Originator",
    80: "Pre-Order",
    90: "Paused",
    95: "Insufficient Inventory",
    100: "Processing",
    120: "Printed",
    140: "Pending Pick Confirmation",
    150: "Picked",
    160: "Packed",
    300: "Shipped",
    325: "Picked Up",
    350: "Delivered",
    400: "Returned Undeliverable",
}
ORDER_TYPES = (
    "direct_to_consumer",
    "dropship",
    "retail",
    "transfer",
    "value_added_service",
    "wholesale",
)
ADDRESS = ("name", "company", "address_1", "address_2", "city", "state", "zip", "country", "phone")
TEXTS = (
    "order_orig",
    "purchase_order",
    "email",
    "ship_notes",
    "public_note",
    "shop_shipping_method_text",
    "shop_shipping_method_currency",
    "shop_created_at",
    *(f"{kind}_{part}" for kind in ("shipping", "billing") for part in ADDRESS),
)
COMMITTED = (100, 120, 140, 150, 160)  # the statuses in which stock is kept for the order


def create_order(world: World, body: Any) -> Document:
    if not isinstance(body, dict):
        raise refuse(422, "The order is empty")
    _check_body(body)
    reference = str((body.get("originator_attributes") or {}).get("original_id") or "")
    if (
        reference
        and orders_of(world, reference)
        and world.setting("duplicates", "refuse") == "refuse"
    ):
        raise refuse(409, f"Originator original_id {reference} has already been taken")
    lines = [_check_line(world, line) for line in body.get("order_items_attributes") or []]
    if not lines:
        raise refuse(422, "Validation failed: Order items can't be blank")
    order = new_order(world, body)
    order["order_items"] = [new_line(world, order, line, item) for line, item in lines]
    if order["status"] == 100:
        allocate(world, order)
    return save(world, order, "order.created", "Order created")


def _check_body(body: Document) -> None:
    wanted = ["name", "address_1", "city", "country"]
    if str(body.get("shipping_country", "")).upper() in ("US", "CA", "GB"):
        wanted.append("zip")
    blank = [part for part in wanted if not str(body.get(f"shipping_{part}") or "").strip()]
    if blank:
        said = ", ".join(f"Shipping {part.replace('_', ' ')} can't be blank" for part in blank)
        raise refuse(422, f"Validation failed: {said}")
    if body.get("order_type", ORDER_TYPES[0]) not in ORDER_TYPES:
        raise refuse(422, "order_type does not have a valid value")
    if body.get("status") not in (None, 30, 35):
        raise refuse(422, "status does not have a valid value")
    if set(body.get("shop_warehouse_ids") or []) - set(WAREHOUSES):
        raise refuse(422, "Validation failed: Shop warehouse ids is invalid")


def _check_line(world: World, line: Document) -> tuple[Document, Document]:
    item = item_of(world, sku=line.get("sku"), item_id=line.get("item_id"))
    if item is None or not item["active"]:
        named = line.get("sku") or line.get("item_id")
        raise refuse(422, f"Validation failed: Order items item {named} could not be found")
    quantity = line.get("quantity")
    if not isinstance(quantity, int) or isinstance(quantity, bool) or quantity < 1:
        raise refuse(422, "Validation failed: Order items quantity must be greater than 0")
    return line, item


def new_order(world: World, body: Document) -> Document:
    number = world.next_id("order", 410001)
    now = time_text(world.now())
    status = body.get("status") or 100
    return {
        "id": number,
        "customer_id": 200,
        "humanize_id": str(number),
        "status": status,
        "status_name": STATUSES[status],
        "previous_status": None,
        "order_type": body.get("order_type", ORDER_TYPES[0]),
        **{name: body.get(name) for name in TEXTS},
        "shop_shipping_method_price": str(body.get("shop_shipping_method_price") or "0.0"),
        "shop_warehouse_ids": body.get("shop_warehouse_ids") or [],
        "warehouse_id": None,
        "shipping_method": {"id": 28, "carrier": "UPS", "service": "ground", "name": "UPS Ground"},
        "ship_method": "UPS Ground",
        "ship_actual_cost": None,
        "shipped_on": None,
        "created_at": now,
        "updated_at": now,
        "items_updateable": True,
        "tracking": [],
        "tracking_links": [],
        "order_items": [],
        "packages": [],
        "serial_numbers": [],
        "originator": _originator(world, "Order", number, body.get("originator_attributes")),
    }


def _originator(world: World, kind: str, number: int, given: Any) -> Document:
    given = given if isinstance(given, dict) else {}
    original = given.get("original_id")
    now = time_text(world.now())
    if original and kind == "Order":
        known = world.table("order_originators").get(original) or {"orders": []}
        world.table("order_originators").put(original, {"orders": [*known["orders"], number]})
    return {
        "id": world.next_id("originator", 5001),
        "originated_id": number,
        "originated_type": kind,
        "shop_id": 31,
        "provider": "api",
        "original_id": str(original) if original else None,
        "group_id": given.get("group_id"),
        "misc": given.get("misc"),
        "active": True,
        "created_at": now,
        "updated_at": now,
    }


def new_line(world: World, order: Document, line: Document, item: Document) -> Document:
    number = world.next_id("order_item", 88001)
    world.table("order_items").put(number, {"order_id": order["id"]})
    return {
        "id": number,
        "order_id": order["id"],
        "customer_id": 200,
        "item_id": item["id"],
        "package_id": None,
        "sku": item["sku"],
        "description": line.get("description") or item["title"],
        "quantity": line["quantity"],
        "price": str(line.get("price") or item["price"]),
        "unshippable": False,
        "available": True,
        "packed": 0,
        "packaging": False,
        "promo": False,
        "currency": "USD",
        "originator": _originator(world, "OrderItem", number, line.get("originator_attributes")),
    }


def orders_of(world: World, reference: str) -> list[Document]:
    known = world.table("order_originators").get(reference) or {"orders": []}
    found = [world.table("orders").get(number) for number in known["orders"]]
    return [order for order in found if order is not None]


def find_order(world: World, named: Any) -> Document:
    """By its id, our reference or the human number; of a split one the part still open."""
    order = world.table("orders").get(named)
    if order is not None:
        return order
    found = orders_of(world, str(named)) or world.table("orders").where(order_orig=str(named))
    if not found:
        raise refuse(404, f"Couldn't find Order with 'id'={named}")
    return next(
        (order for order in found if order["status"] < 300 and order["status"] != 40), found[0]
    )


def save(world: World, order: Document, event: str = "", said: str = "") -> Document:
    order["updated_at"] = later_than(order["updated_at"], world.now())
    world.table("orders").put(order["id"], order)
    world.journal(
        event or "order.updated",
        str(order["id"]),
        reference=order["originator"]["original_id"],
        status=order["status"],
        said=said,
    )
    if event:
        world.notify(event, {"order": order, "event_name": event})
    return order


def set_status(order: Document, status: int) -> None:
    order["previous_status"] = order["status"]
    order["status"], order["status_name"] = status, STATUSES[status]
    order["items_updateable"] = status < 120


def allocate(world: World, order: Document) -> None:
    """The first warehouse that has everything keeps it; else the order waits in 95."""
    wanted: dict[int, int] = {}
    for line in order["order_items"]:
        wanted[line["item_id"]] = wanted.get(line["item_id"], 0) + line["quantity"]
    places = order["shop_warehouse_ids"] or list(WAREHOUSES)
    for place in places:
        if not world.setting("allocate", True) or all(
            sellable(shelf_of(world, item, place)) >= count for item, count in wanted.items()
        ):
            order["warehouse_id"] = place
            for item, count in wanted.items():
                commit(world, item, place, count)
            set_status(order, 100)
            return
    order["warehouse_id"] = places[0]
    set_status(order, 95)


def release_stock(world: World, order: Document) -> None:
    if order["status"] in COMMITTED:
        for line in order["order_items"]:
            commit(world, line["item_id"], order["warehouse_id"], -line["quantity"])


def allocate_waiting(world: World) -> None:
    """New stock: orders that waited for it go on, the oldest first."""
    for order in world.table("orders").where(status=95):
        allocate(world, order)
        if order["status"] == 100:
            save(world, order, said="Inventory arrived")


def act(world: World, order: Document, action: str, *, by_staff: bool = False) -> Document:
    actions = {"cancel": _cancel, "uncancel": _uncancel, "pause": _pause, "release": _release}
    if action not in actions:
        raise refuse(405, f"Action {action} is not allowed")
    if action == "cancel" and by_staff and order["status"] < 300:
        return _do_cancel(world, order)
    return actions[action](world, order)


def _cancel(world: World, order: Document) -> Document:
    if order["status"] == 40 and world.setting("cancel_twice", False):
        return order
    if order["status"] in (40, 45) or order["status"] >= int(world.setting("cancel_until", 150)):
        raise _refused(world, f"Order cannot be cancelled while {order['status_name']}")
    return _do_cancel(world, order)


def _do_cancel(world: World, order: Document) -> Document:
    release_stock(world, order)
    set_status(order, 40)
    save(world, order, "order.cancelled", "Order cancelled")
    allocate_waiting(world)
    return order


def _uncancel(world: World, order: Document) -> Document:
    if order["status"] != 40:
        raise _refused(world, "Order is not cancelled")
    allocate(world, order)
    return save(world, order, said="Order uncancelled")


def _pause(world: World, order: Document) -> Document:
    if order["status"] not in (95, 100):
        raise _refused(world, f"Order cannot be paused while {order['status_name']}")
    release_stock(world, order)
    set_status(order, 90)
    return save(world, order, said="Order paused")


def _release(world: World, order: Document) -> Document:
    if order["status"] not in (80, 90):
        raise _refused(world, f"Order cannot be released while {order['status_name']}")
    allocate(world, order)
    return save(world, order, said="Order released")


def _refused(world: World, message: str) -> Exception:
    return refuse(int(world.setting("refused_action", 422)), message)
