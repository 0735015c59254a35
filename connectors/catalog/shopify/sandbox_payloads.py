"""The bodies of Shopify's webhooks: REST-shaped, money with two decimals, times of the shop."""

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from connectors.catalog.shopify.sandbox_money import Doc, fixed, money_set, totals
from connectors.sandbox.world import World

ZONE = ZoneInfo("America/New_York")
_SHOWN = {"FULFILLED": "fulfilled", "PARTIALLY_FULFILLED": "partial"}


def local(text: str | None) -> str | None:
    if text is None:
        return None
    at = datetime.fromisoformat(text.replace("Z", "+00:00"))
    return at.astimezone(ZONE).isoformat(timespec="seconds")


def amounts(name: str, amount: Any, currency: str) -> Doc:
    return {name: fixed(amount), f"{name}_set": money_set(amount, currency)}


def order(world: World, doc: Doc) -> Doc:
    currency = doc["currency"]
    sold, now = totals(doc, False), totals(doc, True)
    customer_doc = world.table("customers").get(doc["customer_id"])
    has_pii = world.setting("protected_data", True)
    return {
        "id": doc["id"],
        "admin_graphql_api_id": f"gid://shopify/Order/{doc['id']}",
        "app_id": None,
        "cancel_reason": doc["cancel_reason"] and doc["cancel_reason"].lower(),
        "cancelled_at": local(doc["cancelled_at"]),
        "closed_at": local(doc["closed_at"]),
        "confirmed": True,
        "contact_email": doc["email"] if has_pii else None,
        "created_at": local(doc["created_at"]),
        "currency": currency,
        "presentment_currency": currency,
        "duties_included": False,
        "email": doc["email"] if has_pii else None,
        "financial_status": doc["financial_status"].lower(),
        "fulfillment_status": _SHOWN.get(doc["shown"]),
        "name": doc["name"],
        "note": doc["note"],
        "note_attributes": doc["attributes"],
        "number": doc["number"],
        "order_number": doc["number"],
        "payment_gateway_names": doc["gateways"],
        "phone": doc["phone"] if has_pii else None,
        "processed_at": local(doc["created_at"]),
        "source_name": "web",
        "tags": ", ".join(doc["tags"]),
        "taxes_included": doc["taxes_included"],
        "test": doc["test"],
        "updated_at": local(doc["updated_at"]),
        "billing_address": _address(doc["billing_address"]) if has_pii else None,
        "shipping_address": _address(doc["shipping_address"]) if has_pii else None,
        "customer": customer(customer_doc, has_pii) if customer_doc else None,
        "discount_codes": [
            {"code": one["code"], "amount": fixed(one["amount"]), "type": "fixed_amount"}
            for one in doc["applications"]
            if one.get("code")
        ],
        "discount_applications": [_application(one) for one in doc["applications"]],
        "line_items": [line_item(line, currency) for line in doc["lines"]],
        "shipping_lines": [_shipping_line(one, currency) for one in doc["shipping"]],
        "fulfillments": [fulfillment(doc, one) for one in doc["fulfillments"]],
        "refunds": [refund(doc, one) for one in doc["refunds"]],
        "total_tip_received": fixed(doc["tip"]),
        "total_weight": sum(line["grams"] * line["quantity"] for line in doc["lines"]),
        "total_cash_rounding_payment_adjustment_set": money_set(doc["rounding"], currency),
        "current_total_additional_fees_set": None,
        "current_total_duties_set": None,
        **amounts("total_price", sold["total"], currency),
        **amounts("current_total_price", now["total"], currency),
        **amounts("subtotal_price", sold["subtotal"], currency),
        **amounts("current_subtotal_price", now["subtotal"], currency),
        **amounts("total_tax", sold["tax"], currency),
        **amounts("current_total_tax", now["tax"], currency),
        **amounts("total_discounts", sold["discounts"], currency),
        **amounts("current_total_discounts", now["discounts"], currency),
        "total_shipping_price_set": money_set(sold["shipping"], currency),
        "current_shipping_price_set": money_set(now["shipping"], currency),
    }


def _application(one: Doc) -> Doc:
    return {
        "type": "discount_code" if one.get("code") else "manual",
        "value": fixed(one["amount"]),
        "value_type": "fixed_amount",
        "target_type": "line_item",
        "target_selection": "all",
        "allocation_method": "across",
        **{name: one[name] for name in ("code", "title") if one.get(name)},
    }


def line_item(line: Doc, currency: str) -> Doc:
    waiting = line["current"] - line["fulfilled"]
    partial = "partial" if line["fulfilled"] else None
    found = {
        "id": line["id"],
        "admin_graphql_api_id": f"gid://shopify/LineItem/{line['id']}",
        "current_quantity": line["current"],
        "fulfillable_quantity": max(0, waiting),
        "fulfillment_service": "gift_card" if line["gift_card"] else "manual",
        "fulfillment_status": "fulfilled" if waiting <= 0 and line["fulfilled"] else partial,
        "gift_card": line["gift_card"],
        "grams": line["grams"],
        "name": line["title"],
        "product_exists": line["product_id"] is not None,
        "product_id": line["product_id"],
        "properties": line["properties"],
        "quantity": line["quantity"],
        "requires_shipping": line["requires_shipping"],
        "sku": line["sku"],
        "taxable": line["taxable"],
        "title": line["title"],
        "total_discount": "0.00",
        "variant_id": line["variant_id"],
        "variant_title": line["variant_title"],
        "vendor": "Acme",
        "duties": [
            {"id": n, **amounts("price", one["amount"], currency), "tax_lines": []}
            for n, one in enumerate(line["duties"], 1)
        ],
        **amounts("price", line["price"], currency),
        **_charges(line, currency),
    }
    if line.get("tip"):
        found["tip"] = {"payment_gateway": "shopify_payments", "payment_method": "Visa"}
    return found


def _charges(holder: Doc, currency: str) -> Doc:
    return {
        "tax_lines": [
            {
                "title": one["title"],
                "rate": float(one["rate"]),
                "channel_liable": False,
                **amounts("price", one["amount"], currency),
            }
            for one in holder["taxes"]
        ],
        "discount_allocations": [
            {
                "discount_application_index": one["application"],
                **amounts("amount", one["amount"], currency),
            }
            for one in holder["discounts"]
        ],
    }


def _shipping_line(one: Doc, currency: str) -> Doc:
    return {
        "id": one["id"],
        "code": one["code"],
        "is_removed": one["removed"],
        "source": "shopify",
        "title": one["title"],
        **amounts("price", one["price"], currency),
        **_charges(one, currency),
    }


def fulfillment(doc: Doc, one: Doc) -> Doc:
    place = doc["fulfillments"].index(one) + 1
    lines = {line["id"]: line for line in doc["lines"]}
    return {
        "id": one["id"],
        "admin_graphql_api_id": f"gid://shopify/Fulfillment/{one['id']}",
        "order_id": doc["id"],
        "name": f"{doc['name']}.{place}",
        "status": one["status"].lower(),
        "created_at": local(one["created_at"]),
        "updated_at": local(one["updated_at"]),
        "shipment_status": one["events"][-1]["status"].lower() if one["events"] else None,
        "location_id": one["location_id"],
        "tracking_company": one["company"],
        "tracking_number": one["numbers"][0] if one["numbers"] else None,
        "tracking_numbers": one["numbers"],
        "tracking_url": one["urls"][0] if one["urls"] else None,
        "tracking_urls": one["urls"],
        "line_items": [
            {**line_item(lines[part["line_id"]], doc["currency"]), "quantity": part["quantity"]}
            for part in one["lines"]
        ],
    }


def refund(doc: Doc, one: Doc) -> Doc:
    currency = doc["currency"]
    lines = {line["id"]: line for line in doc["lines"]}
    return {
        "id": one["id"],
        "admin_graphql_api_id": f"gid://shopify/Refund/{one['id']}",
        "order_id": doc["id"],
        "created_at": local(one["created_at"]),
        "processed_at": local(one["created_at"]),
        "note": one["note"],
        "restock": any(part["restock_type"] != "NO_RESTOCK" for part in one["lines"]),
        "refund_line_items": [
            {
                "id": part["id"],
                "line_item_id": part["line_id"],
                "quantity": part["quantity"],
                "location_id": part["location_id"],
                "restock_type": part["restock_type"].lower(),
                "subtotal": float(part["subtotal"]),
                "total_tax": float(part["tax"]),
                "subtotal_set": money_set(part["subtotal"], currency),
                "total_tax_set": money_set(part["tax"], currency),
                "line_item": line_item(lines[part["line_id"]], currency),
            }
            for part in one["lines"]
        ],
        "refund_shipping_lines": [
            {
                "id": one["id"] + 1,
                "subtotal_amount_set": money_set(one["shipping"], currency),
                "tax_amount_set": money_set("0", currency),
            }
        ]
        if one["shipping"] != "0"
        else [],
        "order_adjustments": [
            {
                "id": one["id"] + 2,
                "kind": "refund_discrepancy",
                "reason": "Refund discrepancy",
                "amount": fixed(one["discrepancy"]),
                "amount_set": money_set(one["discrepancy"], currency),
                "tax_amount": "0.00",
                "tax_amount_set": money_set("0", currency),
            }
        ]
        if one["discrepancy"] != "0"
        else [],
        "transactions": [
            {
                "id": one["id"] + 3,
                "kind": "refund",
                "status": "success",
                "gateway": one["gateway"],
                "amount": fixed(one["amount"]),
                "currency": currency,
            }
        ],
    }


def _address(doc: Doc | None) -> Doc | None:
    if not doc:
        return None
    names = [doc.get("first_name"), doc.get("last_name")]
    return {**doc, "name": " ".join(filter(None, names)) or None}


def customer(doc: Doc, has_pii: bool = True) -> Doc:
    return {
        "id": doc["id"],
        "admin_graphql_api_id": f"gid://shopify/Customer/{doc['id']}",
        "created_at": local(doc["created_at"]),
        "updated_at": local(doc["updated_at"]),
        "first_name": doc["first_name"] if has_pii else None,
        "last_name": doc["last_name"] if has_pii else None,
        "email": doc["email"] if has_pii else None,
        "phone": doc["phone"] if has_pii else None,
        "note": doc["note"],
        "state": "disabled",
        "tags": ", ".join(doc["tags"]),
        "currency": "USD",
        "verified_email": True,
        "default_address": _address(doc["address"]) if has_pii else None,
    }


def product(world: World, doc: Doc) -> Doc:
    variants = [world.table("variants").get(one) or {} for one in doc["variants"]]
    return {
        "id": doc["id"],
        "admin_graphql_api_id": f"gid://shopify/Product/{doc['id']}",
        "body_html": doc["body"],
        "created_at": local(doc["created_at"]),
        "handle": doc["handle"],
        "product_type": doc["type"],
        "published_at": local(doc["created_at"]),
        "status": doc["status"].lower(),
        "tags": ", ".join(doc["tags"]),
        "title": doc["title"],
        "updated_at": local(doc["updated_at"]),
        "vendor": doc["vendor"],
        "options": [
            {"id": n, "name": name, "position": n, "values": values}
            for n, (name, values) in enumerate(doc["options"].items(), 1)
        ],
        "variants": [_variant(one, n) for n, one in enumerate(variants[:100], 1)],
        "variant_gids": [
            {
                "admin_graphql_api_id": f"gid://shopify/ProductVariant/{one['id']}",
                "updated_at": one["updated_at"],
            }
            for one in variants
        ],
        "images": [],
        "image": None,
    }


def _variant(doc: Doc, position: int) -> Doc:
    values = [*doc["options"].values(), None, None, None]
    return {
        "id": doc["id"],
        "admin_graphql_api_id": f"gid://shopify/ProductVariant/{doc['id']}",
        "product_id": doc["product_id"],
        "title": " / ".join(filter(None, values)),
        "sku": doc["sku"],
        "barcode": doc["barcode"],
        "price": fixed(doc["price"]),
        "compare_at_price": None if doc["compare_at"] is None else fixed(doc["compare_at"]),
        "position": position,
        "inventory_policy": "deny",
        "inventory_item_id": doc["item_id"],
        "taxable": True,
        "option1": values[0],
        "option2": values[1],
        "option3": values[2],
        "created_at": local(doc["created_at"]),
        "updated_at": local(doc["updated_at"]),
    }


def level(doc: Doc) -> Doc:
    number = doc["location_id"]
    return {
        "inventory_item_id": doc["item_id"],
        "location_id": number,
        "available": doc["available"],
        "updated_at": local(doc["updated_at"]),
        "admin_graphql_api_id": (
            f"gid://shopify/InventoryLevel/{number}?inventory_item_id={doc['item_id']}"
        ),
    }


def location(doc: Doc) -> Doc:
    return {
        "id": doc["id"],
        "name": doc["name"],
        "address1": "12 Harbour Lane",
        "address2": None,
        "city": "Portland",
        "zip": "04101",
        "province": "Maine",
        "country": "US",
        "phone": None,
        "created_at": local(doc["created_at"]),
        "updated_at": local(doc["updated_at"]),
        "country_code": "US",
        "country_name": "United States",
        "province_code": "ME",
        "legacy": False,
        "active": doc["active"],
        "admin_graphql_api_id": f"gid://shopify/Location/{doc['id']}",
    }
