"""Stored documents -> GraphQL objects: plain fields at once, connections when asked for."""

import base64
import json
from collections.abc import Callable, Iterable
from typing import Any

from connectors.catalog.shopify.sandbox_catalog import level_of
from connectors.catalog.shopify.sandbox_engine import needs, problem
from connectors.catalog.shopify.sandbox_money import Doc, bag, short, totals
from connectors.catalog.shopify.sandbox_orders import fulfillment_orders, line_of
from connectors.sandbox.world import World

FULFILLMENT_ORDERS = (
    "read_assigned_fulfillment_orders",
    "read_merchant_managed_fulfillment_orders",
    "read_third_party_fulfillment_orders",
)


def gid(kind: str, number: Any) -> str:
    return f"gid://shopify/{kind}/{number}"


# --- Pages ----------------------------------------------------------------------------------


def connection(
    rows: Iterable[tuple[str, int, Any]], view: Callable[[Any], Any], **arguments: Any
) -> Doc:
    """A page of rows (sort value, id, document), after the cursor's (value, id)."""
    wanted = arguments.get("first", arguments.get("last"))
    if wanted is None:
        raise problem("you must provide one of first or last", "BAD_REQUEST")
    ordered = sorted(rows, key=lambda row: row[:2], reverse=bool(arguments.get("reverse")))
    after = arguments.get("after")
    if after:
        mark = _mark(after)
        ordered = [row for row in ordered if row[:2] > mark]
    size = min(250, int(wanted))
    page = ordered[:size]
    return {
        "nodes": lambda info: [view(row[2]) for row in page],
        "edges": lambda info: [{"cursor": _cursor(row), "node": view(row[2])} for row in page],
        "pageInfo": {
            "hasNextPage": len(ordered) > size,
            "hasPreviousPage": bool(after),
            "startCursor": _cursor(page[0]) if page else None,
            "endCursor": _cursor(page[-1]) if page else None,
        },
    }


def _cursor(row: tuple[str, int, Any]) -> str:
    text = json.dumps({"last_id": row[1], "last_value": row[0]})
    return base64.b64encode(text.encode()).decode()


def _mark(cursor: str) -> tuple[str, int]:
    try:
        found = json.loads(base64.b64decode(cursor))
        return str(found["last_value"]), int(found["last_id"])
    except (ValueError, KeyError, TypeError) as error:
        raise problem("Malformed cursor", "BAD_REQUEST") from error


def in_order(rows: Iterable[Doc]) -> list[tuple[str, int, Doc]]:
    return [(f"{place:08d}", row.get("id") or place, row) for place, row in enumerate(rows)]


def listed(rows: Iterable[Doc], view: Callable[[Doc], Any]) -> Callable[..., Any]:
    """A connection field over rows that are in order already."""
    return lambda info, **arguments: connection(in_order(rows), view, **arguments)


# --- Orders ---------------------------------------------------------------------------------


def order(world: World, doc: Doc) -> Doc:
    currency = doc["currency"]
    has_pii = world.setting("protected_data", True)
    return {
        "__typename": "Order",
        "id": gid("Order", doc["id"]),
        "legacyResourceId": str(doc["id"]),
        "name": doc["name"],
        "number": doc["number"],
        "createdAt": doc["created_at"],
        "processedAt": doc["created_at"],
        "updatedAt": doc["updated_at"],
        "closedAt": doc["closed_at"],
        "closed": doc["closed_at"] is not None,
        "cancelledAt": doc["cancelled_at"],
        "cancelReason": doc["cancel_reason"],
        "displayFinancialStatus": doc["financial_status"],
        "displayFulfillmentStatus": doc["shown"],
        "email": doc["email"] if has_pii else None,
        "phone": doc["phone"] if has_pii else None,
        "note": doc["note"],
        "tags": sorted(doc["tags"], key=str.lower),
        "test": doc["test"],
        "currencyCode": currency,
        "presentmentCurrencyCode": currency,
        "taxesIncluded": doc["taxes_included"],
        "dutiesIncluded": False,
        "paymentGatewayNames": doc["gateways"],
        "sourceName": "web",
        "fullyPaid": doc["financial_status"] == "PAID",
        "customAttributes": [{"key": a["name"], "value": a["value"]} for a in doc["attributes"]],
        "discountCodes": [one["code"] for one in doc["applications"] if one.get("code")],
        "billingAddress": address(doc["billing_address"]) if has_pii else None,
        "shippingAddress": address(doc["shipping_address"]) if has_pii else None,
        "customer": lambda info: _customer_of(info, world, doc),
        "lineItems": listed(doc["lines"], lambda one: line_item(doc, one)),
        "shippingLines": lambda info, includeRemovals=False, **more: connection(
            in_order(one for one in doc["shipping"] if includeRemovals or not one["removed"]),
            lambda one: shipping_line(doc, one),
            **more,
        ),
        "fulfillments": lambda info, first=None, **more: [
            fulfillment(world, doc, one) for one in doc["fulfillments"][:first]
        ],
        "fulfillmentOrders": lambda info, **more: _fulfillment_orders(info, world, doc, **more),
        "refunds": lambda info, first=None: [
            refund(world, doc, one) for one in doc["refunds"][:first]
        ],
        "transactions": lambda info, **more: [],
        "metafield": lambda info, key, namespace=None: doc["metafields"].get(f"{namespace}.{key}"),
        **_order_money(doc),
    }


_MONEY = {"Price": "total", "Tax": "tax", "Discounts": "discounts", "ShippingPrice": "shipping"}


def _order_money(doc: Doc) -> Doc:
    """Added up only when it is asked for."""
    currency = doc["currency"]
    known: dict[bool, Any] = {}

    def of(name: str, current: bool) -> Callable[[Any], Doc]:
        def resolve(info: Any) -> Doc:
            if current not in known:
                known[current] = totals(doc, current)
            return bag(known[current][name], currency)

        return resolve

    return {
        **{f"total{title}Set": of(name, False) for title, name in _MONEY.items()},
        **{f"currentTotal{title}Set": of(name, True) for title, name in _MONEY.items()},
        "originalTotalPriceSet": of("total", False),
        "subtotalPriceSet": of("subtotal", False),
        "currentSubtotalPriceSet": of("subtotal", True),
        "currentShippingPriceSet": of("shipping", True),
        "totalTipReceivedSet": bag(doc["tip"], currency),
        "totalCashRoundingAdjustment": {
            "paymentSet": bag(doc["rounding"], currency),
            "refundSet": bag("0", currency),
        },
        "currentTotalAdditionalFeesSet": None,
        "currentTotalDutiesSet": None,
    }


def _customer_of(info: Any, world: World, doc: Doc) -> Doc | None:
    needs(info, "customer", "read_customers")
    found = world.table("customers").get(doc["customer_id"])
    return customer(world, found) if found else None


def _fulfillment_orders(info: Any, world: World, doc: Doc, **more: Any) -> Doc:
    needs(info, "fulfillmentOrders", *FULFILLMENT_ORDERS)
    more = {name: value for name, value in more.items() if name in ("first", "last", "after")}
    rows = fulfillment_orders(world, doc)
    return connection(in_order(rows), lambda one: fulfillment_order(world, doc, one), **more)


def line_item(doc: Doc, line: Doc) -> Doc:
    currency = doc["currency"]
    return {
        "id": gid("LineItem", line["id"]),
        "title": line["title"],
        "name": line["title"],
        "sku": line["sku"],
        "quantity": line["quantity"],
        "currentQuantity": line["current"],
        "unfulfilledQuantity": max(0, line["current"] - line["fulfilled"]),
        "refundableQuantity": line["current"],
        "requiresShipping": line["requires_shipping"],
        "isGiftCard": line["gift_card"],
        "taxable": line["taxable"],
        "vendor": "Acme",
        "variantTitle": line["variant_title"],
        "originalUnitPriceSet": bag(line["price"], currency),
        "duties": [
            {"id": gid("Duty", n), "price": bag(one["amount"], currency), "taxLines": []}
            for n, one in enumerate(line["duties"], 1)
        ],
        "customAttributes": [{"key": a["name"], "value": a["value"]} for a in line["properties"]],
        "variant": {"id": gid("ProductVariant", line["variant_id"])}
        if line["variant_id"]
        else None,
        "product": {"id": gid("Product", line["product_id"])} if line["product_id"] else None,
        **_charges(doc, line),
    }


def _charges(doc: Doc, holder: Doc) -> Doc:
    currency = doc["currency"]
    return {
        "discountAllocations": [
            {
                "allocatedAmountSet": bag(one["amount"], currency),
                "discountApplication": _application(doc, one["application"]),
            }
            for one in holder["discounts"]
        ],
        "taxLines": [
            {
                "title": one["title"],
                "rate": float(one["rate"]),
                "ratePercentage": float(one["rate"]) * 100,
                "priceSet": bag(one["amount"], currency),
            }
            for one in holder["taxes"]
        ],
    }


def _application(doc: Doc, index: int) -> Doc:
    one = doc["applications"][index]
    kind = "DiscountCodeApplication" if one.get("code") else "ManualDiscountApplication"
    return {
        "__typename": kind,
        "index": index,
        "code": one.get("code"),
        "title": one.get("title"),
        "allocationMethod": "ACROSS",
        "targetSelection": "ALL",
        "targetType": "LINE_ITEM",
    }


def shipping_line(doc: Doc, one: Doc) -> Doc:
    return {
        "id": gid("ShippingLine", one["id"]),
        "title": one["title"],
        "code": one["code"],
        "source": "shopify",
        "isRemoved": one["removed"],
        "originalPriceSet": bag(one["price"], doc["currency"]),
        **_charges(doc, one),
    }


def address(doc: Doc | None) -> Doc | None:
    if not doc:
        return None
    names = [doc.get("first_name"), doc.get("last_name")]
    return {
        "id": gid("MailingAddress", 1),
        "name": " ".join(filter(None, names)) or None,
        "firstName": doc.get("first_name"),
        "lastName": doc.get("last_name"),
        "company": doc.get("company"),
        "address1": doc.get("address1"),
        "address2": doc.get("address2"),
        "city": doc.get("city"),
        "province": doc.get("province"),
        "provinceCode": doc.get("province_code"),
        "zip": doc.get("zip"),
        "country": doc.get("country"),
        "countryCodeV2": doc.get("country_code"),
        "phone": doc.get("phone"),
    }


def customer(world: World, doc: Doc) -> Doc:
    has_pii = world.setting("protected_data", True)
    names = [doc["first_name"], doc["last_name"]]
    return {
        "__typename": "Customer",
        "id": gid("Customer", doc["id"]),
        "legacyResourceId": str(doc["id"]),
        "firstName": doc["first_name"] if has_pii else None,
        "lastName": doc["last_name"] if has_pii else None,
        "displayName": " ".join(filter(None, names)) if has_pii else "Customer",
        "defaultEmailAddress": {"emailAddress": doc["email"]} if has_pii and doc["email"] else None,
        "defaultPhoneNumber": {"phoneNumber": doc["phone"]} if has_pii and doc["phone"] else None,
        "defaultAddress": address(doc["address"]) if has_pii else None,
        "note": doc["note"],
        "tags": doc["tags"],
        "createdAt": doc["created_at"],
        "updatedAt": doc["updated_at"],
        "state": "DISABLED",
        "numberOfOrders": "1",
    }


# --- Fulfilment -----------------------------------------------------------------------------


def fulfillment(world: World, doc: Doc, one: Doc) -> Doc:
    place = doc["fulfillments"].index(one) + 1
    urls = [*one["urls"], *[None] * len(one["numbers"])]
    return {
        "__typename": "Fulfillment",
        "id": gid("Fulfillment", one["id"]),
        "legacyResourceId": str(one["id"]),
        "name": f"{doc['name']}-F{place}",
        "status": one["status"],
        "displayStatus": one["events"][-1]["status"] if one["events"] else "FULFILLED",
        "createdAt": one["created_at"],
        "updatedAt": one["updated_at"],
        "deliveredAt": None,
        "totalQuantity": sum(part["quantity"] for part in one["lines"]),
        "trackingInfo": [
            {"company": one["company"], "number": number, "url": urls[place]}
            for place, number in enumerate(one["numbers"])
        ],
        "fulfillmentLineItems": listed(
            one["lines"],
            lambda part: {
                "id": gid("FulfillmentLineItem", part["id"]),
                "quantity": part["quantity"],
                "lineItem": line_item(doc, line_of(doc, part["line_id"])),
            },
        ),
        "events": listed(one["events"], event),
        "order": lambda info: order(world, doc),
    }


def event(one: Doc) -> Doc:
    return {**one, "id": gid("FulfillmentEvent", one["id"])}


def fulfillment_order(world: World, doc: Doc, one: Doc) -> Doc:
    place = world.table("locations").get(one["location_id"]) or {"name": "?", "id": 0}
    actions = {"OPEN": "CREATE_FULFILLMENT", "IN_PROGRESS": "CREATE_FULFILLMENT"}
    action = actions.get(one["status"], "RELEASE_HOLD" if one["holds"] else "EXTERNAL")
    return {
        "id": gid("FulfillmentOrder", one["id"]),
        "status": one["status"],
        "requestStatus": "UNSUBMITTED",
        "orderId": gid("Order", doc["id"]),
        "orderName": doc["name"],
        "createdAt": one["created_at"],
        "updatedAt": one["updated_at"],
        "supportedActions": [{"action": action}],
        "assignedLocation": {"name": place["name"], "location": location(place)},
        "fulfillmentHolds": [
            {
                "id": gid("FulfillmentHold", hold["id"]),
                "reason": hold["reason"],
                "reasonNotes": hold["notes"],
                "displayReason": hold["reason"].replace("_", " ").capitalize(),
            }
            for hold in one["holds"]
        ],
        "lineItems": listed(one["lines"], lambda part: _fulfillment_order_line(doc, part)),
    }


def _fulfillment_order_line(doc: Doc, part: Doc) -> Doc:
    line = line_of(doc, part["line_id"])
    return {
        "id": gid("FulfillmentOrderLineItem", part["id"]),
        "totalQuantity": part["total"],
        "remainingQuantity": part["remaining"],
        "sku": line["sku"],
        "requiresShipping": line["requires_shipping"],
        "lineItem": line_item(doc, line),
    }


def refund(world: World, doc: Doc, one: Doc) -> Doc:
    currency = doc["currency"]
    adjustments = [] if one["discrepancy"] == "0" else [one]
    return {
        "id": gid("Refund", one["id"]),
        "legacyResourceId": str(one["id"]),
        "note": one["note"],
        "createdAt": one["created_at"],
        "updatedAt": one["created_at"],
        "totalRefundedSet": bag(one["amount"], currency),
        "refundLineItems": listed(one["lines"], lambda part: _refund_line(world, doc, part)),
        "refundShippingLines": listed(
            [one] if one["shipping"] != "0" else [],
            lambda row: {
                "id": gid("RefundShippingLine", row["id"]),
                "subtotalAmountSet": bag(row["shipping"], currency),
                "taxAmountSet": bag("0", currency),
            },
        ),
        "orderAdjustments": listed(
            adjustments,
            lambda row: {
                "id": gid("OrderAdjustment", row["id"]),
                "amountSet": bag(row["discrepancy"], currency),
                "taxAmountSet": bag("0", currency),
            },
        ),
        "transactions": listed(
            [one],
            lambda row: {
                "id": gid("OrderTransaction", row["id"]),
                "kind": "REFUND",
                "status": "SUCCESS",
                "gateway": row["gateway"],
                "amountSet": bag(row["amount"], currency),
                "createdAt": row["created_at"],
            },
        ),
        "order": lambda info: order(world, doc),
    }


def _refund_line(world: World, doc: Doc, part: Doc) -> Doc:
    place = world.table("locations").get(part["location_id"])
    return {
        "id": gid("RefundLineItem", part["id"]),
        "quantity": part["quantity"],
        "restockType": part["restock_type"],
        "restocked": part["restock_type"] != "NO_RESTOCK",
        "lineItem": line_item(doc, line_of(doc, part["line_id"])),
        "location": location(place) if place else None,
        "subtotalSet": bag(part["subtotal"], doc["currency"]),
        "totalTaxSet": bag(part["tax"], doc["currency"]),
    }


# --- Catalogue ------------------------------------------------------------------------------


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
    levels = world.table("levels")

    def at_location(info: Any, locationId: str, **more: Any) -> Doc | None:
        needs(info, "inventoryLevel", "read_inventory")
        found = level_of(world, doc["item_id"], int(locationId.rsplit("/", 1)[-1]))
        return level(world, found) if found else None

    def everywhere(info: Any, **more: Any) -> Doc:
        needs(info, "inventoryLevels", "read_inventory")
        rows = levels.where(item_id=doc["item_id"])
        page = {name: value for name, value in more.items() if name in ("first", "last", "after")}
        return connection(in_order(rows), lambda one: level(world, one), **page)

    return {
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
        "isActive": True,
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
        "isActive": True,
        "fulfillsOnlineOrders": True,
        "shipsInventory": True,
        "isFulfillmentService": False,
        "createdAt": doc.get("created_at"),
        "updatedAt": doc.get("created_at"),
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
