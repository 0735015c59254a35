"""The roots of the GraphQL API: what each query finds and each mutation does or refuses."""

import re
from collections.abc import Callable
from typing import Any

from connectors.catalog.shopify import sandbox_catalog as catalog
from connectors.catalog.shopify import sandbox_orders as orders
from connectors.catalog.shopify import sandbox_payloads as payloads
from connectors.catalog.shopify import sandbox_views as views
from connectors.catalog.shopify.sandbox_catalog import new_id, now, number_in
from connectors.catalog.shopify.sandbox_engine import needs, once, problem
from connectors.catalog.shopify.sandbox_money import Doc
from connectors.sandbox.world import World

Root = Callable[..., Any]
ROOTS: dict[str, Root] = {}
VERSIONS = ("2025-10", "2026-01", "2026-04", "2026-07", "2026-10")
WRITE_FULFILLMENT_ORDERS = (
    "write_assigned_fulfillment_orders",
    "write_merchant_managed_fulfillment_orders",
    "write_third_party_fulfillment_orders",
)
TOPIC_SCOPES = {
    "orders": "read_orders",
    "refunds": "read_orders",
    "customers": "read_customers",
    "products": "read_products",
    "inventory": "read_inventory",
    "locations": "read_locations",
}


def root(name: str, *scopes: str) -> Callable[[Root], Root]:
    """A root field, open to these scopes; the resolver is given the world first."""

    def mark(function: Root) -> Root:
        def resolve(info: Any, **arguments: Any) -> Any:
            if scopes:
                needs(info, name, *scopes)
            return function(info.context.world, info, **arguments)

        ROOTS[name] = resolve
        return function

    return mark


def refusal(message: str, *field: str, code: str | None = None) -> dict[str, Any]:
    return {"userErrors": [catalog.error(code, list(field) or None, message)]}


# --- Search ---------------------------------------------------------------------------------

_TERM = re.compile(r"""(\w+):(>=|<=|>|<)?(?:'([^']*)'|"((?:[^"\\]|\\.)*)"|(\S+))""")


def matches(info: Any, query: str | None, fields: dict[str, str]) -> Callable[[Doc], bool]:
    """The filter of a search query; an unknown key is a warning, not a failure."""
    tests: list[tuple[str, str, str]] = []
    for key, sign, *values in _TERM.findall(query or ""):
        value = next((one for one in values if one), "").replace('\\"', '"').replace("\\\\", "\\")
        if key in fields:
            tests.append((fields[key], sign or "=", value))
        else:
            warning = {"field": key, "message": "Invalid search field for this query."}
            warnings = [{**warning, "code": "invalid_field"}]
            info.context.search.append(
                {"path": [info.field_name], "query": query, "warnings": warnings}
            )
    return lambda doc: all(
        _holds(str(doc.get(name) or ""), sign, wanted) for name, sign, wanted in tests
    )


def _holds(value: str, sign: str, wanted: str) -> bool:
    if sign == "=":
        return (
            value.lower().startswith(wanted[:-1].lower())
            if wanted.endswith("*")
            else value.lower() == wanted.lower()
        )
    return {
        ">=": value >= wanted,
        "<=": value <= wanted,
        ">": value > wanted,
        "<": value < wanted,
    }[sign]


def found(
    info: Any,
    world: World,
    table: str,
    fields: dict[str, str],
    view: Any,
    sort: str,
    arguments: Doc,
) -> Doc:
    """A searched and sorted connection over a table."""
    keep = matches(info, arguments.get("query"), fields)
    page = {k: v for k, v in arguments.items() if k in ("first", "last", "after", "reverse")}
    rows = ((str(doc.get(sort) or ""), doc["id"], doc) for doc in world.table(table) if keep(doc))
    return views.connection(rows, lambda doc: view(world, doc), **page)


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
root("product", "read_products")(by_id("Product", "products", views.product))
root("productVariant", "read_products")(by_id("ProductVariant", "variants", views.variant))
root("customer", "read_customers")(by_id("Customer", "customers", views.customer))
root("location", "read_locations", "read_inventory")(
    by_id("Location", "locations", lambda world, doc: views.location(doc))
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
    return found(info, world, "products", fields, views.product, _SORTS.get(sortKey, ""), arguments)


@root("productVariants", "read_products")
def _variants(world: World, info: Any, sortKey: str = "ID", **arguments: Any) -> Doc:
    fields = {**_TIMES, "sku": "sku", "barcode": "barcode", "product_id": "product_id"}
    return found(info, world, "variants", fields, views.variant, "", arguments)


@root("inventoryItems", "read_inventory", "read_products")
def _items(world: World, info: Any, **arguments: Any) -> Doc:
    fields = {**_TIMES, "sku": "sku"}
    return found(info, world, "variants", fields, views.item, "", arguments)


@root("locations", "read_locations")
def _locations(world: World, info: Any, sortKey: str = "NAME", **arguments: Any) -> Doc:
    sort = "name" if sortKey == "NAME" else ""
    view = lambda world, doc: views.location(doc)  # noqa: E731
    return found(info, world, "locations", {"name": "name"}, view, sort, arguments)


@root("productByIdentifier", "read_products")
def _product_by(world: World, info: Any, identifier: Doc) -> Doc | None:
    if "id" in identifier:
        doc = world.table("products").get(number_in(identifier["id"]))
    else:
        doc = next(iter(world.table("products").where(handle=identifier.get("handle"))), None)
    return views.product(world, doc) if doc else None


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
        "id": views.gid("Shop", 1),
        "name": world.account.replace("-", " ").title(),
        "email": "owner@example.com",
        "myshopifyDomain": f"{world.account}.myshopify.com",
        "currencyCode": "USD",
        "ianaTimezone": payloads.ZONE.key,
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
    app = {"id": views.gid("App", 1), "title": "Ekyam", "apiKey": "sandbox"}
    return {"id": views.gid("AppInstallation", 1), "accessScopes": scopes, "app": app}


@root("publicApiVersions")
def _versions(world: World, info: Any) -> list[Doc]:
    return [{"handle": one, "displayName": one, "supported": one != "2025-10"} for one in VERSIONS]


# --- Fulfilment -----------------------------------------------------------------------------


@root("fulfillmentCreate", *WRITE_FULFILLMENT_ORDERS)
def _fulfillment_create(
    world: World, info: Any, fulfillment: Doc, message: str | None = None
) -> Doc:
    groups = fulfillment["lineItemsByFulfillmentOrder"]
    table = world.table("fulfillment_orders")
    taken = [(table.get(number_in(one["fulfillmentOrderId"])), one) for one in groups]
    refused = _refuse_groups(taken)
    if refused:
        return refusal(refused, "fulfillment")
    order = world.table("orders").get(taken[0][0]["order_id"])  # type: ignore[index]
    assert order is not None
    parts: list[tuple[Doc, Doc, int]] = []
    for found_order, group in taken:
        assert found_order is not None
        wanted = group.get("fulfillmentOrderLineItems") or [
            {"id": one["id"], "quantity": one["remaining"]} for one in found_order["lines"]
        ]
        for place, given in enumerate(wanted):
            if given["quantity"] <= 0:
                path = [
                    "lineItemsByFulfillmentOrder",
                    "0",
                    "fulfillmentOrderLineItems",
                    str(place),
                    "quantity",
                ]
                return refusal("Quantity must be greater than 0", "fulfillment", *path)
            line = next(
                (one for one in found_order["lines"] if one["id"] == number_in(given["id"])), None
            )
            if line is None:
                return refusal("Fulfillment order line item does not exist.", "fulfillment")
            if given["quantity"] > line["remaining"]:
                return refusal(
                    "Invalid fulfillment order line item quantity requested.", "fulfillment"
                )
            parts.append((found_order, line, given["quantity"]))
    return {
        "fulfillment": _fulfil(world, order, parts, fulfillment.get("trackingInfo") or {}),
        "userErrors": [],
    }


def _refuse_groups(taken: list[tuple[Doc | None, Doc]]) -> str:
    if any(found_order is None for found_order, _ in taken) or not taken:
        return "Fulfillment order does not exist."
    orders_found = sorted({one["order_id"] for one, _ in taken if one})
    if len(orders_found) > 1:
        listed = ", ".join(map(str, orders_found))
        return (
            "All fulfillment orders must belong to the same order."
            f" Multiple orders with ids [{listed}] were found."
        )
    if len({one["location_id"] for one, _ in taken if one}) > 1:
        return "All fulfillment orders must be assigned to the same location."
    for one, _ in taken:
        if one and one["status"] not in ("OPEN", "IN_PROGRESS"):
            status = one["status"].lower()
            return f"Fulfillment order {one['id']} has an unfulfillable status= {status}."
    return ""


def _tracking(given: Doc) -> Doc:
    numbers = given.get("numbers") or ([given["number"]] if given.get("number") else [])
    urls = given.get("urls") or ([given["url"]] if given.get("url") else [])
    return {"company": given.get("company"), "numbers": numbers, "urls": urls}


def _fulfil(world: World, order: Doc, parts: list[tuple[Doc, Doc, int]], tracking: Doc) -> Doc:
    made = {
        "id": new_id(world, "Fulfillment"),
        "status": "SUCCESS",
        "created_at": now(world),
        "updated_at": now(world),
        "location_id": parts[0][0]["location_id"],
        "lines": [],
        "events": [],
        **_tracking(tracking),
    }
    for found_order, line, quantity in parts:
        line["remaining"] -= quantity
        sold = orders.line_of(order, line["line_id"])
        sold["fulfilled"] += quantity
        catalog.move(world, sold, available=0, committed=-quantity)
        row = {"id": new_id(world, "FulfillmentLineItem"), "line_id": line["line_id"]}
        made["lines"].append({**row, "quantity": quantity})
        is_done = not any(one["remaining"] for one in found_order["lines"])
        found_order["status"] = "CLOSED" if is_done else "IN_PROGRESS"
        world.table("fulfillment_orders").put(found_order["id"], found_order)
    order["fulfillments"].append(made)
    world.table("fulfillments").put(made["id"], {"order_id": order["id"]})
    world.journal("fulfillment.create", str(order["id"]), numbers=made["numbers"])
    world.notify("fulfillments/create", payloads.fulfillment(order, made))
    waiting = any(
        line["current"] > line["fulfilled"] for line in order["lines"] if not line.get("tip")
    )
    topic = "orders/partially_fulfilled" if waiting else "orders/fulfilled"
    orders.save(world, order, topic, "orders/updated")
    return views.fulfillment(world, order, made)


def _fulfillment(world: World, id: str) -> tuple[Doc, Doc] | None:
    row = world.table("fulfillments").get(number_in(id))
    order = world.table("orders").get(row["order_id"]) if row else None
    if order is None:
        return None
    return order, next(one for one in order["fulfillments"] if one["id"] == number_in(id))


@root("fulfillment", "read_orders", *views.FULFILLMENT_ORDERS)
def _read_fulfillment(world: World, info: Any, id: str) -> Doc | None:
    there = _fulfillment(world, id)
    return views.fulfillment(world, *there) if there else None


@root("fulfillmentTrackingInfoUpdate", *WRITE_FULFILLMENT_ORDERS)
def _tracking_update(
    world: World, info: Any, fulfillmentId: str, trackingInfoInput: Doc, notifyCustomer: Any = None
) -> Doc:
    there = _fulfillment(world, fulfillmentId)
    if there is None:
        return refusal("Fulfillment does not exist.", "fulfillmentId")
    order, one = there
    one.update(_tracking(trackingInfoInput), updated_at=now(world))
    world.journal("fulfillment.tracking", str(order["id"]), numbers=one["numbers"])
    world.notify("fulfillments/update", payloads.fulfillment(order, one))
    orders.save(world, order, "orders/updated")
    return {"fulfillment": views.fulfillment(world, order, one), "userErrors": []}


@root("fulfillmentEventCreate", "write_fulfillments")
def _event_create(world: World, info: Any, fulfillmentEvent: Doc) -> Doc:
    there = _fulfillment(world, fulfillmentEvent["fulfillmentId"])
    if there is None:
        return refusal("Fulfillment does not exist.", "fulfillmentEvent", "fulfillmentId")
    order, one = there
    fields = {k: v for k, v in fulfillmentEvent.items() if k != "fulfillmentId"}
    event = {"id": new_id(world, "FulfillmentEvent"), "createdAt": now(world), **fields}
    event.setdefault("happenedAt", event["createdAt"])
    one["events"].append(event)
    world.journal("fulfillment.event", str(order["id"]), status=event["status"])
    orders.save(world, order, "orders/updated")
    return {"fulfillmentEvent": views.event(event), "userErrors": []}


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
        errors = [catalog.error("INVALID", ["orderId"], message)]
        return {"job": None, "orderCancelUserErrors": errors, "userErrors": errors}
    refund = bool((refundMethod or {}).get("originalPaymentMethodsRefund"))
    orders.cancel(world, order, reason, restock=restock, refund=refund)
    job = {"id": views.gid("Job", new_id(world, "Job")), "done": world.setting("job_done", False)}
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
            "id": views.gid("Metafield", new_id(world, "Metafield")),
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
    return {"product": views.product(world, product) if product else None, "userErrors": errors}


@root("inventorySetQuantities", "write_inventory")
def _set_quantities(world: World, info: Any, input: Doc) -> Doc:
    is_new = info.context.version >= "2026-04"
    if is_new and any("changeFromQuantity" not in row for row in input["quantities"]):
        message = "InventoryQuantityInput must include the following argument: changeFromQuantity."
        raise problem(message, "INVALID_FIELD_ARGUMENTS")

    def run() -> Doc:
        group, errors = catalog.set_quantities(world, input)
        return {"group": group, "userErrors": errors}

    result = once(info, input, run, is_new)
    group = result.get("group")
    return {"inventoryAdjustmentGroup": _group(group), "userErrors": result["userErrors"]}


def _group(group: Doc | None) -> Doc | None:
    if group is None:
        return None
    return {
        "id": views.gid("InventoryAdjustmentGroup", group["id"]),
        "createdAt": group["created_at"],
        "reason": group["reason"],
        "changes": lambda info, **more: [
            {"name": name, "delta": delta, "quantityAfterChange": None}
            for _, _, delta in group["changes"]
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
    return views.connection(rows, views.subscription, **page)


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
    return {"webhookSubscription": views.subscription(doc), "userErrors": []}


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
    return {"webhookSubscription": views.subscription({**doc, "uri": uri}), "userErrors": []}


@root("webhookSubscriptionDelete")
def _subscription_delete(world: World, info: Any, id: str) -> Doc:
    if world.table("subscriptions").get(number_in(id)) is None:
        return refusal("Webhook subscription does not exist", "id")
    world.table("subscriptions").delete(number_in(id))
    return {"deletedWebhookSubscriptionId": id, "userErrors": []}
