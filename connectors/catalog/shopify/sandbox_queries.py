"""What each query finds."""

import re
from typing import Any

from connectors.catalog.shopify import sandbox_catalog_views as catalog_views
from connectors.catalog.shopify import sandbox_views as views
from connectors.catalog.shopify.sandbox_catalog import number_in
from connectors.catalog.shopify.sandbox_engine import problem
from connectors.catalog.shopify.sandbox_money import Doc
from connectors.catalog.shopify.sandbox_pages import gid
from connectors.catalog.shopify.sandbox_payloads import ZONE
from connectors.catalog.shopify.sandbox_roots import Root, found, root
from connectors.sandbox.world import World

VERSIONS = ("2025-10", "2026-01", "2026-04", "2026-07", "2026-10")
_TIMES = {"updated_at": "updated_at", "created_at": "created_at", "id": "id"}
_SORTS = {"UPDATED_AT": "updated_at", "CREATED_AT": "created_at", "PROCESSED_AT": "created_at"}


def by_id(kind: str, table: str, view: Any) -> Root:
    def find(world: World, info: Any, id: str) -> Any:
        if not re.fullmatch(rf"gid://shopify/{kind}/\d+(\?.*)?", id):
            raise problem(f"Invalid id: {id}", "RESOURCE_NOT_FOUND")
        doc = world.table(table).get(number_in(id))
        return view(world, doc) if doc else None

    return find


root("order", "read_orders")(by_id("Order", "orders", views.order))
root("product", "read_products")(by_id("Product", "products", catalog_views.product))
root("productVariant", "read_products")(by_id("ProductVariant", "variants", catalog_views.variant))
root("customer", "read_customers")(by_id("Customer", "customers", views.customer))
root("location", "read_locations", "read_inventory")(
    by_id("Location", "locations", lambda world, doc: catalog_views.location(doc))
)


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
    return found(info, world, "variants", fields, catalog_views.variant, "", arguments)


@root("inventoryItems", "read_inventory", "read_products")
def _items(world: World, info: Any, **arguments: Any) -> Doc:
    fields = {**_TIMES, "sku": "sku"}
    return found(info, world, "variants", fields, catalog_views.item, "", arguments)


@root("locations", "read_locations")
def _locations(world: World, info: Any, sortKey: str = "NAME", **arguments: Any) -> Doc:
    sort = "name" if sortKey == "NAME" else ""
    view = lambda world, doc: catalog_views.location(doc)  # noqa: E731
    return found(info, world, "locations", {"name": "name"}, view, sort, arguments)


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
