"""What can be changed of orders, products, stock and subscriptions, and what Shopify refuses."""

import re
from typing import Any

from connectors.catalog.shopify import sandbox_catalog as catalog
from connectors.catalog.shopify import sandbox_catalog_views as catalog_views
from connectors.catalog.shopify import sandbox_orders as orders
from connectors.catalog.shopify import sandbox_stock as stock
from connectors.catalog.shopify import sandbox_views as views
from connectors.catalog.shopify.sandbox_engine import needs, problem
from connectors.catalog.shopify.sandbox_ids import new_id, now, number_in
from connectors.catalog.shopify.sandbox_money import Doc
from connectors.catalog.shopify.sandbox_once import once
from connectors.catalog.shopify.sandbox_pages import connection, gid
from connectors.catalog.shopify.sandbox_roots import refusal, root
from connectors.sandbox.world import World

TOPIC_SCOPES = {
    "orders": "read_orders",
    "refunds": "read_orders",
    "customers": "read_customers",
    "products": "read_products",
    "inventory": "read_inventory",
    "locations": "read_locations",
}


# --- Orders ---------------------------------------------------------------------------------


@root("orderCancel", "write_orders")
def _order_cancel(
    world: World,
    info: Any,
    orderId: str,
    reason: str,
    restock: bool,
    refundMethod: Doc | None = None,
    staffNote: str | None = None,
    notifyCustomer: bool = False,
) -> Doc:
    order = world.table("orders").get(number_in(orderId))
    message = ""
    if order is None:
        message = "Order does not exist"
    elif order["cancelled_at"]:
        message = "Cannot cancel an order that has already been canceled"
    elif order["fulfillments"]:
        message = "Cannot cancel an order that has outstanding fulfillments"
    elif staffNote and len(staffNote) > 255:
        message = "Staff note is too long (maximum is 255 characters)"
    if message or order is None:
        errors = [stock.error("INVALID", ["orderId"], message)]
        return {"job": None, "orderCancelUserErrors": errors, "userErrors": errors}
    refund = bool((refundMethod or {}).get("originalPaymentMethodsRefund"))
    orders.cancel(world, order, reason, restock=restock, refund=refund)
    job = {"id": gid("Job", new_id(world, "Job")), "done": world.setting("job_done", False)}
    return {"job": job, "orderCancelUserErrors": [], "userErrors": []}


@root("orderClose", "write_orders")
def _order_close(world: World, info: Any, input: Doc) -> Doc:
    order = world.table("orders").get(number_in(input["id"]))
    if order is None:
        return refusal("Order does not exist", "id")
    if order["closed_at"] is None:
        order["closed_at"] = now(world)
        world.journal("order.close", str(order["id"]))
        orders.save(world, order, "orders/updated")
    return {"order": views.order(world, order), "userErrors": []}


@root("orderUpdate", "write_orders")
def _order_update(world: World, info: Any, input: Doc) -> Doc:
    order = world.table("orders").get(number_in(input["id"]))
    if order is None:
        return refusal("Order does not exist", "id")
    if len(input) == 1:
        return refusal("No valid update parameters have been provided")
    order.update({k: v for k, v in input.items() if k in ("note", "tags", "email", "phone")})
    if "customAttributes" in input:
        attributes = input["customAttributes"]
        order["attributes"] = [{"name": one["key"], "value": one["value"]} for one in attributes]
    world.journal("order.update", str(order["id"]))
    orders.save(world, order, "orders/updated")
    return {"order": views.order(world, order), "userErrors": []}


@root("tagsAdd", "write_orders", "write_products", "write_customers")
def _tags_add(world: World, info: Any, id: str, tags: list[str]) -> Doc:
    order = world.table("orders").get(number_in(id)) if "/Order/" in id else None
    if order is None:
        return refusal("Node does not exist", "id")
    if any(len(tag) > 40 for tag in tags):
        return refusal("Tag exceeds maximum length of 40 characters", "tags")
    new = [tag for tag in tags if tag.lower() not in {one.lower() for one in order["tags"]}]
    if new:
        order["tags"] += new
        world.journal("order.tag", str(order["id"]), tags=new)
        orders.save(world, order, "orders/updated")
    return {"node": views.order(world, order), "userErrors": []}


@root("metafieldsSet", "write_orders")
def _metafields_set(world: World, info: Any, metafields: list[Doc]) -> Doc:
    made = []
    for place, given in enumerate(metafields):
        order = world.table("orders").get(number_in(given["ownerId"]))
        if order is None:
            path = ("metafields", str(place), "ownerId")
            return refusal("Owner does not exist.", *path, code="INVALID")
        at = now(world)
        field = {
            "id": gid("Metafield", new_id(world, "Metafield")),
            "namespace": given.get("namespace") or "$app",
            "key": given["key"],
            "type": given.get("type") or "single_line_text_field",
            "value": given["value"],
            "createdAt": at,
            "updatedAt": at,
        }
        order["metafields"][f"{field['namespace']}.{field['key']}"] = field
        world.journal("order.metafield", str(order["id"]), value=given["value"])
        orders.save(world, order, "orders/updated")
        made.append(field)
    return {"metafields": made, "userErrors": []}


# --- Catalogue and stock ----------------------------------------------------------------------


@root("productSet", "write_products")
def _product_set(
    world: World, info: Any, input: Doc, identifier: Doc | None = None, synchronous: bool = True
) -> Doc:
    product, errors = catalog.set_product(world, identifier, input)
    return {
        "product": catalog_views.product(world, product) if product else None,
        "userErrors": errors,
    }


@root("inventorySetQuantities", "write_inventory")
def _set_quantities(world: World, info: Any, input: Doc) -> Doc:
    is_new = info.context.version >= "2026-04"
    if is_new and any("changeFromQuantity" not in row for row in input["quantities"]):
        message = "InventoryQuantityInput must include the following argument: changeFromQuantity."
        raise problem(message, "INVALID_FIELD_ARGUMENTS")

    def run() -> Doc:
        group, errors = stock.set_quantities(world, input)
        return {"group": group, "userErrors": errors}

    result = once(info, input, run, is_new)
    group = result.get("group")
    return {"inventoryAdjustmentGroup": _group(group), "userErrors": result["userErrors"]}


def _group(group: Doc | None) -> Doc | None:
    if group is None:
        return None
    return {
        "id": gid("InventoryAdjustmentGroup", group["id"]),
        "createdAt": group["created_at"],
        "reason": group["reason"],
        "changes": lambda info, **more: [
            {"name": name, "delta": delta, "quantityAfterChange": None}
            for delta in group["deltas"]
            for name in ("available", "on_hand")
        ],
    }


# --- Webhook subscriptions --------------------------------------------------------------------


@root("webhookSubscriptions")
def _subscriptions(world: World, info: Any, **arguments: Any) -> Doc:
    wanted = arguments.get("topics")
    rows = [
        ("", doc["id"], doc)
        for doc in world.table("subscriptions")
        if not wanted or doc["topic"].replace("/", "_").upper() in wanted
    ]
    page = {k: v for k, v in arguments.items() if k in ("first", "last", "after")}
    return connection(rows, catalog_views.subscription, **page)


def _topic(enum: str) -> str:
    """ORDERS_CREATE -> orders/create; the resource itself may have an underscore."""
    for resource in (
        "fulfillment_orders",
        "fulfillment_events",
        "inventory_levels",
        "inventory_items",
    ):
        if enum.lower().startswith(resource):
            return f"{resource}/{enum.lower()[len(resource) + 1 :]}"
    if enum.startswith(("ORDER_TRANSACTIONS", "BULK_OPERATIONS")):
        head, _, tail = enum.lower().rpartition("_")
        return f"{head}/{tail}"
    head, _, tail = enum.lower().partition("_")
    return f"{head}/{tail}"


def _refuse_address(world: World, uri: str, topic: str, own: int = 0) -> str:
    if not uri:
        return "Address can't be blank"
    if uri.startswith("http://") and not world.setting("allow_http_webhooks", True):
        return "Address protocol http:// is not supported"
    if ".shopify.com" in uri or ".myshopify.com" in uri:
        return "Address cannot be a Shopify or an internal domain"
    same = world.table("subscriptions").where(topic=topic, uri=uri)
    if any(one["id"] != own for one in same):
        return "Address for this topic has already been taken"
    return ""


@root("webhookSubscriptionCreate")
def _subscription_create(world: World, info: Any, topic: str, webhookSubscription: Doc) -> Doc:
    name = _topic(topic)
    scope = TOPIC_SCOPES.get(re.split(r"[_/]", name)[0])
    if scope:
        needs(info, "webhookSubscriptionCreate", scope)
    uri = webhookSubscription.get("uri") or webhookSubscription.get("callbackUrl") or ""
    message = _refuse_address(world, uri, name)
    if message:
        return refusal(message, "webhookSubscription", "callbackUrl")
    number = new_id(world, "WebhookSubscription")
    doc = {"id": number, "topic": name, "uri": uri, "created_at": now(world)}
    world.table("subscriptions").put(number, doc)
    return {"webhookSubscription": catalog_views.subscription(doc), "userErrors": []}


@root("webhookSubscriptionUpdate")
def _subscription_update(world: World, info: Any, id: str, webhookSubscription: Doc) -> Doc:
    doc = world.table("subscriptions").get(number_in(id))
    if doc is None:
        return refusal("Webhook subscription does not exist", "id")
    uri = webhookSubscription.get("uri") or webhookSubscription.get("callbackUrl") or ""
    message = _refuse_address(world, uri, doc["topic"], doc["id"])
    if message:
        return refusal(message, "webhookSubscription", "callbackUrl")
    world.table("subscriptions").put(doc["id"], {**doc, "uri": uri})
    return {
        "webhookSubscription": catalog_views.subscription({**doc, "uri": uri}),
        "userErrors": [],
    }


@root("webhookSubscriptionDelete")
def _subscription_delete(world: World, info: Any, id: str) -> Doc:
    if world.table("subscriptions").get(number_in(id)) is None:
        return refusal("Webhook subscription does not exist", "id")
    world.table("subscriptions").delete(number_in(id))
    return {"deletedWebhookSubscriptionId": id, "userErrors": []}
