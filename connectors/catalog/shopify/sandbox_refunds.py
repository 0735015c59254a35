"""Money given back in the admin: for lines, for shipping, or besides."""

from decimal import Decimal

from connectors.catalog.shopify import sandbox_payloads as payloads
from connectors.catalog.shopify.sandbox_ids import new_id, now
from connectors.catalog.shopify.sandbox_money import CENT, Doc, cents, line_amount, tax
from connectors.catalog.shopify.sandbox_orders import save
from connectors.catalog.shopify.sandbox_stock import main_location, move
from connectors.sandbox.world import World


def refund_order(world: World, order: Doc, wanted: Doc) -> Doc:
    """{"lines": [{"sku", "quantity", "restock_type"}], "shipping": "5.00", "adjust": "-1.00"};
    `adjust` is paid back besides (negative: kept)."""
    parts, total = [], Decimal(0)
    for given in wanted.get("lines", []):
        line = next(one for one in order["lines"] if one["sku"] == given["sku"])
        parts.append(_refund_line(world, order, line, given))
        total += Decimal(parts[-1]["subtotal"])
        total += 0 if order["taxes_included"] else Decimal(parts[-1]["tax"])
    shipping, adjust = cents(wanted.get("shipping", 0)), cents(wanted.get("adjust", 0))
    if shipping:
        order["refunded_shipping"].append(str(shipping))
    found = {
        "id": new_id(world, "Refund"),
        "created_at": now(world),
        "note": wanted.get("note"),
        "lines": parts,
        "shipping": str(shipping) if shipping else "0",
        "discrepancy": str(-adjust) if adjust else "0",
        "gateway": order["gateways"][0],
        "amount": str((total + shipping + adjust).quantize(CENT)),
    }
    order["refunds"].append(found)
    order["financial_status"] = "PARTIALLY_REFUNDED"
    world.journal("order.refund", str(order["id"]), amount=found["amount"])
    save(world, order, "orders/updated")
    world.notify("refunds/create", payloads.refund(order, found))
    return {"id": str(found["id"]), "amount": found["amount"]}


def _refund_line(world: World, order: Doc, line: Doc, given: Doc) -> Doc:
    quantity = int(given.get("quantity", 1))
    before, after = line["current"], line["current"] - quantity
    restock = given.get("restock_type", "RETURN")
    found = {
        "id": new_id(world, "Refund"),
        "line_id": line["id"],
        "quantity": quantity,
        "restock_type": restock,
        "location_id": main_location(world)["id"] if restock != "NO_RESTOCK" else None,
        "subtotal": str(line_amount(line, before) - line_amount(line, after)),
        "tax": str(tax(order, line, before) - tax(order, line, after)),
    }
    line["current"] = after
    if restock != "NO_RESTOCK":
        move(world, line, available=quantity, committed=0)
    return found
