"""The sandbox's packing tables: orders go through the house, are split, packed and shipped."""

from typing import Any

from connectors.catalog.whiplash.sandbox_access import refuse
from connectors.catalog.whiplash.sandbox_orders import (
    STATUSES,
    new_line,
    new_order,
    release_stock,
    save,
    set_status,
)
from connectors.catalog.whiplash.sandbox_search import time_text
from connectors.catalog.whiplash.sandbox_stock import change_stock, item_of
from connectors.sandbox.world import Document, World


def separate(world: World, order: Document, wanted: dict[int, int]) -> Document:
    """Move these quantities (by order item) into a new order with the same originator."""
    given = {"original_id": order["originator"]["original_id"]}
    given["group_id"] = order["originator"]["group_id"]
    fresh = new_order(world, {**order, "status": None, "originator_attributes": given})
    fresh["warehouse_id"] = order["warehouse_id"]
    set_status(fresh, order["status"])
    for line in list(order["order_items"]):
        moved = min(wanted.get(line["id"], 0), line["quantity"])
        if moved:
            origin = {"original_id": line["originator"]["original_id"]}
            item = {"id": line["item_id"], "sku": line["sku"], "title": line["description"]}
            copied = {**line, "quantity": moved, "originator_attributes": origin}
            fresh["order_items"].append(new_line(world, fresh, copied, {**item, "price": "0.0"}))
            line["quantity"] -= moved
    order["order_items"] = [line for line in order["order_items"] if line["quantity"]]
    save(world, fresh, "order.created", f"Separated from {order['id']}")
    save(world, order, said=f"Separated into {fresh['id']}")
    return fresh


def advance(world: World, order: Document, status: int, event: str = "") -> Document:
    """A step of the house: printed, picked, packed, delivered."""
    if status < 300 and not 100 <= order["status"] < status:
        raise refuse(422, f"Order is {order['status_name']}")
    if status > 300 and not 300 <= order["status"] < status:
        raise refuse(422, f"Order is {order['status_name']}")
    set_status(order, status)
    if status == 160:
        for line in order["order_items"]:
            line["packed"] = line["quantity"]
    return save(world, order, event, STATUSES[status])


def ship(world: World, order: Document, parcels: list[Document], *, is_short: bool) -> Document:
    """Hand it to the carrier. Parcels that name only some lines leave the rest in a new, open
    order; when `is_short` the rest is not shipped at all."""
    if not 100 <= order["status"] < 300:
        raise refuse(422, f"Order is {order['status_name']}")
    packed = _packed(order, parcels)
    rest = {
        line["id"]: line["quantity"] - packed.get(line["id"], 0) for line in order["order_items"]
    }
    if any(rest.values()) and not is_short:
        separate(world, order, rest)
    release_stock(world, order)
    for line in order["order_items"]:
        line["packed"] = packed.get(line["id"], 0)
        item = item_of(world, item_id=line["item_id"])
        if line["packed"] and item is not None:
            said = f"Shipped order {order['id']}"
            place = order["warehouse_id"]
            change_stock(world, item, place, -line["packed"], said, order_id=order["id"])
    _pack(world, order, parcels)
    set_status(order, 300)
    order["ship_actual_cost"] = "7.85"
    return save(world, order, "order.shipped", "Order shipped")


def _packed(order: Document, parcels: list[Document]) -> dict[int, int]:
    """How many of each order item go, over all parcels; parcels that name none hold everything."""
    if not any(parcel.get("items") for parcel in parcels):
        return {line["id"]: line["quantity"] for line in order["order_items"]}
    packed: dict[int, int] = {}
    for parcel in parcels:
        for named in parcel.get("items") or []:
            line = _line_named(order, named)
            wanted = named.get("quantity") if isinstance(named, dict) else None
            packed[line["id"]] = packed.get(line["id"], 0) + int(wanted or line["quantity"])
            if packed[line["id"]] > line["quantity"]:
                raise refuse(422, f"More of {line['sku']} is packed than was ordered")
    return packed


def _line_named(order: Document, named: Any) -> Document:
    """By {"line" or "sku": ...} or bare text: our reference, the order item's id or the SKU."""
    wanted = str(named.get("line") or named.get("sku")) if isinstance(named, dict) else str(named)
    for line in order["order_items"]:
        if wanted in (str(line["id"]), line["originator"]["original_id"], line["sku"]):
            return dict(line)
    raise refuse(422, f"Order {order['id']} has no line {wanted}")


def _pack(world: World, order: Document, parcels: list[Document]) -> None:
    for parcel in parcels:
        number = world.next_id("package", 60001)
        held = [_line_named(order, named)["id"] for named in parcel.get("items") or []]
        held = held or [line["id"] for line in order["order_items"] if line["packed"]]
        tracking = parcel.get("tracking") or f"1Z999AA1{number:010d}"
        now = time_text(world.now())
        order["packages"].append(
            {
                "id": number,
                "order_id": order["id"],
                "tracking": tracking,
                "tracking_link": f"https://track.example.com/{tracking}",
                "actual_weight": f"{float(parcel.get('weight_oz') or 12):.2f}",
                "order_item_ids": held,
                "shipped_on": now,
                "ucc128": None,
            }
        )
        for line in order["order_items"]:
            if line["id"] in held:
                line["package_id"] = number
        carrier = parcel.get("carrier") or "UPS"
        named = {"carrier": carrier, "name": f"{carrier} Ground"}
        order["shipping_method"] = {**order["shipping_method"], **named}
        order["ship_method"], order["shipped_on"] = f"{carrier} Ground", now
    order["tracking"] = [package["tracking"] for package in order["packages"]]
    order["tracking_links"] = [package["tracking_link"] for package in order["packages"]]
