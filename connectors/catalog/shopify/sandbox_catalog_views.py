"""Products, stock, locations and subscriptions -> GraphQL objects."""

from typing import Any

from connectors.catalog.shopify.sandbox_engine import needs
from connectors.catalog.shopify.sandbox_ids import number_in
from connectors.catalog.shopify.sandbox_money import Doc, short
from connectors.catalog.shopify.sandbox_pages import connection, gid, in_order
from connectors.catalog.shopify.sandbox_stock import is_active, level_of, levels_of
from connectors.sandbox.world import World


def product(world: World, doc: Doc) -> Doc:
    variants = world.table("variants")
    return {
        "__typename": "Product",
        "id": gid("Product", doc["id"]),
        "legacyResourceId": str(doc["id"]),
        "title": doc["title"],
        "handle": doc["handle"],
        "descriptionHtml": doc["body"],
        "vendor": doc["vendor"],
        "productType": doc["type"],
        "status": doc["status"],
        "tags": doc["tags"],
        "createdAt": doc["created_at"],
        "updatedAt": doc["updated_at"],
        "options": lambda info, first=None: [
            {"id": gid("ProductOption", n), "name": name, "position": n, "values": values}
            for n, (name, values) in enumerate(doc["options"].items(), 1)
        ],
        "variants": lambda info, sortKey=None, **more: connection(
            in_order(found for one in doc["variants"] if (found := variants.get(one))),
            lambda one: variant(world, one),
            **more,
        ),
        "variantsCount": {"count": len(doc["variants"]), "precision": "EXACT"},
    }


def variant(world: World, doc: Doc) -> Doc:
    def of_product(info: Any) -> Doc | None:
        found = world.table("products").get(doc["product_id"])
        return product(world, found) if found else None

    values = list(doc["options"].values())
    return {
        "__typename": "ProductVariant",
        "id": gid("ProductVariant", doc["id"]),
        "legacyResourceId": str(doc["id"]),
        "title": " / ".join(values),
        "displayName": " / ".join(values),
        "sku": doc["sku"],
        "barcode": doc["barcode"],
        "price": short(doc["price"]),
        "compareAtPrice": None if doc["compare_at"] is None else short(doc["compare_at"]),
        "position": 1,
        "taxable": True,
        "inventoryPolicy": "DENY",
        "createdAt": doc["created_at"],
        "updatedAt": doc["updated_at"],
        "selectedOptions": [{"name": k, "value": v} for k, v in doc["options"].items()],
        "inventoryItem": lambda info: _item_of(info, world, doc),
        "product": of_product,
    }


def _item_of(info: Any, world: World, doc: Doc) -> Doc:
    needs(info, "inventoryItem", "read_inventory", "read_products")
    return item(world, doc)


def item(world: World, doc: Doc) -> Doc:
    """The stock side of a variant."""

    def at_location(info: Any, locationId: str, includeInactive: bool = False) -> Doc | None:
        needs(info, "inventoryLevel", "read_inventory")
        found = level_of(world, doc["item_id"], number_in(locationId))
        is_shown = found and (includeInactive or is_active(world, found["location_id"]))
        return level(world, found) if found and is_shown else None

    def everywhere(info: Any, includeInactive: bool = False, **more: Any) -> Doc:
        needs(info, "inventoryLevels", "read_inventory")
        found = levels_of(world, doc["item_id"])
        rows = [one for one in found if includeInactive or is_active(world, one["location_id"])]
        page = {name: value for name, value in more.items() if name in ("first", "last", "after")}
        return connection(in_order(rows), lambda one: level(world, one), **page)

    return {
        "__typename": "InventoryItem",
        "id": gid("InventoryItem", doc["item_id"]),
        "legacyResourceId": str(doc["item_id"]),
        "sku": doc["sku"],
        "tracked": doc["tracked"],
        "requiresShipping": True,
        "unitCost": None,
        "measurement": {
            "id": gid("InventoryItemMeasurement", doc["item_id"]),
            "weight": {"value": float(doc["grams"]), "unit": "GRAMS"},
        },
        "createdAt": doc["created_at"],
        "updatedAt": doc["updated_at"],
        "inventoryLevel": at_location,
        "inventoryLevels": everywhere,
    }


def level(world: World, doc: Doc) -> Doc:
    amounts = {
        "available": doc["available"],
        "committed": doc["committed"],
        "on_hand": doc["available"] + doc["committed"],
    }
    number = f"{doc['location_id']}?inventory_item_id={doc['item_id']}"
    return {
        "id": gid("InventoryLevel", number),
        "isActive": is_active(world, doc["location_id"]),
        "createdAt": doc["created_at"],
        "updatedAt": doc["updated_at"],
        "location": location(world.table("locations").get(doc["location_id"]) or {}),
        "quantities": lambda info, names: [
            {"id": gid("InventoryQuantity", name), "name": name, "quantity": amounts.get(name, 0)}
            for name in names
        ],
    }


def location(doc: Doc) -> Doc:
    return {
        "__typename": "Location",
        "id": gid("Location", doc.get("id")),
        "legacyResourceId": str(doc.get("id")),
        "name": doc.get("name"),
        "isActive": doc.get("active", True),
        "fulfillsOnlineOrders": doc.get("active", True),
        "shipsInventory": True,
        "isFulfillmentService": False,
        "createdAt": doc.get("created_at"),
        "updatedAt": doc.get("updated_at"),
        "address": {"city": "Portland", "countryCode": "US", "country": "United States"},
    }


def subscription(doc: Doc) -> Doc:
    return {
        "id": gid("WebhookSubscription", doc["id"]),
        "legacyResourceId": str(doc["id"]),
        "topic": doc["topic"].replace("/", "_").upper(),
        "uri": doc["uri"],
        "callbackUrl": doc["uri"],
        "endpoint": {"__typename": "WebhookHttpEndpoint", "callbackUrl": doc["uri"]},
        "format": "JSON",
        "includeFields": [],
        "createdAt": doc["created_at"],
        "updatedAt": doc["created_at"],
    }
