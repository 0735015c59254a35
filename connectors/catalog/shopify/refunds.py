"""Reading refunds: what was given back for which lines, and what was not for any line."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from connectors.catalog.shopify.records import ZERO, shop_money

Raw = Mapping[str, Any]


def refund_total(refund: Raw) -> Decimal:
    """What was paid back, or is about to be."""
    return sum((shop_money(one, "amount") for one in _paid(refund)), ZERO)


def _paid(refund: Raw) -> list[Raw]:
    return [
        one
        for one in refund.get("transactions") or ()
        if one.get("kind") == "refund" and one.get("status") in ("success", "pending")
    ]


def refund_payments(refund: Raw) -> list[dict[str, Any]]:
    return [
        {
            "gateway": one.get("gateway") or "unknown",
            "amount": shop_money(one, "amount"),
            "status": one.get("status"),
        }
        for one in _paid(refund)
    ]


def refund_lines(refund: Raw) -> list[dict[str, Any]]:
    """Amounts without tax. With taxes in the prices Shopify's subtotal holds the tax: the refund
    does not say which it is, but only one of the two adds up."""
    holds_tax = _holds_tax(refund)
    return [_line(part, holds_tax) for part in refund.get("refund_line_items") or ()]


def _line(part: Raw, holds_tax: bool) -> dict[str, Any]:
    tax, subtotal = shop_money(part, "total_tax"), shop_money(part, "subtotal")
    line = part.get("line_item") or {}
    location = part.get("location_id")
    return {
        "order_line_reference": str(line.get("id") or part["line_item_id"]),
        "sku": line.get("sku"),
        "quantity": Decimal(str(part["quantity"])),
        "amount": subtotal - tax if holds_tax else subtotal,
        "tax": tax,
        "is_restocked": part.get("restock_type") in ("return", "cancel", "legacy_restock"),
        "location": None if location is None else str(location),
    }


def _holds_tax(refund: Raw) -> bool:
    parts = refund.get("refund_line_items") or ()
    subtotals = sum((shop_money(part, "subtotal") for part in parts), ZERO)
    rest = shipping(refund) + adjustment(refund)
    return subtotals + rest == refund_total(refund)


def shipping(refund: Raw) -> Decimal:
    lines = refund.get("refund_shipping_lines") or ()
    return sum((shop_money(line, "subtotal_amount") for line in lines), ZERO)


def shipping_tax(refund: Raw) -> Decimal:
    if _holds_tax(refund):
        return ZERO
    lines = refund.get("refund_shipping_lines") or ()
    return sum((shop_money(line, "tax_amount") for line in lines), ZERO)


def adjustment(refund: Raw) -> Decimal:
    """Shopify states what is missing from the refund: we state what it adds to it."""
    found = refund.get("order_adjustments") or ()
    return -sum((shop_money(one, "amount") + shop_money(one, "tax_amount") for one in found), ZERO)


def currency_of(refund: Raw) -> str | None:
    """The shop's currency, of which every amount here is."""
    for part in [*(refund.get("refund_line_items") or ()), refund]:
        for name in ("subtotal_set", "total_duties_set"):
            money = (part.get(name) or {}).get("shop_money") or {}
            if money.get("currency_code"):
                return str(money["currency_code"])
    paid = _paid(refund)
    return str(paid[0]["currency"]) if paid and paid[0].get("currency") else None
