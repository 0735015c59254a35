"""What each query finds."""

import re
from collections.abc import Iterator
from itertools import islice
from typing import Any

from connectors.catalog.shopify import sandbox_bulk as bulk
from connectors.catalog.shopify import sandbox_catalog_views as catalog_views
from connectors.catalog.shopify import sandbox_views as views
from connectors.catalog.shopify.sandbox_engine import problem
from connectors.catalog.shopify.sandbox_ids import number_in
from connectors.catalog.shopify.sandbox_money import Doc
from connectors.catalog.shopify.sandbox_pages import connection, gid, mark_of
from connectors.catalog.shopify.sandbox_payloads import ZONE
from connectors.catalog.shopify.sandbox_roots import (
    Root,
    Test,
    alternatives,
    found,
    keeper,
    named,
    page_of,
    root,
)
from connectors.catalog.shopify.sandbox_stock import variant_by_id, variant_of_item
from connectors.sandbox.world import World

VERSIONS = ("2025-10", "2026-01", "2026-04", "2026-07", "2026-10")
_TIMES = {"updated_at": "updated_at", "created_at": "created_at", "id": "id"}
_SORTS = {"UPDATED_AT": "updated_at", "CREATED_AT": "created_at", "PROCESSED_AT": "created_at"}


def by_id(kind: str, view: Any, get: Any) -> Root:
    def find(world: World, info: Any, id: str) -> Any:
        if not re.fullmatch(rf"gid://shopify/{kind}/\d+(\?.*)?", id):
            raise problem(f"Invalid id: {id}", "RESOURCE_NOT_FOUND")
        doc = get(world, number_in(id))
        return view(world, doc) if doc else None

    _NODES[kind] = find
    return find


def _in(table: str) -> Any:
    return lambda world, number: world.table(table).get(number)


_NODES: dict[str, Root] = {}


root("order", "read_orders")(by_id("Order", views.order, _in("orders")))
root("product", "read_products")(by_id("Product", catalog_views.product, _in("products")))
root("productVariant", "read_products")(
    by_id("ProductVariant", catalog_views.variant, variant_by_id)
)
root("inventoryItem", "read_inventory", "read_products")(
    by_id("InventoryItem", catalog_views.item, variant_of_item)
)
root("customer", "read_customers")(by_id("Customer", views.customer, _in("customers")))
root("location", "read_locations", "read_inventory")(
    by_id("Location", lambda world, doc: catalog_views.location(doc), _in("locations"))
)


@root("nodes")
def _nodes(world: World, info: Any, ids: list[str]) -> list[Any]:
    """In the order of the ids, null for what is not there."""
    found = []
    for id in ids:
        kind = re.match(r"gid://shopify/(\w+)/\d+", id)
        if not kind:
            raise problem(f"Invalid id: {id}", "RESOURCE_NOT_FOUND")
        find = _NODES.get(kind.group(1))
        found.append(find(world, info, id) if find else None)
    return found


@root("orders", "read_orders")
def _orders(world: World, info: Any, sortKey: str = "PROCESSED_AT", **arguments: Any) -> Doc:
    fields = {**_TIMES, "name": "name", "email": "email", "financial_status": "financial_status"}
    sort = _SORTS.get(sortKey, "created_at")
    return found(info, world, "orders", fields, views.order, sort, arguments)


@root("customers", "read_customers")
def _customers(world: World, info: Any, sortKey: str = "ID", **arguments: Any) -> Doc:
    fields = {**_TIMES, "email": "email"}
    sort = _SORTS.get(sortKey, "")
    return found(info, world, "customers", fields, views.customer, sort, arguments)


@root("products", "read_products")
def _products(world: World, info: Any, sortKey: str = "ID", **arguments: Any) -> Doc:
    fields = {**_TIMES, "handle": "handle", "title": "title", "vendor": "vendor"}
    return found(
        info, world, "products", fields, catalog_views.product, _SORTS.get(sortKey, ""), arguments
    )


@root("productVariants", "read_products")
def _variants(world: World, info: Any, sortKey: str = "ID", **arguments: Any) -> Doc:
    fields = {**_TIMES, "sku": "sku", "barcode": "barcode", "product_id": "product_id"}
    return _units(info, world, fields, catalog_views.variant, "ProductVariant", arguments)


@root("inventoryItems", "read_inventory", "read_products")
def _items(world: World, info: Any, **arguments: Any) -> Doc:
    fields = {**_TIMES, "id": "item_id", "sku": "sku"}
    return _units(info, world, fields, catalog_views.item, "InventoryItem", arguments)


def _units(
    info: Any, world: World, fields: dict[str, str], view: Any, kind: str, arguments: Doc
) -> Doc:
    """Variants, or their items: those that are kept one by one, and behind them the bulk's."""
    tests = alternatives(info, arguments.get("query"), fields)
    key = "id" if kind == "ProductVariant" else "item_id"
    keep = keeper(tests, "sku", key)
    kept = [doc for doc in world.table("variants") if keep(doc)]
    there = [*kept, *_bulk(world, tests, keep, kind, key, arguments)]
    rows = [("", doc[key], doc) for doc in there]
    return connection(rows, lambda doc: view(world, doc), **page_of(arguments))


def _bulk(
    world: World, tests: list[list[Test]], keep: Any, kind: str, key: str, arguments: Doc
) -> Iterator[Doc]:
    """What of the bulk can be on this page: what is named, or what follows its cursor."""
    total = bulk.count(world)
    skus, ids = named(tests, "sku"), named(tests, key)
    if not total:
        return iter(())
    if skus is not None:
        numbers = sorted({bulk.number_of(world, sku) for sku in skus} - {0})
        return bulk.variants(world, numbers)
    if ids is not None:
        wanted = {bulk.number_of(world, int(one), kind) for one in ids if one.isdigit()}
        return bulk.variants(world, sorted(wanted - {0}))
    if not keep(bulk.variant(world, 1)):  # they differ in nothing else
        return iter(())
    after = arguments.get("after")
    start = max(0, mark_of(after)[1] - bulk.FIRST[kind]) if after else 0
    some = bulk.variants(world, range(start + 1, total + 1))
    return islice(some, int(arguments.get("first") or 0) + 1)


@root("locations", "read_locations")
def _locations(
    world: World,
    info: Any,
    sortKey: str = "NAME",
    includeInactive: bool = False,
    **arguments: Any,
) -> Doc:
    sort = "name" if sortKey == "NAME" else ""
    keep = keeper(alternatives(info, arguments.get("query"), {"name": "name"}))
    shown = (one for one in world.table("locations") if includeInactive or one.get("active", True))
    rows = ((str(one.get(sort) or ""), one["id"], one) for one in shown if keep(one))
    return connection(rows, catalog_views.location, **page_of(arguments))


@root("productByIdentifier", "read_products")
def _product_by(world: World, info: Any, identifier: Doc) -> Doc | None:
    if "id" in identifier:
        doc = world.table("products").get(number_in(identifier["id"]))
    else:
        doc = next(iter(world.table("products").where(handle=identifier.get("handle"))), None)
    return catalog_views.product(world, doc) if doc else None


@root("fulfillmentOrder", *views.FULFILLMENT_ORDERS)
def _fulfillment_order(world: World, info: Any, id: str) -> Doc | None:
    doc = world.table("fulfillment_orders").get(number_in(id))
    if doc is None:
        return None
    order = world.table("orders").get(doc["order_id"])
    assert order is not None
    return views.fulfillment_order(world, order, doc)


@root("shop")
def _shop(world: World, info: Any) -> Doc:
    return {
        "id": gid("Shop", 1),
        "name": world.account.replace("-", " ").title(),
        "email": "owner@example.com",
        "myshopifyDomain": f"{world.account}.myshopify.com",
        "currencyCode": "USD",
        "ianaTimezone": ZONE.key,
        "taxesIncluded": False,
        "plan": {
            "partnerDevelopment": world.setting("development_store", True),
            "publicDisplayName": "Development",
            "shopifyPlus": False,
        },
    }


@root("currentAppInstallation")
def _installation(world: World, info: Any) -> Doc:
    scopes = [{"handle": one, "description": one} for one in sorted(info.context.scopes)]
    app = {"id": gid("App", 1), "title": "Ekyam", "apiKey": "sandbox"}
    return {"id": gid("AppInstallation", 1), "accessScopes": scopes, "app": app}


@root("publicApiVersions")
def _versions(world: World, info: Any) -> list[Doc]:
    return [{"handle": one, "displayName": one, "supported": one != "2025-10"} for one in VERSIONS]
