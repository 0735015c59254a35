"""Orders and fulfilments -> GraphQL objects: plain fields at once, connections when asked for."""

from collections.abc import Callable
from typing import Any

from connectors.catalog.shopify.sandbox_catalog_views import location
from connectors.catalog.shopify.sandbox_engine import needs
from connectors.catalog.shopify.sandbox_money import Doc, bag, totals
from connectors.catalog.shopify.sandbox_orders import fulfillment_orders, line_of
from connectors.catalog.shopify.sandbox_pages import connection, gid, in_order, listed
from connectors.sandbox.world import World

FULFILLMENT_ORDERS = (
    "read_assigned_fulfillment_orders",
    "read_merchant_managed_fulfillment_orders",
    "read_third_party_fulfillment_orders",
)


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
