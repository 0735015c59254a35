"""The sandbox's consumer returns: announced, on their way, counted as good or damaged.

Setting: `return_ledger` (how the stock ledger names the return that is put back: "shipnotice", by
its id as that of a shipnotice; "order", by the order's id as well; "plain", in words alone).
"""

from typing import Any

from connectors.catalog.whiplash.sandbox_access import refuse
from connectors.catalog.whiplash.sandbox_orders import allocate_waiting
from connectors.catalog.whiplash.sandbox_search import later_than, time_text
from connectors.catalog.whiplash.sandbox_stock import MAIN, change_stock, item_of
from connectors.sandbox.world import Document, World

STATUSES = {25: "Unexpected", 50: "Draft", 100: "In Transit", 300: "Completed"}


def create_return(world: World, body: Any) -> Document:
    if not isinstance(body, dict) or "requires_label" not in body:
        raise refuse(422, "requires_label is missing")
    lines = body.get("shipnotice_items_attributes")
    if not lines:
        raise refuse(422, "shipnotice_items_attributes is missing")
    order = world.table("orders").get(body.get("order_id"))
    if body.get("order_id") and order is None:
        raise refuse(422, f"Couldn't find Order with 'id'={body['order_id']}")
    number = world.next_id("consumer_return", 1051)
    now = time_text(world.now())
    status = 100 if order else 25
    given = body.get("originator_attributes") or {}
    record = {
        "id": number,
        "type": "ConsumerReturn",
        "order_id": order["id"] if order else None,
        "customer_id": 200,
        "warehouse_id": body.get("warehouse_id") or MAIN,
        "sender": body.get("sender") or (order or {}).get("shipping_name"),
        "status": status,
        "status_name": STATUSES[status],
        "requires_label": bool(body["requires_label"]),
        "carrier": body.get("carrier"),
        "tracking": body.get("tracking"),
        "reference": body.get("reference"),
        "notes_by_customer": body.get("notes_by_customer"),
        "notes_by_whiplash": None,
        "arrived_at": None,
        "completed_at": None,
        "created_at": now,
        "updated_at": now,
        "exchange_order": None,
        "order": order,
        "originator": {"original_id": given.get("original_id"), "originated_type": "Shipnotice"},
        "return_items": [_return_item(world, line, order) for line in lines],
    }
    event = "consumer_return.created" if order else "consumer_return.unexpected"
    return save_return(world, record, event)


def _return_item(world: World, line: Document, order: Document | None) -> Document:
    item = item_of(world, sku=line.get("sku"), item_id=line.get("item_id"))
    if item is None:
        raise refuse(422, f"Item {line.get('item_id') or line.get('sku')} could not be found")
    same = [row for row in (order or {}).get("order_items", []) if row["item_id"] == item["id"]]
    return {
        "id": world.next_id("return_item", 4470),
        "item_id": item["id"],
        "sku": item["sku"],
        "name": item["title"],
        "price": item["price"],
        "quantity": int(line.get("quantity") or 1),
        "quantity_good": 0,
        "quantity_damaged": 0,
        "description": line.get("description"),
        "return_action": line.get("return_action") or "no_action_required",
        "order_item_id": same[0]["id"] if len(same) == 1 else None,
    }


def complete_return(world: World, record: Document, damaged: dict[str, int]) -> Document:
    """Count it: what is not damaged goes back to the shelf."""
    if record["status"] == 300:
        raise refuse(422, "The return is completed already")
    for line in record["return_items"]:
        line["quantity_damaged"] = min(line["quantity"], int(damaged.get(line["sku"], 0)))
        line["quantity_good"] = line["quantity"] - line["quantity_damaged"]
        item = item_of(world, item_id=line["item_id"])
        if line["quantity_good"] and item is not None:
            place, said = record["warehouse_id"], f"Received return {record['id']}"
            named = _named_in_ledger(world, record)
            change_stock(world, item, place, line["quantity_good"], said, **named)
    now = time_text(world.now())
    record["status"], record["status_name"] = 300, STATUSES[300]
    record["arrived_at"] = record["completed_at"] = now
    save_return(world, record, "consumer_return.completed")
    allocate_waiting(world)
    return record


def _named_in_ledger(world: World, record: Document) -> Document:
    names = {"shipnotice_id": record["id"], "order_id": record["order_id"]}
    kept = {"shipnotice": ("shipnotice_id",), "plain": ()}
    wanted = kept.get(world.setting("return_ledger", "shipnotice"), tuple(names))
    return {name: names[name] for name in wanted}


def save_return(world: World, record: Document, event: str) -> Document:
    record["updated_at"] = later_than(record["updated_at"], world.now())
    world.table("consumer_returns").put(record["id"], record)
    world.journal(event, str(record["id"]), order=record["order_id"])
    world.notify(event, {"consumer_return": record, "event_name": event})
    return record
