"""Rewrites what GraphQL answers into the shape of Shopify's webhooks, so that one reader serves."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from connectors.catalog.shopify.calls import number_of

Node = Mapping[str, Any]
Clock = Callable[[str | None], str | None]
_FULFILLMENT = {
    "FULFILLED": "fulfilled",
    "PARTIALLY_FULFILLED": "partial",
    "RESTOCKED": "restocked",
}
_WEIGHT = {"GRAMS": "g", "KILOGRAMS": "kg", "OUNCES": "oz", "POUNDS": "lb"}


def shop_clock(zone: str | None) -> Clock:
    """Times as the shop's webhooks write them, in its own zone: so that a version that came by
    webhook and by poll is the same text."""
    try:
        place = ZoneInfo(zone) if zone else None
    except (ZoneInfoNotFoundError, ValueError):
        place = None

    def read(text: str | None) -> str | None:
        if text is None or place is None:
            return text
        at = datetime.fromisoformat(text.replace("Z", "+00:00")).astimezone(UTC)
        return at.astimezone(place).isoformat(timespec="seconds")

    return read


def number(global_id: str | None) -> int | None:
    text = number_of(global_id)
    return int(text) if text else None


def money_set(bag: Node | None) -> dict[str, Any] | None:
    if not bag:
        return None
    money = bag["shopMoney"]
    return {"shop_money": {"amount": str(money["amount"]), "currency_code": money["currencyCode"]}}


def _amount(bag: Node | None) -> str | None:
    return str(bag["shopMoney"]["amount"]) if bag else None


def order(node: Node, clock: Clock) -> dict[str, Any]:
    """A whole order as orders/create sends it, and its fulfilment orders with their holds."""
    shown = str(node.get("displayFulfillmentStatus"))
    applications: dict[int, dict[str, Any]] = {}
    tip = _amount(node["totalTipReceivedSet"])
    return {
        "id": number(node["id"]),
        "admin_graphql_api_id": node["id"],
        "name": node["name"],
        "created_at": clock(node["createdAt"]),
        "processed_at": clock(node["processedAt"]),
        "updated_at": clock(node["updatedAt"]),
        "closed_at": clock(node["closedAt"]),
        "cancelled_at": clock(node["cancelledAt"]),
        "cancel_reason": _lower(node["cancelReason"]),
        "financial_status": _lower(node["displayFinancialStatus"]),
        "fulfillment_status": _FULFILLMENT.get(shown),
        "email": node["email"],
        "phone": node["phone"],
        "note": node["note"],
        "tags": ", ".join(node["tags"]),
        "test": node["test"],
        "currency": node["currencyCode"],
        "presentment_currency": node["presentmentCurrencyCode"],
        "taxes_included": node["taxesIncluded"],
        "duties_included": node["dutiesIncluded"],
        "payment_gateway_names": list(node["paymentGatewayNames"]),
        "note_attributes": _attributes(node["customAttributes"]),
        "customer": customer(node["customer"], clock) if node["customer"] else None,
        "billing_address": address(node["billingAddress"]),
        "shipping_address": address(node["shippingAddress"]),
        "line_items": [
            _mark_tip(line(one, applications), tip) for one in node["lineItems"]["nodes"]
        ],
        "shipping_lines": [
            _shipping_line(one, applications) for one in node["shippingLines"]["nodes"]
        ],
        "discount_applications": _in_order(applications),
        "refunds": [refund(one, clock) for one in node.get("refunds") or ()],
        "fulfillment_orders": [
            _fulfillment_order(one) for one in node["fulfillmentOrders"]["nodes"]
        ],
        **_order_money(node),
    }


def _order_money(node: Node) -> dict[str, Any]:
    rounding = (node["totalCashRoundingAdjustment"] or {}).get("paymentSet")
    return {
        "total_price": _amount(node["totalPriceSet"]),
        "current_total_price": _amount(node["currentTotalPriceSet"]),
        "current_total_tax": _amount(node["currentTotalTaxSet"]),
        "current_total_discounts": _amount(node["currentTotalDiscountsSet"]),
        "current_total_additional_fees_set": money_set(node["currentTotalAdditionalFeesSet"]),
        "total_tip_received": _amount(node["totalTipReceivedSet"]),
        "total_cash_rounding_payment_adjustment_set": money_set(rounding),
    }


def line(node: Node, applications: dict[int, dict[str, Any]]) -> dict[str, Any]:
    quantity, waiting = node["quantity"], node["unfulfilledQuantity"]
    current = node["currentQuantity"]
    return {
        "id": number(node["id"]),
        "title": node["title"],
        "variant_title": node["variantTitle"],
        "sku": node["sku"],
        "quantity": quantity,
        "current_quantity": current,
        "fulfillable_quantity": waiting,
        "fulfillment_status": _line_status(quantity, current, waiting),
        "requires_shipping": node["requiresShipping"],
        "gift_card": node["isGiftCard"],
        "price": _amount(node["originalUnitPriceSet"]),
        "discount_allocations": _allocations(node, applications),
        "tax_lines": _taxes(node),
        "duties": [
            {"id": one["id"], "price": _amount(one["price"]), "tax_lines": _taxes(one)}
            for one in node["duties"]
        ],
        "properties": _attributes(node["customAttributes"]),
        "variant_id": number((node["variant"] or {}).get("id")),
        "product_id": number((node["product"] or {}).get("id")),
    }


def _mark_tip(item: dict[str, Any], tip: str | None) -> dict[str, Any]:
    """A webhook marks the line that is a tip; GraphQL leaves us its title and its amount."""
    is_tip = item["title"] == "Tip" and item["product_id"] is None and item["price"] == tip
    return {**item, "tip": {}} if is_tip and item["quantity"] == 1 else item


def _line_status(quantity: int, current: int, waiting: int) -> str | None:
    """GraphQL has no status on a line: it is shipped when nothing waits and some still counts."""
    if waiting == 0 and current > 0:
        return "fulfilled"
    return "partial" if 0 < waiting < current else None


def _shipping_line(node: Node, applications: dict[int, dict[str, Any]]) -> dict[str, Any]:
    return {
        "id": number(node["id"]),
        "title": node["title"],
        "code": node["code"],
        "is_removed": node["isRemoved"],
        "price": _amount(node["originalPriceSet"]),
        "discount_allocations": _allocations(node, applications),
        "tax_lines": _taxes(node),
    }


def _allocations(node: Node, applications: dict[int, dict[str, Any]]) -> list[dict[str, Any]]:
    found = []
    for one in node["discountAllocations"]:
        application = one["discountApplication"]
        applications[application["index"]] = {
            "code": application.get("code"),
            "title": application.get("title"),
        }
        found.append(
            {
                "amount": _amount(one["allocatedAmountSet"]),
                "discount_application_index": application["index"],
            }
        )
    return found


def _in_order(applications: dict[int, dict[str, Any]]) -> list[dict[str, Any]]:
    last = max(applications, default=-1)
    return [applications.get(index, {}) for index in range(last + 1)]


def _taxes(node: Node) -> list[dict[str, Any]]:
    return [
        {"title": tax["title"], "rate": tax["rate"], "price": _amount(tax["priceSet"])}
        for tax in node["taxLines"]
    ]


def _attributes(listed: Any) -> list[dict[str, Any]]:
    return [{"name": one["key"], "value": one["value"]} for one in listed]


def _lower(word: str | None) -> str | None:
    return word.lower() if word else None


def _fulfillment_order(node: Node) -> dict[str, Any]:
    return {
        "id": number(node["id"]),
        "status": _lower(node["status"]),
        "fulfillment_holds": [
            {"reason": _lower(hold["reason"]), "reason_notes": hold["reasonNotes"]}
            for hold in node["fulfillmentHolds"]
        ],
    }


def refund(node: Node, clock: Clock) -> dict[str, Any]:
    if "createdAt" not in node:
        return {"id": number(node["id"])}
    return {
        "id": number(node["id"]),
        "note": node["note"],
        "created_at": clock(node["createdAt"]),
        "refund_line_items": [
            {
                "quantity": one["quantity"],
                "restock_type": _lower(one["restockType"]),
                "line_item_id": number(one["lineItem"]["id"]),
                "line_item": {"id": number(one["lineItem"]["id"]), "sku": one["lineItem"]["sku"]},
                "location_id": number((one["location"] or {}).get("id")),
                "subtotal_set": money_set(one["subtotalSet"]),
                "total_tax_set": money_set(one["totalTaxSet"]),
            }
            for one in node["refundLineItems"]["nodes"]
        ],
        "refund_shipping_lines": [
            {
                "subtotal_amount_set": money_set(one["subtotalAmountSet"]),
                "tax_amount_set": money_set(one["taxAmountSet"]),
            }
            for one in node["refundShippingLines"]["nodes"]
        ],
        "order_adjustments": [
            {
                "amount_set": money_set(one["amountSet"]),
                "tax_amount_set": money_set(one["taxAmountSet"]),
            }
            for one in node["orderAdjustments"]["nodes"]
        ],
        "transactions": [
            {
                "kind": _lower(one["kind"]),
                "status": _lower(one["status"]),
                "gateway": one["gateway"],
                "amount": _amount(one["amountSet"]),
            }
            for one in node["transactions"]["nodes"]
        ],
    }


def customer(node: Node, clock: Clock, currency: str | None = None) -> dict[str, Any]:
    return {
        "id": number(node["id"]),
        "first_name": node["firstName"],
        "last_name": node["lastName"],
        "email": (node["defaultEmailAddress"] or {}).get("emailAddress"),
        "phone": (node["defaultPhoneNumber"] or {}).get("phoneNumber"),
        "note": node["note"],
        "tags": ", ".join(node["tags"]),
        "currency": currency,
        "created_at": clock(node["createdAt"]),
        "updated_at": clock(node["updatedAt"]),
        "default_address": address(node["defaultAddress"]),
    }


def address(node: Node | None) -> dict[str, Any] | None:
    if not node:
        return None
    return {
        "name": node["name"],
        "first_name": node["firstName"],
        "last_name": node["lastName"],
        "company": node["company"],
        "address1": node["address1"],
        "address2": node["address2"],
        "city": node["city"],
        "province_code": node["provinceCode"],
        "zip": node["zip"],
        "country_code": node["countryCodeV2"],
        "phone": node["phone"],
    }


def product(node: Node, clock: Clock, currency: str | None) -> dict[str, Any]:
    options = [{"name": one["name"], "values": one["values"]} for one in node["options"]]
    names = [one["name"] for one in options]
    return {
        "id": number(node["id"]),
        "title": node["title"],
        "handle": node["handle"],
        "body_html": node["descriptionHtml"],
        "vendor": node["vendor"],
        "product_type": node["productType"],
        "status": _lower(node["status"]),
        "tags": ", ".join(node["tags"]),
        "created_at": clock(node["createdAt"]),
        "updated_at": clock(node["updatedAt"]),
        "options": options,
        "variants": [_variant(one, names, currency) for one in node["variants"]["nodes"]],
    }


def _variant(node: Node, names: list[str], currency: str | None) -> dict[str, Any]:
    chosen = {one["name"]: one["value"] for one in node["selectedOptions"]}
    weight = (node["inventoryItem"]["measurement"] or {}).get("weight") or {}
    return {
        "id": number(node["id"]),
        "sku": node["sku"],
        "barcode": node["barcode"],
        "price": node["price"],
        "compare_at_price": node["compareAtPrice"],
        "currency": currency,
        "inventory_item_id": number(node["inventoryItem"]["id"]),
        "inventory_management": "shopify" if node["inventoryItem"]["tracked"] else None,
        "weight": weight.get("value"),
        "weight_unit": _WEIGHT.get(str(weight.get("unit"))),
        **{f"option{place}": chosen.get(name) for place, name in enumerate(names, 1)},
    }


def location(node: Node, clock: Clock) -> dict[str, Any]:
    place = node["address"]
    return {
        "id": number(node["id"]),
        "name": node["name"],
        "active": node["isActive"],
        "updated_at": clock(node["updatedAt"]),
        "city": place["city"],
        "country_code": place["countryCode"],
    }


def level(item: Node, node: Node, clock: Clock) -> dict[str, Any]:
    amounts = {one["name"]: one["quantity"] for one in node["quantities"]}
    return {
        "inventory_item_id": number(item["id"]),
        "sku": item["sku"],
        "location_id": number(node["location"]["id"]),
        "location_name": node["location"]["name"],
        "updated_at": clock(node["updatedAt"]),
        **amounts,
    }
