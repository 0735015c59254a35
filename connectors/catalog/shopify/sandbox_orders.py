"""What happens to orders: placed, paid, edited, fulfilled, cancelled, refunded."""

from decimal import Decimal
from typing import Any

from connectors.catalog.shopify import sandbox_payloads as payloads
from connectors.catalog.shopify.sandbox_ids import new_id, now, touch
from connectors.catalog.shopify.sandbox_money import (
    Doc,
    add_taxes,
    cents,
    line_amount,
    spread,
    totals,
)
from connectors.catalog.shopify.sandbox_stock import main_location, move, variant_of
from connectors.sandbox.world import World

GATEWAYS = {
    "card": (["shopify_payments"], "PAID"),
    "cod": (["Cash on Delivery (COD)"], "PENDING"),
    "mix": (["gift_card", "shopify_payments"], "PAID"),
    "authorized": (["shopify_payments"], "AUTHORIZED"),
    "bank": (["Bank Deposit"], "PENDING"),
}
ADDRESS = {
    "first_name": "Mara",
    "last_name": "Lindqvist",
    "company": None,
    "address1": "12 Harbour Lane",
    "address2": None,
    "city": "Portland",
    "province": "Maine",
    "province_code": "ME",
    "zip": "04101",
    "country": "United States",
    "country_code": "US",
    "phone": "+12075550142",
}


def place_order(world: World, wanted: Doc) -> Doc:
    """An order as a shopper leaves it at the checkout; fires what Shopify fires then."""
    order = _as_placed(world, wanted)
    _discounts(order, wanted)
    _tip(world, order, wanted)
    if wanted.get("tax_rate"):
        title = wanted.get("tax_title", "Sales tax")
        add_taxes(order, [{"title": title, "rate": str(wanted["tax_rate"])}])
    _route(world, order, wanted.get("hold"))
    for line in order["lines"]:
        move(world, line, available=-line["quantity"], committed=line["quantity"])
    world.table("orders").put(order["id"], order)
    world.journal("order.place", str(order["id"]))
    paid = ("orders/paid",) if order["financial_status"] == "PAID" else ()
    _tell(world, order, "orders/create", *paid)
    return {
        "id": str(order["id"]),
        "name": order["name"],
        "total": str(totals(order, False)["total"]),
    }


def _as_placed(world: World, wanted: Doc) -> Doc:
    """The order before its discounts, taxes and routing."""
    gateways, status = GATEWAYS[wanted.get("gateway", "card")]
    at, rounding = now(world), str(wanted.get("rounding", "0"))
    number = world.next_id("order_number", 1001)
    return {
        "id": new_id(world, "Order"),
        "number": number,
        "name": f"#{number}",
        "created_at": at,
        "updated_at": at,
        "closed_at": None,
        "cancelled_at": None,
        "cancel_reason": None,
        "financial_status": wanted.get("financial_status") or status,
        "shown": "UNFULFILLED",
        "gateways": gateways,
        "email": wanted.get("email", "mara@example.com"),
        "phone": wanted.get("phone"),
        "note": wanted.get("note"),
        "tags": wanted.get("tags", []),
        "attributes": [],
        "test": wanted.get("test", False),
        "currency": "USD",
        "taxes_included": wanted.get("taxes_included", False),
        "customer_id": _customer(world, wanted),
        "billing_address": wanted.get("billing_address", wanted.get("address", ADDRESS)),
        "shipping_address": wanted.get("shipping_address", wanted.get("address", ADDRESS)),
        "lines": [_line(world, line) for line in wanted["lines"]],
        "shipping": _shipping(world, wanted),
        "applications": [],
        "tip": "0",
        "rounding": rounding,
        "rounding_in_total": rounding if world.setting("rounding_in_total", True) else "0",
        "refunded_shipping": [],
        "fulfillments": [],
        "fulfillment_order_ids": [],
        "refunds": [],
        "metafields": {},
    }


def _tell(world: World, order: Doc, *topics: str) -> None:
    """Several topics of one event share its event id."""
    if topics:
        event, payload = world.next_id("event"), payloads.order(world, order)
        for topic in topics:
            world.notify(topic, payload, event=event)


def _customer(world: World, wanted: Doc) -> int | None:
    """`customer`: "guest", the id of an existing one, or the fields of a new one."""
    given = wanted.get("customer", {})
    if given == "guest":
        return None
    if isinstance(given, (str, int)):
        return int(given)
    email = given.get("email", wanted.get("email", "mara@example.com"))
    there = world.table("customers").where(email=email)
    if there and email:
        return int(there[0]["id"])
    at = now(world)
    doc = {
        "id": new_id(world, "Customer"),
        "first_name": given.get("first_name", "Mara"),
        "last_name": given.get("last_name", "Lindqvist"),
        "email": email,
        "phone": given.get("phone"),
        "note": given.get("note"),
        "tags": given.get("tags", []),
        "address": wanted.get("address", ADDRESS),
        "created_at": at,
        "updated_at": at,
    }
    world.table("customers").put(doc["id"], doc)
    world.notify("customers/create", payloads.customer(doc))
    return int(doc["id"])


def _line(world: World, wanted: Doc) -> Doc:
    variant = variant_of(world, wanted["sku"]) if wanted.get("sku") else None
    product = world.table("products").get(variant["product_id"]) if variant else None
    discounts = []
    if wanted.get("discount"):
        discounts = [{"amount": str(cents(wanted["discount"])), "application": 0}]
    return {
        "id": new_id(world, "LineItem"),
        "sku": wanted.get("sku"),
        "title": wanted.get("title")
        or (product or {}).get("title")
        or wanted.get("sku")
        or "Custom",
        "variant_title": " / ".join(variant["options"].values()) if variant else None,
        "variant_id": variant["id"] if variant else None,
        "product_id": variant["product_id"] if variant else None,
        "quantity": int(wanted.get("quantity", 1)),
        "current": int(wanted.get("quantity", 1)),
        "fulfilled": 0,
        "price": str(wanted.get("price") or (variant["price"] if variant else "0")),
        "grams": variant["grams"] if variant else 0,
        "discounts": discounts,
        "taxes": [],
        "duties": [{"amount": str(wanted["duty"])}] if wanted.get("duty") else [],
        "taxable": not wanted.get("gift_card"),
        "requires_shipping": wanted.get("requires_shipping", not wanted.get("gift_card")),
        "gift_card": wanted.get("gift_card", False),
        "properties": wanted.get("properties", []),
    }


def _shipping(world: World, wanted: Doc) -> list[Doc]:
    if wanted.get("shipping") is None:
        return []
    line = {
        "id": new_id(world, "ShippingLine"),
        "title": wanted.get("shipping_method", "Standard"),
        "code": wanted.get("shipping_method", "Standard"),
        "price": str(cents(wanted["shipping"])),
        "quantity": 1,
        "discounts": [],
        "taxes": [],
        "removed": False,
    }
    return [line]


def _discounts(order: Doc, wanted: Doc) -> None:
    given = sum(
        (Decimal(d["amount"]) for one in order["lines"] for d in one["discounts"]), Decimal(0)
    )
    if given:
        order["applications"].append({"title": "Line discount", "amount": str(given)})
    code = wanted.get("discount_code")
    if not code:
        return
    if "percentage" in code:
        whole = sum((line_amount(one, one["quantity"]) for one in order["lines"]), Decimal(0))
        amount = cents(whole * Decimal(str(code["percentage"])) / 100)
    else:
        amount = cents(code["amount"])
    order["applications"].append({"code": code["code"], "amount": str(amount)})
    spread(amount, order, len(order["applications"]) - 1)


def _tip(world: World, order: Doc, wanted: Doc) -> None:
    """Shopify may show a tip as a line besides: setting «tip_line»."""
    order["tip"] = str(cents(wanted.get("tip", "0")))
    if Decimal(order["tip"]) and world.setting("tip_line", False):
        tip = _line(world, {"title": "Tip", "price": order["tip"], "requires_shipping": False})
        order["lines"].append({**tip, "tip": True, "taxable": False})


def _route(world: World, order: Doc, hold: Any) -> None:
    """One fulfilment order at the main location; gift cards are fulfilled by themselves."""
    for line in order["lines"]:
        if line["gift_card"]:
            line["fulfilled"] = line["quantity"]
    goods = [line for line in order["lines"] if not line["gift_card"] and not line.get("tip")]
    if goods:
        add_fulfillment_order(world, order, goods, main_location(world)["id"], hold)


def add_fulfillment_order(
    world: World, order: Doc, lines: list[Doc], location_id: int, hold: Any = None
) -> Doc:
    holds = []
    if hold:
        reason = hold if isinstance(hold, str) else "OTHER"
        holds = [{"id": new_id(world, "FulfillmentHold"), "reason": reason, "notes": "Check first"}]
    found = {
        "id": new_id(world, "FulfillmentOrder"),
        "order_id": order["id"],
        "location_id": location_id,
        "status": "ON_HOLD" if holds else "OPEN",
        "holds": holds,
        "created_at": now(world),
        "updated_at": now(world),
        "lines": [
            {
                "id": new_id(world, "FulfillmentOrderLineItem"),
                "line_id": line["id"],
                "total": line["quantity"],
                "remaining": line["quantity"],
            }
            for line in lines
        ],
    }
    order["fulfillment_order_ids"].append(found["id"])
    return world.table("fulfillment_orders").put(found["id"], found)


def fulfillment_orders(world: World, order: Doc) -> list[Doc]:
    table = world.table("fulfillment_orders")
    return [found for one in order["fulfillment_order_ids"] if (found := table.get(one))]


def line_of(order: Doc, line_id: int) -> Doc:
    found: Doc = next(line for line in order["lines"] if line["id"] == line_id)
    return found


def save(world: World, order: Doc, *topics: str) -> None:
    touch(world, order)
    _show(order)
    world.table("orders").put(order["id"], order)
    _tell(world, order, *topics)


def _show(order: Doc) -> None:
    lines = [line for line in order["lines"] if not line.get("tip")]
    done = sum(line["fulfilled"] for line in lines)
    waiting = sum(max(0, line["current"] - line["fulfilled"]) for line in lines)
    if order["cancelled_at"] or not done:
        order["shown"] = "UNFULFILLED"
    else:
        order["shown"] = "PARTIALLY_FULFILLED" if waiting else "FULFILLED"


# --- What people do in the admin --------------------------------------------------------------


def pay_order(world: World, order: Doc) -> None:
    order["financial_status"] = "PAID"
    save(world, order, "orders/paid", "orders/updated")


def edit_order(world: World, order: Doc, wanted: Doc) -> None:
    """{"lines": [{"sku", "quantity"}], "add": [{"sku", ...}], "address", "note", "tags"}"""
    for change in wanted.get("lines", []):
        line = next(one for one in order["lines"] if one["sku"] == change["sku"])
        _reduce(world, order, line, line["current"] - int(change["quantity"]))
    added = [_line(world, line) for line in wanted.get("add", [])]
    for line in added:
        rates = order["lines"][0]["taxes"]
        order["lines"].append(line)
        add_taxes({**order, "lines": [line], "shipping": []}, [_rate(one) for one in rates])
        move(world, line, available=-line["quantity"], committed=line["quantity"])
    if added:
        add_fulfillment_order(world, order, added, main_location(world)["id"])
    if "address" in wanted:
        order["shipping_address"] = wanted["address"]
    order["note"] = wanted.get("note", order["note"])
    order["tags"] = wanted.get("tags", order["tags"])
    world.journal("order.edit", str(order["id"]))
    save(world, order, "orders/updated")


def _rate(one: Doc) -> Doc:
    return {"title": one["title"], "rate": one["rate"]}


def _reduce(world: World, order: Doc, line: Doc, by: int) -> None:
    line["current"] -= by
    move(world, line, available=by, committed=-by)
    for found in fulfillment_orders(world, order):
        for part in found["lines"]:
            if part["line_id"] == line["id"]:
                part["remaining"] = max(0, part["remaining"] - by)
                part["total"] = max(0, part["total"] - by)
        world.table("fulfillment_orders").put(found["id"], found)


def cancel(world: World, order: Doc, reason: str, *, restock: bool, refund: bool) -> None:
    order["cancelled_at"] = order["closed_at"] = now(world)
    order["cancel_reason"] = reason
    if refund and order["financial_status"] == "PAID":
        order["financial_status"] = "REFUNDED"
    elif order["financial_status"] in ("PENDING", "AUTHORIZED"):
        order["financial_status"] = "VOIDED"
    for line in order["lines"]:
        count = line["current"]
        line["current"] = 0
        move(world, line, available=count if restock else 0, committed=-count)
    for found in fulfillment_orders(world, order):
        found["status"] = "CLOSED"
        for part in found["lines"]:
            part["remaining"] = part["total"] = 0
        world.table("fulfillment_orders").put(found["id"], found)
    world.journal("order.cancel", str(order["id"]))
    save(world, order, "orders/cancelled", "orders/updated")
