"""The shop's own truth, against which the client's work is judged."""

from connectors.catalog.shopify.sandbox_money import Doc, fixed, totals
from connectors.catalog.shopify.sandbox_stock import level_of, main_location
from connectors.sandbox.world import World


def ledger(world: World) -> list[Doc]:
    found = [_order_row(world, doc) for doc in world.table("orders")]
    return found + [_product_row(world, doc) for doc in world.table("products")]


def _order_row(world: World, doc: Doc) -> Doc:
    erp = doc["metafields"].get("ekyam.erp_order")
    return {
        "kind": "order",
        "id": str(doc["id"]),
        "label": doc["name"],
        "reference": erp["value"] if erp else "",
        "state": "CANCELLED" if doc["cancelled_at"] else doc["shown"],
        "at": doc["created_at"],
        "updated_at": doc["updated_at"],
        "closed_at": doc["closed_at"],
        "total": fixed(totals(doc, False)["total"]),
        "current_total": fixed(totals(doc, True)["total"]),
        "payment": doc["financial_status"],
        "tags": doc["tags"],
        "note": doc["note"],
        "lines": [
            {
                "id": str(line["id"]),
                "sku": line["sku"],
                "quantity": line["current"],
                "fulfilled": line["fulfilled"],
            }
            for line in doc["lines"]
        ],
        "fulfillments": [
            {
                "id": str(one["id"]),
                "name": f"{doc['name']}-F{place}",
                "status": one["status"],
                "company": one["company"],
                "tracking": one["numbers"],
                "urls": one["urls"],
                "events": [event["status"] for event in one["events"]],
                "lines": [
                    {"id": str(p["line_id"]), "quantity": p["quantity"]} for p in one["lines"]
                ],
            }
            for place, one in enumerate(doc["fulfillments"], 1)
        ],
    }


def _product_row(world: World, doc: Doc) -> Doc:
    variants = [found for one in doc["variants"] if (found := world.table("variants").get(one))]
    location = main_location(world)["id"]
    return {
        "kind": "product",
        "id": str(doc["id"]),
        "label": doc["title"],
        "reference": doc["handle"],
        "state": doc["status"],
        "at": doc["created_at"],
        "tags": doc["tags"],
        "lines": [
            {
                "id": str(one["id"]),
                "sku": one["sku"],
                "price": fixed(one["price"]),
                "options": one["options"],
                "available": (level_of(world, one["item_id"], location) or {}).get("available"),
            }
            for one in variants
        ],
    }
