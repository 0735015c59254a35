"""Setting stock: absolute, compared with what was read, and each request but once."""

import hashlib
from collections.abc import Generator, Mapping
from typing import Any

from connectors.catalog.shopify import mutations, queries
from connectors.catalog.shopify.calls import ask, change, gid, number_of
from connectors.catalog.shopify.products import sku_query
from connectors.errors import Rejected, Unreachable
from connectors.spec import Context, Plan, Written

Node = Mapping[str, Any]


def set_quantities(body: Any, record: Any, context: Context) -> Plan[Written]:
    location = location_of(body, context)
    item, current = yield from _read(body["sku"], location, context)
    written = Written(f"{number_of(item)}-{number_of(location)}", label=body["sku"])
    if current == body["quantity"]:
        return Written(written.external_id, written.label, "nothing to change")
    row = {
        "inventoryItemId": item,
        "locationId": location,
        "quantity": body["quantity"],
        "changeFromQuantity": current,
    }
    fields = {"name": body["name"], "reason": body["reason"], "quantities": [row]}
    variables = {"input": fields, "key": idempotency_key(context.reference, row)}
    try:
        yield from change(
            mutations.SET_INVENTORY, variables, context, what=f"stock of {body['sku']}"
        )
    except Rejected as refusal:
        _retry_when_stale(refusal)
        raise
    return written


def _retry_when_stale(refusal: Rejected) -> None:
    """Someone changed the level since we read it: read it again, in a new attempt."""
    if "STALE" in refusal.detail or "IDEMPOTENCY_CONCURRENT" in refusal.detail:
        raise Unreachable(refusal.message, sent=False, detail=refusal.detail) from refusal


def idempotency_key(reference: str, row: Mapping[str, Any]) -> str:
    """The same for a repeat of the same change, another once the level read is another."""
    return hashlib.sha256(f"{reference}|{sorted(row.items())}".encode()).hexdigest()[:36]


def location_of(body: Any, context: Context) -> str:
    """By the lookup table of locations, else the connection's own location."""
    named = context.find_row("shopify_locations", body["location"])
    found = named or context.settings.get("location_id")
    if not found:
        raise Rejected(
            f"No Shopify location is known for {body['location']}: add it to the lookup table"
            " «shopify_locations», or choose a location in the connection's settings."
        )
    return gid("Location", found)


def _read(sku: str, location: str, context: Context) -> Generator[Any, Any, tuple[str, int | None]]:
    variables = {"query": sku_query(sku), "location": location}
    data = yield from ask(queries.INVENTORY_AT, variables, context, cost=30)
    found = [node for node in data["productVariants"]["nodes"] if node["sku"] == sku]
    if len(found) != 1:
        raise Rejected(f"{len(found)} variants in Shopify have the SKU {sku}; one is needed.")
    item = found[0]["inventoryItem"]
    if not item["tracked"]:
        raise Rejected(f"Shopify does not track the stock of {sku}; turn that on at the variant.")
    level = item["inventoryLevel"] or {"quantities": ()}
    amounts = {one["name"]: one["quantity"] for one in level["quantities"]}
    return item["id"], amounts.get("available")


def find_quantities(record: Any, context: Context) -> Plan[Written | None]:
    """There already when the level shows what we wanted to write."""
    location = location_of({"location": record.location}, context)
    item, current = yield from _read(record.sku, location, context)
    if current is None or current != record.available:
        return None
    return Written(f"{number_of(item)}-{number_of(location)}", label=record.sku)
