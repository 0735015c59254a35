"""What can be fulfilled, tracked and told of, and what Shopify refuses."""

from typing import Any

from connectors.catalog.shopify import sandbox_orders as orders
from connectors.catalog.shopify import sandbox_payloads as payloads
from connectors.catalog.shopify import sandbox_stock as stock
from connectors.catalog.shopify import sandbox_views as views
from connectors.catalog.shopify.sandbox_ids import new_id, now, number_in
from connectors.catalog.shopify.sandbox_money import Doc
from connectors.catalog.shopify.sandbox_roots import refusal, root
from connectors.sandbox.world import World

Part = tuple[Doc, Doc, int]  # a fulfilment order, a line of it, how many
WRITE_FULFILLMENT_ORDERS = (
    "write_assigned_fulfillment_orders",
    "write_merchant_managed_fulfillment_orders",
    "write_third_party_fulfillment_orders",
)


@root("fulfillmentCreate", *WRITE_FULFILLMENT_ORDERS)
def _fulfillment_create(
    world: World, info: Any, fulfillment: Doc, message: str | None = None
) -> Doc:
    table = world.table("fulfillment_orders")
    groups = fulfillment["lineItemsByFulfillmentOrder"]
    taken = [(table.get(number_in(one["fulfillmentOrderId"])), one) for one in groups]
    refused = _refuse_groups(taken)
    if refused:
        return refusal(refused, "fulfillment")
    parts: list[Part] = []
    for place, (source, group) in enumerate(taken):
        assert source is not None
        for number, given in enumerate(_wanted(source, group)):
            line = _line_of(source, given["id"])
            refused = _refuse_line(line, given["quantity"])
            if refused.startswith("Quantity"):
                path = ("lineItemsByFulfillmentOrder", str(place), "fulfillmentOrderLineItems")
                return refusal(refused, "fulfillment", *path, str(number), "quantity")
            if refused or line is None:
                return refusal(refused, "fulfillment")
            parts.append((source, line, given["quantity"]))
    order = world.table("orders").get(parts[0][0]["order_id"])
    assert order is not None
    tracking = fulfillment.get("trackingInfo") or {}
    return {"fulfillment": _fulfil(world, order, parts, tracking), "userErrors": []}


def _wanted(source: Doc, group: Doc) -> list[Doc]:
    """Lines left out mean all that remains."""
    remaining = [
        {"id": one["id"], "quantity": one["remaining"]}
        for one in source["lines"]
        if one["remaining"]
    ]
    return list(group.get("fulfillmentOrderLineItems") or remaining)


def _line_of(source: Doc, wanted: Any) -> Doc | None:
    number = wanted if isinstance(wanted, int) else number_in(wanted)
    return next((one for one in source["lines"] if one["id"] == number), None)


def _refuse_line(line: Doc | None, quantity: int) -> str:
    if quantity <= 0:
        return "Quantity must be greater than 0"
    if line is None:
        return "Fulfillment order line item does not exist."
    if quantity > line["remaining"]:
        return "Invalid fulfillment order line item quantity requested."
    return ""


def _refuse_groups(taken: list[tuple[Doc | None, Doc]]) -> str:
    if any(found_order is None for found_order, _ in taken) or not taken:
        return "Fulfillment order does not exist."
    orders_found = sorted({one["order_id"] for one, _ in taken if one})
    if len(orders_found) > 1:
        listed = ", ".join(map(str, orders_found))
        return (
            "All fulfillment orders must belong to the same order."
            f" Multiple orders with ids [{listed}] were found."
        )
    if len({one["location_id"] for one, _ in taken if one}) > 1:
        return "All fulfillment orders must be assigned to the same location."
    for one, _ in taken:
        if one and one["status"] not in ("OPEN", "IN_PROGRESS"):
            status = one["status"].lower()
            return f"Fulfillment order {one['id']} has an unfulfillable status= {status}."
    return ""


def _tracking(given: Doc) -> Doc:
    numbers = given.get("numbers") or ([given["number"]] if given.get("number") else [])
    urls = given.get("urls") or ([given["url"]] if given.get("url") else [])
    return {"company": given.get("company"), "numbers": numbers, "urls": urls}


def _fulfil(world: World, order: Doc, parts: list[Part], tracking: Doc) -> Doc:
    made = {
        "id": new_id(world, "Fulfillment"),
        "status": "SUCCESS",
        "created_at": now(world),
        "updated_at": now(world),
        "location_id": parts[0][0]["location_id"],
        "lines": [],
        "events": [],
        **_tracking(tracking),
    }
    for found_order, line, quantity in parts:
        line["remaining"] -= quantity
        sold = orders.line_of(order, line["line_id"])
        sold["fulfilled"] += quantity
        stock.move(world, sold, available=0, committed=-quantity)
        row = {"id": new_id(world, "FulfillmentLineItem"), "line_id": line["line_id"]}
        made["lines"].append({**row, "quantity": quantity})
        is_done = not any(one["remaining"] for one in found_order["lines"])
        found_order["status"] = "CLOSED" if is_done else "IN_PROGRESS"
        world.table("fulfillment_orders").put(found_order["id"], found_order)
    order["fulfillments"].append(made)
    world.table("fulfillments").put(made["id"], {"order_id": order["id"]})
    world.journal("fulfillment.create", str(order["id"]), numbers=made["numbers"])
    world.notify("fulfillments/create", payloads.fulfillment(order, made))
    waiting = any(
        line["current"] > line["fulfilled"] for line in order["lines"] if not line.get("tip")
    )
    topic = "orders/partially_fulfilled" if waiting else "orders/fulfilled"
    orders.save(world, order, topic, "orders/updated")
    return views.fulfillment(world, order, made)


def _fulfillment(world: World, id: str) -> tuple[Doc, Doc] | None:
    row = world.table("fulfillments").get(number_in(id))
    order = world.table("orders").get(row["order_id"]) if row else None
    if order is None:
        return None
    return order, next(one for one in order["fulfillments"] if one["id"] == number_in(id))


@root("fulfillment", "read_orders", *views.FULFILLMENT_ORDERS)
def _read_fulfillment(world: World, info: Any, id: str) -> Doc | None:
    there = _fulfillment(world, id)
    return views.fulfillment(world, *there) if there else None


@root("fulfillmentTrackingInfoUpdate", *WRITE_FULFILLMENT_ORDERS)
def _tracking_update(
    world: World, info: Any, fulfillmentId: str, trackingInfoInput: Doc, notifyCustomer: Any = None
) -> Doc:
    there = _fulfillment(world, fulfillmentId)
    if there is None:
        return refusal("Fulfillment does not exist.", "fulfillmentId")
    order, one = there
    one.update(_tracking(trackingInfoInput), updated_at=now(world))
    world.journal("fulfillment.tracking", str(order["id"]), numbers=one["numbers"])
    world.notify("fulfillments/update", payloads.fulfillment(order, one))
    orders.save(world, order, "orders/updated")
    return {"fulfillment": views.fulfillment(world, order, one), "userErrors": []}


@root("fulfillmentEventCreate", "write_fulfillments")
def _event_create(world: World, info: Any, fulfillmentEvent: Doc) -> Doc:
    there = _fulfillment(world, fulfillmentEvent["fulfillmentId"])
    if there is None:
        return refusal("Fulfillment does not exist.", "fulfillmentEvent", "fulfillmentId")
    order, one = there
    fields = {k: v for k, v in fulfillmentEvent.items() if k != "fulfillmentId"}
    event = {"id": new_id(world, "FulfillmentEvent"), "createdAt": now(world), **fields}
    event.setdefault("happenedAt", event["createdAt"])
    one["events"].append(event)
    world.journal("fulfillment.event", str(order["id"]), status=event["status"])
    orders.save(world, order, "orders/updated")
    return {"fulfillmentEvent": views.event(event), "userErrors": []}
