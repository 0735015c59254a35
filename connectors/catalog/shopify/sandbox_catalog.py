"""The shop's catalogue: products, variants, locations, and what changes them."""

import re
from typing import Any

from connectors.catalog.shopify import sandbox_payloads as payloads
from connectors.catalog.shopify.sandbox_ids import new_id, now, number_in, touch
from connectors.catalog.shopify.sandbox_money import Doc
from connectors.catalog.shopify.sandbox_stock import (
    delete_variant,
    error,
    main_location,
    set_level,
    variant_of,
)
from connectors.sandbox.world import World

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


def seed(world: World) -> None:
    add_location(world, "Main Warehouse", is_primary=True)
    add_location(world, "High Street Store")
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
        delete_variant(world, world.table("variants").get(gone) or {"id": gone, "item_id": 0})
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


def deleted_variant(world: World, sku: str) -> Doc:
    """A person deletes a variant in the admin; with its last variant the product goes too."""
    variant = variant_of(world, sku)
    assert variant is not None, f"no variant {sku}"
    delete_variant(world, variant)
    product = world.table("products").get(variant["product_id"])
    if product is not None:
        product["variants"].remove(variant["id"])
        if product["variants"]:
            touch(world, product)
            world.table("products").put(product["id"], product)
            world.notify("products/update", payloads.product(world, product))
        else:
            world.table("products").delete(product["id"])
            world.notify("products/delete", {"id": product["id"]})
    return {"id": str(variant["id"]), "inventory_item": str(variant["item_id"])}


def add_location(world: World, name: str, is_primary: bool = False) -> Doc:
    number, at = new_id(world, "Location"), now(world)
    place = {"id": number, "name": name, "primary": is_primary, "active": True}
    place |= {"created_at": at, "updated_at": at}
    world.notify("locations/create", payloads.location(place))
    return world.table("locations").put(number, place)


def switched_location(world: World, location_id: int, active: bool) -> Doc:
    """A person deactivates a location in the admin, or activates it again."""
    place = world.table("locations").get(location_id)
    assert place is not None, f"no location {location_id}"
    place.update(active=active, updated_at=max(now(world), place["updated_at"]))
    world.table("locations").put(location_id, place)
    topic = "locations/activate" if active else "locations/deactivate"
    world.notify(topic, payloads.location(place))
    return {"id": str(location_id), "active": active}
