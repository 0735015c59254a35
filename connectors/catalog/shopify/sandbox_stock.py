"""Stock: variants and their items, what is where, and the mutation that sets it.

Settings: inactive_location (INVALID_LOCATION: what a write to an inactive location answers, any
code of the mutation, or "written": it is taken all the same, as one to any other location);
idempotency_concurrent (0: so many keyed requests are told that their first is still running).
"""

from typing import Any

from connectors.catalog.shopify import sandbox_bulk as bulk
from connectors.catalog.shopify import sandbox_payloads as payloads
from connectors.catalog.shopify.sandbox_ids import new_id, now, number_in
from connectors.catalog.shopify.sandbox_money import Doc
from connectors.sandbox.world import World

TOPIC = "inventory_levels/update"


def error(code: str | None, field: list[str] | None, message: str) -> Doc:
    return {"code": code, "field": field, "message": message}


def main_location(world: World) -> Doc:
    return next(one for one in world.table("locations") if one["primary"])


def is_active(world: World, location_id: int) -> bool:
    return bool((world.table("locations").get(location_id) or {}).get("active", True))


# --- Which variants there are ---------------------------------------------------------------


def variant_of(world: World, sku: str) -> Doc | None:
    found = next((one for one in world.table("variants") if one["sku"] == sku), None)
    number = 0 if found else bulk.number_of(world, sku)
    return bulk.variant(world, number) if number else found


def variant_by_id(world: World, variant_id: int) -> Doc | None:
    number = bulk.number_of(world, variant_id, "ProductVariant")
    return bulk.variant(world, number) if number else world.table("variants").get(variant_id)


def variant_of_item(world: World, item_id: int) -> Doc | None:
    number = bulk.number_of(world, item_id, "InventoryItem")
    if number:
        return bulk.variant(world, number)
    item = world.table("items").get(item_id)
    return world.table("variants").get(item["variant_id"]) if item else None


def is_item(world: World, item_id: int) -> bool:
    is_bulk = bulk.number_of(world, item_id, "InventoryItem") > 0
    return is_bulk or world.table("items").get(item_id) is not None


def delete_variant(world: World, variant: Doc) -> None:
    """With its item and all that was in stock of it."""
    number = bulk.number_of(world, variant["id"], "ProductVariant")
    if number:
        bulk.delete(world, number)
        return
    world.table("variants").delete(variant["id"])
    world.table("items").delete(variant["item_id"])
    for level in world.table("levels").where(item_id=variant["item_id"]):
        world.table("levels").delete(f"{level['location_id']}-{level['item_id']}")
    world.journal("variant.delete", str(variant["id"]))


# --- Levels ---------------------------------------------------------------------------------


def level_of(world: World, item_id: int, location_id: int) -> Doc | None:
    number = bulk.number_of(world, item_id, "InventoryItem")
    if number:
        return bulk.level(world, number, location_id)
    return world.table("levels").get(f"{location_id}-{item_id}")


def levels_of(world: World, item_id: int) -> list[Doc]:
    number = bulk.number_of(world, item_id, "InventoryItem")
    if number:
        return bulk.levels(world, number)
    return world.table("levels").where(item_id=item_id)


def set_level(world: World, item_id: int, location_id: int, available: int) -> Doc:
    found = level_of(world, item_id, location_id) or _new_level(world, item_id, location_id)
    return _keep(world, {**found, "available": available})


def _new_level(world: World, item_id: int, location_id: int) -> Doc:
    at = now(world)
    times = {"created_at": at, "updated_at": at}
    amounts = {"available": 0, "committed": 0, "writes": 0}
    return {"item_id": item_id, "location_id": location_id, **amounts, **times}


def _keep(world: World, level: Doc) -> Doc:
    level["updated_at"] = max(now(world), level["updated_at"])
    number = bulk.number_of(world, level["item_id"], "InventoryItem")
    if number:
        bulk.keep(world, number, level)
    else:
        world.table("levels").put(f"{level['location_id']}-{level['item_id']}", level)
    return level


def move(world: World, line: Doc, *, available: int, committed: int) -> None:
    """What an order does to the stock of a line's variant."""
    variant = variant_by_id(world, line["variant_id"]) if line["variant_id"] else None
    if variant is None:
        return
    found = level_of(world, variant["item_id"], main_location(world)["id"])
    if found is None:
        return
    moved = {"available": available, "committed": committed}
    found = _keep(world, {**found, **{name: found[name] + by for name, by in moved.items()}})
    if available:
        world.notify(TOPIC, payloads.level(found))


# --- inventorySetQuantities -----------------------------------------------------------------

REASONS = (
    "correction", "cycle_count_available", "damaged", "movement_canceled", "movement_created",
    "movement_received", "movement_updated", "other", "promotion", "quality_control", "received",
    "reservation_created", "reservation_deleted", "reservation_updated", "restock", "safety_stock",
    "shrinkage",
)  # fmt: skip
MOST = 1_000_000_000


def set_quantities(world: World, fields: Doc) -> tuple[Doc | None, list[Doc]]:
    """All rows or none; each is compared with what the caller believes is there."""
    errors = _refuse_set(fields)
    rows: list[tuple[int, int, int]] = []
    pairs: set[tuple[int, int]] = set()
    for place, row in enumerate(fields["quantities"]):
        pair = (number_in(row["inventoryItemId"]), number_in(row["locationId"]))
        refused = _refuse_row(world, fields["name"], row, pair, pair in pairs)
        if refused:
            code, part, message = refused
            path = ["input", "quantities", str(place), *([part] if part else [])]
            errors.append(error(code, path, message))
        pairs.add(pair)
        rows.append((*pair, row["quantity"]))
    if errors:
        return None, errors
    deltas = [_set_row(world, fields["name"], *row) for row in rows]
    _count(world, len(rows))
    group = {"id": new_id(world, "InventoryAdjustmentGroup"), "reason": fields["reason"]}
    return {**group, "deltas": deltas, "created_at": now(world)}, []


def _set_row(world: World, name: str, item_id: int, location_id: int, quantity: int) -> int:
    """Set one level, and tell by how much it changed."""
    found = level_of(world, item_id, location_id) or _new_level(world, item_id, location_id)
    available = quantity - (found["committed"] if name == "on_hand" else 0)
    delta = available - int(found["available"])
    times = found.get("writes", 0) + 1
    if times > 1:
        key = f"{item_id}-{location_id}"
        world.table("rewritten").put(key, {"level": key, "times": times - 1})
    found = _keep(world, {**found, "available": available, "writes": times})
    if not bulk.number_of(world, item_id, "InventoryItem"):
        world.journal("inventory.set", str(item_id), quantity=quantity)
    world.notify(TOPIC, payloads.level(found))
    return delta


def _refuse_set(fields: Doc) -> list[Doc]:
    errors = []
    if fields["name"] not in ("available", "on_hand"):
        message = "The quantity name must be either 'available' or 'on_hand'."
        errors.append(error("INVALID_NAME", ["input", "name"], message))
    if fields["reason"] not in REASONS:
        listed = ", ".join(REASONS)
        message = f"The specified reason is invalid. Valid values are: {listed}."
        errors.append(error("INVALID_REASON", ["input", "reason"], message))
    return errors


def _refuse_row(
    world: World, name: str, row: Doc, pair: tuple[int, int], is_double: bool
) -> tuple[str, str, str] | None:
    """The code, the part of the row that is at fault, and Shopify's words."""
    if not is_item(world, pair[0]):
        words = "The specified inventory item could not be found."
        return "INVALID_INVENTORY_ITEM", "inventoryItemId", words
    place = world.table("locations").get(pair[1])
    code = "INVALID_LOCATION"
    if place is not None and not place.get("active", True):
        code = world.setting("inactive_location", code)
    if (place is None or not place.get("active", True)) and code != "written":
        return code, "locationId", "The specified location could not be found."
    if is_double:
        words = "The combination of inventoryItemId and locationId must be unique."
        return "NO_DUPLICATE_INVENTORY_ITEM_ID_GROUP_ID_PAIR", "", words
    return _refuse_quantity(world, name, row, pair)


def _refuse_quantity(
    world: World, name: str, row: Doc, pair: tuple[int, int]
) -> tuple[str, str, str] | None:
    quantity = row["quantity"]
    if quantity > MOST:
        words = "The quantity can't be higher than 1,000,000,000."
        return "INVALID_QUANTITY_TOO_HIGH", "quantity", words
    if quantity < -MOST:
        words = "The quantity can't be lower than -1,000,000,000."
        return "INVALID_QUANTITY_TOO_LOW", "quantity", words
    if quantity < 0 and name == "on_hand":
        return "INVALID_QUANTITY_NEGATIVE", "quantity", "The quantity can't be negative."
    held = level_of(world, *pair) or {"available": 0, "committed": 0}
    holds = held["available"] + (held["committed"] if name == "on_hand" else 0)
    if row.get("changeFromQuantity") not in (None, holds):
        words = "The specified quantity to change from is stale."
        return "CHANGE_FROM_QUANTITY_STALE", "changeFromQuantity", words
    return None


# --- What tests ask for ---------------------------------------------------------------------


def _count(world: World, rows: int) -> None:
    done = world.table("writes").get("all") or {"rows": 0, "calls": 0}
    world.table("writes").put("all", {"rows": done["rows"] + rows, "calls": done["calls"] + 1})


def writes(world: World) -> Doc:
    """How many rows and calls were applied, and by level how often it was written anew."""
    done = world.table("writes").get("all") or {"rows": 0, "calls": 0}
    return {**done, "repeated": {one["level"]: one["times"] for one in world.table("rewritten")}}


def quantities(world: World, arguments: Any) -> Doc:
    """By SKU, what is available at a location; None where there is no such level."""
    location = int(arguments.get("location") or main_location(world)["id"])
    skus = arguments.get("skus")
    if skus is None:
        skus = [bulk.sku_of(n) for n in range(int(arguments["from"]), int(arguments["to"]) + 1)]
    found = {}
    for sku in skus:
        variant = variant_of(world, sku)
        level = level_of(world, variant["item_id"], location) if variant else None
        found[sku] = level["available"] if level else None
    return found
