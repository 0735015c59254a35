"""The shop's catalogue and stock: products, variants, levels, and what changes them."""

import re
from typing import Any

from connectors.catalog.shopify import sandbox_payloads as payloads
from connectors.catalog.shopify.sandbox_money import Doc
from connectors.sandbox.world import World

KINDS = (
    "Order", "LineItem", "ShippingLine", "Customer", "Fulfillment", "FulfillmentOrder",
    "FulfillmentOrderLineItem", "FulfillmentLineItem", "FulfillmentEvent", "FulfillmentHold",
    "Refund", "Transaction", "Product", "ProductVariant", "InventoryItem", "Location",
    "WebhookSubscription", "Job", "Metafield", "InventoryAdjustmentGroup",
)  # fmt: skip
# style, title, options, price, weight in grams
DEMO = (
    (
        "tee01",
        "Organic Tee",
        "Size",
        (("S", "EKM-TEE-S"), ("M", "EKM-TEE-M"), ("L", "EKM-TEE-L")),
        "24.00",
        180,
    ),
    ("hood01", "Zip Hoodie", "Size", (("M", "EKM-HOOD-M"),), "59.90", 620),
    ("mug01", "Enamel Mug", "Title", (("Default Title", "EKM-MUG"),), "14.50", 210),
    ("cap01", "Canvas Cap", "Title", (("Default Title", "EKM-CAP"),), "19.95", 95),
    ("tote01", "Market Tote", "Title", (("Default Title", "EKM-TOTE"),), "12.00", 140),
    ("sock01", "Wool Socks", "Title", (("Default Title", "EKM-SOCK"),), "9.99", 80),
)


def new_id(world: World, kind: str) -> int:
    """64 bits, above what a float holds exactly; its first digits tell the kind."""
    return world.next_id(kind, 9_100_000_000_000_001 + KINDS.index(kind) * 100_000_000_000_000)


def now(world: World) -> str:
    return world.now().strftime("%Y-%m-%dT%H:%M:%SZ")


def touch(world: World, doc: Doc) -> None:
    """Shopify's times have whole seconds, and never go back."""
    doc["updated_at"] = max(now(world), doc["updated_at"])


def number_in(gid: str) -> int:
    digits = re.search(r"/(\d+)(\?|$)", str(gid))
    return int(digits.group(1)) if digits else -1


def seed(world: World) -> None:
    at = now(world)
    for name, primary in (("Main Warehouse", True), ("High Street Store", False)):
        number = new_id(world, "Location")
        location = {"id": number, "name": name, "primary": primary, "created_at": at}
        world.table("locations").put(number, location)
    for handle, title, option, variants, price, grams in DEMO:
        product = _new_product(world, handle, title)
        product["options"] = {option: [value for value, _ in variants]}
        for value, sku in variants:
            variant = add_variant(world, product, sku, {option: value}, price)
            variant["grams"] = grams
            variant["barcode"] = barcode_of(sku)
            world.table("variants").put(variant["id"], variant)
            set_level(world, variant["item_id"], main_location(world)["id"], 500)
        world.table("products").put(product["id"], product)


def barcode_of(sku: str) -> str:
    """Thirteen digits, the same for the same SKU."""
    return f"40{int.from_bytes(sku.encode(), 'big') % 10**11:011d}"


def _new_product(world: World, handle: str, title: str) -> Doc:
    at = now(world)
    return {
        "id": new_id(world, "Product"),
        "handle": handle,
        "title": title,
        "body": "",
        "vendor": "Acme",
        "type": "",
        "status": "ACTIVE",
        "tags": [],
        "options": {},
        "variants": [],
        "created_at": at,
        "updated_at": at,
    }


def add_variant(world: World, product: Doc, sku: str, options: Doc, price: str) -> Doc:
    at = now(world)
    variant = {
        "id": new_id(world, "ProductVariant"),
        "product_id": product["id"],
        "item_id": new_id(world, "InventoryItem"),
        "sku": sku,
        "barcode": None,
        "price": price,
        "compare_at": None,
        "options": options,
        "grams": 0,
        "tracked": True,
        "cost": None,
        "created_at": at,
        "updated_at": at,
    }
    world.table("variants").put(variant["id"], variant)
    world.table("items").put(variant["item_id"], {"variant_id": variant["id"]})
    product["variants"].append(variant["id"])
    return variant


def main_location(world: World) -> Doc:
    return next(one for one in world.table("locations") if one["primary"])


def variant_of(world: World, sku: str) -> Doc | None:
    return next((one for one in world.table("variants") if one["sku"] == sku), None)


# --- Stock ----------------------------------------------------------------------------------


def level_of(world: World, item_id: int, location_id: int) -> Doc | None:
    return world.table("levels").get(f"{location_id}-{item_id}")


def set_level(world: World, item_id: int, location_id: int, available: int) -> Doc:
    found = level_of(world, item_id, location_id) or {
        "item_id": item_id,
        "location_id": location_id,
        "committed": 0,
        "created_at": now(world),
        "updated_at": now(world),
    }
    found["available"] = available
    touch(world, found)
    return world.table("levels").put(f"{location_id}-{item_id}", found)


def move(world: World, line: Doc, *, available: int, committed: int) -> None:
    """What an order does to the stock of a line's variant."""
    variant = world.table("variants").get(line["variant_id"]) if line["variant_id"] else None
    if variant is None:
        return
    location = main_location(world)["id"]
    found = level_of(world, variant["item_id"], location)
    if found is None:
        return
    found["available"] += available
    found["committed"] += committed
    touch(world, found)
    world.table("levels").put(f"{location}-{variant['item_id']}", found)
    if available:
        world.notify("inventory_levels/update", payloads.level(found))


# --- Writes of products ---------------------------------------------------------------------


def set_product(world: World, identifier: Doc | None, fields: Doc) -> tuple[Doc | None, list[Doc]]:
    """productSet: lists are replaced, so that variants left out are deleted."""
    product, errors = _target(world, identifier or {}, fields)
    if errors:
        return None, errors
    errors = _refuse(fields)
    if errors:
        return None, errors
    is_new = product is None
    if product is None:
        handle = fields.get("handle") or (identifier or {}).get("handle") or _slug(fields["title"])
        product = _new_product(world, handle, fields.get("title") or handle)
    names = {"title": "title", "descriptionHtml": "body", "vendor": "vendor", "status": "status"}
    names |= {"productType": "type", "handle": "handle", "tags": "tags"}
    product.update({ours: fields[theirs] for theirs, ours in names.items() if theirs in fields})
    if "variants" in fields:
        _set_variants(world, product, fields)
    touch(world, product)
    world.table("products").put(product["id"], product)
    world.journal("product.create" if is_new else "product.update", product["id"])
    topic = "products/create" if is_new else "products/update"
    world.notify(topic, payloads.product(world, product))
    return product, []


def _slug(title: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", title.lower()).strip("-")


def _target(world: World, identifier: Doc, fields: Doc) -> tuple[Doc | None, list[Doc]]:
    if "id" in fields:
        message = "The id field is not allowed if identifier is provided."
        return None, [error("ID_NOT_ALLOWED", ["input", "id"], message)] if identifier else []
    if "id" in identifier:
        product = world.table("products").get(number_in(identifier["id"]))
        if product is None:
            return None, [error("PRODUCT_DOES_NOT_EXIST", ["identifier"], "Product does not exist")]
        return product, []
    found = world.table("products").where(handle=identifier.get("handle"))
    return (found[0] if found else None), []


def _refuse(fields: Doc) -> list[Doc]:
    if ("variants" in fields) != ("productOptions" in fields):
        message = "Product options input is required when updating variants"
        return [error("PRODUCT_OPTIONS_INPUT_MISSING", ["input"], message)]
    if not fields.get("title", "x").strip():
        return [error("INVALID_PRODUCT", ["input", "title"], "Title can't be blank")]
    listed = {o["name"]: {v["name"] for v in o["values"]} for o in fields.get("productOptions", ())}
    seen = set()
    for place, variant in enumerate(fields.get("variants", ())):
        chosen = {one["optionName"]: one["name"] for one in variant["optionValues"]}
        path = ["input", "variants", str(place)]
        if set(chosen) != set(listed) or any(v not in listed[k] for k, v in chosen.items()):
            return [error("OPTION_VALUE_DOES_NOT_EXIST", path, "Option value does not exist")]
        key = tuple(sorted(chosen.items()))
        if key in seen:
            words = " / ".join(chosen.values())
            message = (
                f"The variant '{words}' already exists. Please change at least one option value."
            )
            return [error("INVALID_VARIANT", path, message)]
        seen.add(key)
    return []


def _set_variants(world: World, product: Doc, fields: Doc) -> None:
    kept: list[int] = []
    for given in fields["variants"]:
        options = {one["optionName"]: one["name"] for one in given["optionValues"]}
        number = number_in(given["id"]) if given.get("id") else None
        variant = world.table("variants").get(number) if number else _same(world, product, options)
        if variant is None:
            variant = add_variant(world, product, "", options, "0.00")
        _change_variant(world, variant, given, options)
        kept.append(variant["id"])
    for gone in set(product["variants"]) - set(kept):
        world.table("variants").delete(gone)
        world.journal("variant.delete", str(gone))
    product["variants"] = kept
    product["options"] = {
        one["name"]: [value["name"] for value in one["values"]] for one in fields["productOptions"]
    }


def _same(world: World, product: Doc, options: Doc) -> Doc | None:
    variants = (world.table("variants").get(one) for one in product["variants"])
    return next((one for one in variants if one and one["options"] == options), None)


def _change_variant(world: World, variant: Doc, given: Doc, options: Doc) -> None:
    item = given.get("inventoryItem") or {}
    variant["options"] = options
    for theirs, ours in (
        ("price", "price"),
        ("compareAtPrice", "compare_at"),
        ("barcode", "barcode"),
    ):
        if theirs in given:
            variant[ours] = given[theirs]
    variant["sku"] = given.get("sku") or item.get("sku") or variant["sku"]
    variant["tracked"] = item.get("tracked", variant["tracked"])
    variant["cost"] = item.get("cost", variant["cost"])
    weight = (item.get("measurement") or {}).get("weight")
    if weight:
        factor = {"GRAMS": 1, "KILOGRAMS": 1000, "OUNCES": 28.35, "POUNDS": 453.6}
        variant["grams"] = round(weight["value"] * factor[weight["unit"]])
    touch(world, variant)
    world.table("variants").put(variant["id"], variant)


def error(code: str | None, field: list[str] | None, message: str) -> Doc:
    return {"code": code, "field": field, "message": message}


# --- inventorySetQuantities -----------------------------------------------------------------

REASONS = (
    "correction", "cycle_count_available", "damaged", "movement_canceled", "movement_created",
    "movement_received", "movement_updated", "other", "promotion", "quality_control", "received",
    "reservation_created", "reservation_deleted", "reservation_updated", "restock", "safety_stock",
    "shrinkage",
)  # fmt: skip


def set_quantities(world: World, fields: Doc) -> tuple[Doc | None, list[Doc]]:
    """All rows or none; each is compared with what the caller believes is there."""
    errors = _refuse_set(fields)
    rows: list[tuple[Doc, int, int]] = []
    pairs = set()
    for place, row in enumerate(fields["quantities"]):
        path = ["input", "quantities", str(place)]
        pair = (number_in(row["inventoryItemId"]), number_in(row["locationId"]))
        errors += _refuse_row(world, row, pair, pair in pairs, path)
        pairs.add(pair)
        rows.append((row, *pair))
    if errors:
        return None, errors
    changes = []
    for row, item_id, location_id in rows:
        before = level_of(world, item_id, location_id) or {"available": 0}
        changes.append((item_id, location_id, row["quantity"] - before["available"]))
        found = set_level(world, item_id, location_id, row["quantity"])
        world.journal("inventory.set", str(item_id), quantity=row["quantity"])
        world.notify("inventory_levels/update", payloads.level(found))
    group = {"id": new_id(world, "InventoryAdjustmentGroup"), "reason": fields["reason"]}
    return {**group, "changes": changes, "created_at": now(world)}, []


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
    world: World, row: Doc, pair: tuple[int, int], is_double: bool, path: list[str]
) -> list[Doc]:
    if world.table("items").get(pair[0]) is None:
        message = "The specified inventory item could not be found."
        return [error("INVALID_INVENTORY_ITEM", [*path, "inventoryItemId"], message)]
    if world.table("locations").get(pair[1]) is None:
        message = "The specified location could not be found."
        return [error("INVALID_LOCATION", [*path, "locationId"], message)]
    if is_double:
        message = "The combination of inventoryItemId and locationId must be unique."
        code = "NO_DUPLICATE_INVENTORY_ITEM_ID_GROUP_ID_PAIR"
        return [error(code, path, message)]
    if abs(row["quantity"]) > 1_000_000_000:
        message = "The quantity can't be higher than 1,000,000,000."
        return [error("INVALID_QUANTITY_TOO_HIGH", [*path, "quantity"], message)]
    found = level_of(world, *pair)
    believed = row.get("changeFromQuantity")
    if believed is not None and believed != (found or {"available": 0})["available"]:
        message = "The specified quantity to change from is stale."
        return [error("CHANGE_FROM_QUANTITY_STALE", [*path, "changeFromQuantity"], message)]
    return []


def changed_product(world: World, arguments: Any) -> Doc:
    """What a person changes in the admin: of a product by handle, or of a variant by SKU."""
    if "sku" in arguments:
        variant = variant_of(world, arguments["sku"])
        assert variant is not None, f"no variant {arguments['sku']}"
        variant.update(arguments.get("set") or {})
        touch(world, variant)
        world.table("variants").put(variant["id"], variant)
        product = world.table("products").get(variant["product_id"])
    else:
        product = world.table("products").where(handle=arguments["handle"])[0]
        product.update(arguments.get("set") or {})
    assert product is not None
    touch(world, product)
    world.table("products").put(product["id"], product)
    world.notify("products/update", payloads.product(world, product))
    return {"id": product["id"]}
