"""What a path cannot say about Shopify's orders: which quantities, amounts and terms stand."""

import re
from collections.abc import Iterable, Mapping
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

Raw = Mapping[str, Any]
ZERO = Decimal(0)
_PLACES = {"JPY": 0, "KRW": 0, "VND": 0, "CLP": 0, "KWD": 3, "BHD": 3, "OMR": 3, "JOD": 3, "TND": 3}
_COD = re.compile(r"cash on delivery|\bcod\b", re.I)
_PREPAID = {"paid", "authorized", "partially_refunded", "refunded"}


def shop_money(holder: Raw, name: str) -> Decimal:
    """The amount in the shop's own currency: the set's where there is one, never the buyer's."""
    money = (holder.get(f"{name}_set") or {}).get("shop_money") or {}
    found = money.get("amount", holder.get(name))
    return Decimal(str(found)) if found not in (None, "") else ZERO


def split_tags(tags: Any) -> list[str]:
    given = tags.split(",") if isinstance(tags, str) else tags
    return [tag.strip() for tag in given if tag.strip()]


def status_of(order: Raw) -> str:
    if order.get("cancelled_at"):
        return "cancelled"
    if order.get("closed_at"):
        return "closed"
    known = {"fulfilled": "fulfilled", "partial": "partially_fulfilled"}
    return known.get(str(order.get("fulfillment_status")), "open")


def payment_terms(order: Raw) -> str:
    """Shopify has no word for cash on delivery: only the gateway's name tells."""
    if any(_COD.search(name) for name in order.get("payment_gateway_names") or ()):
        return "cod"
    return "prepaid" if order.get("financial_status") in _PREPAID else "pending"


def payments(order: Raw) -> list[dict[str, Any]]:
    names = order.get("payment_gateway_names") or ()
    status = order.get("financial_status")
    return [{"gateway": name, "status": status} for name in names]


def holds(order: Raw) -> list[dict[str, Any]]:
    """Known from a poll alone: a webhook's order does not carry its fulfilment orders."""
    found = []
    for fulfillment_order in order.get("fulfillment_orders") or ():
        for hold in fulfillment_order.get("fulfillment_holds") or ():
            found.append(
                {"reason": hold.get("reason") or "on hold", "note": hold.get("reason_notes")}
            )
    return found


def shipping_method(order: Raw) -> str | None:
    titles = [line.get("title") for line in _shipping(order)]
    return titles[0] if titles else None


def customer_addresses(customer: Raw) -> list[dict[str, Any]] | None:
    listed = customer.get("addresses") or [customer.get("default_address")]
    return [address_of(address) for address in listed if address] or None


def address_of(address: Raw) -> dict[str, Any]:
    names = {
        "name": "name",
        "first_name": "first_name",
        "last_name": "last_name",
        "company": "company",
        "line1": "address1",
        "line2": "address2",
        "city": "city",
        "region": "province_code",
        "postal_code": "zip",
        "country": "country_code",
        "phone": "phone",
    }
    return {ours: address[theirs] for ours, theirs in names.items() if address.get(theirs)}


# --- Lines ----------------------------------------------------------------------------------


def order_lines(order: Raw) -> list[dict[str, Any]]:
    """The lines as they stand after edits: removed ones dropped, reduced ones with their share of
    discount and tax. What came back after it was shipped still counts: it is a refund's matter."""
    lines = [_line(order, line) for line in _goods(order)]
    kept = [line for line in lines if line["quantity"] > 0]
    reduced = [line for line in kept if line.pop("is_reduced")]
    if reduced:
        _settle_cents(order, kept, reduced)
    return kept


def _goods(order: Raw) -> list[Raw]:
    return [line for line in order.get("line_items") or () if line.get("tip") is None]


def _line(order: Raw, line: Raw) -> dict[str, Any]:
    whole = Decimal(str(line["quantity"]))
    stands = whole if order.get("cancelled_at") else whole - _cancelled(order, line)
    waiting = Decimal(str(line.get("fulfillable_quantity") or 0))
    share = _sharer(order, stands, whole)
    properties = line.get("properties") or ()
    return {
        "id": str(line["id"]),
        "reference": str(line["id"]),
        "sku": (line.get("sku") or "").strip() or None,
        "title": line.get("title") or line.get("name"),
        "quantity": stands,
        "unit_price": shop_money(line, "price"),
        "discounts": _discounts(order, line, share),
        "taxes": taxes(line, share),
        "variant_id": _text(line.get("variant_id")),
        "product_id": _text(line.get("product_id")),
        "requires_shipping": bool(line.get("requires_shipping", True)),
        "is_gift_card": bool(line.get("gift_card")),
        "fulfilled_quantity": max(ZERO, stands - waiting),
        "properties": {str(one["name"]): str(one.get("value") or "") for one in properties},
        "is_reduced": stands != whole,
    }


def _cancelled(order: Raw, line: Raw) -> Decimal:
    """How many of the line were taken off before they were shipped."""
    whole = Decimal(str(line["quantity"]))
    current = line.get("current_quantity")
    gone = whole - (whole if current is None else Decimal(str(current)))
    return max(ZERO, gone - sum((one[0] for one in _returned(order, line)), ZERO))


def _returned(order: Raw, line: Raw) -> list[tuple[Decimal, Raw]]:
    """Refund lines of goods that had been shipped, with their quantities."""
    was_shipped = line.get("fulfillment_status") in ("fulfilled", "partial")
    kinds = {"return", "no_restock"} if was_shipped else {"return"}
    return [
        (Decimal(str(part["quantity"])), part)
        for refund in order.get("refunds") or ()
        for part in refund.get("refund_line_items") or ()
        if _line_id(part) == str(line["id"]) and part.get("restock_type") in kinds
    ]


def _line_id(part: Raw) -> str:
    return str((part.get("line_item") or {}).get("id") or part.get("line_item_id"))


def _sharer(order: Raw, stands: Decimal, whole: Decimal) -> Any:
    if stands == whole or not whole:
        return lambda amount: amount
    unit = Decimal(1).scaleb(-_PLACES.get(str(order.get("currency")), 2))
    return lambda amount: (amount * stands / whole).quantize(unit, ROUND_HALF_UP)


def _discounts(order: Raw, line: Raw, share: Any) -> list[dict[str, Any]]:
    applications = order.get("discount_applications") or ()
    found = []
    for part in line.get("discount_allocations") or ():
        index = part.get("discount_application_index")
        named = applications[index] if index is not None and index < len(applications) else {}
        amount = share(shop_money(part, "amount"))
        if amount:
            found.append({"amount": amount, "code": named.get("code") or named.get("title")})
    return found


def taxes(holder: Raw, share: Any = lambda amount: amount) -> list[dict[str, Any]]:
    return [
        {
            "title": tax.get("title") or "Tax",
            "amount": share(shop_money(tax, "price")),
            "rate": _rate(tax),
        }
        for tax in holder.get("tax_lines") or ()
    ]


def _rate(tax: Raw) -> Decimal | None:
    return None if tax.get("rate") is None else Decimal(str(tax["rate"]))


def _text(value: Any) -> str | None:
    return None if value is None else str(value)


def _settle_cents(order: Raw, lines: list[Any], reduced: list[Any]) -> None:
    """Shares are rounded, so a cent may be left: it goes where Shopify's own totals say."""
    limit = Decimal("0.01") * len(reduced) * 2
    with_tax = [line for line in reduced if line["taxes"]]
    if with_tax and order.get("current_total_tax") is not None:
        taxed = [*lines, *order_shipping(order), *duties(order)]
        gap = shop_money(order, "current_total_tax") + _kept_tax(order) - _sum_taxes(taxed)
        if gap and abs(gap) <= limit:
            with_tax[-1]["taxes"][-1]["amount"] += gap
    gap = order_total(order) - parts_total(order, lines)
    with_discount = [line for line in reduced if line["discounts"]]
    if with_discount and gap and abs(gap) <= limit:
        with_discount[-1]["discounts"][-1]["amount"] -= gap


def _sum_taxes(holders: Iterable[Any]) -> Decimal:
    return sum((tax["amount"] for holder in holders for tax in holder["taxes"]), ZERO)


# --- Shipping, duties, tips, totals -----------------------------------------------------------


def _shipping(order: Raw) -> list[Raw]:
    return [line for line in order.get("shipping_lines") or () if not line.get("is_removed")]


def order_shipping(order: Raw) -> list[dict[str, Any]]:
    return [
        {
            "title": line.get("title") or "Shipping",
            "code": line.get("code"),
            "price": shop_money(line, "price"),
            "discounts": _discounts(order, line, lambda amount: amount),
            "taxes": taxes(line),
        }
        for line in _shipping(order)
    ]


def duties(order: Raw) -> list[dict[str, Any]]:
    """Duties that are charged on top; those inside the prices are no amount of their own."""
    if order.get("duties_included"):
        return []
    return [
        {"amount": shop_money(duty, "price"), "taxes": taxes(duty)}
        for line in _goods(order)
        for duty in line.get("duties") or ()
    ]


def tip(order: Raw) -> Decimal:
    """A tip may stand as a line too: it is counted once."""
    lines = [line for line in order.get("line_items") or () if line.get("tip") is not None]
    as_lines = sum(
        (shop_money(line, "price") * Decimal(str(line["quantity"])) for line in lines), ZERO
    )
    return max(shop_money(order, "total_tip_received"), as_lines)


def fee(order: Raw) -> Decimal:
    return shop_money(order, "current_total_additional_fees")


def rounding(order: Raw) -> Decimal:
    """The rounding of a cash payment, if the order's total includes it."""
    adjustment = shop_money(order, "total_cash_rounding_payment_adjustment")
    if not adjustment:
        return ZERO
    return (
        adjustment
        if order_total(order) - parts_total(order, order_lines(order)) == adjustment
        else ZERO
    )


def parts_total(order: Raw, lines: list[dict[str, Any]]) -> Decimal:
    """What the parts amount to, without the rounding."""
    charged = [*lines, *order_shipping(order)]
    total = sum((line["quantity"] * line["unit_price"] for line in lines), ZERO)
    total += sum((line["price"] for line in order_shipping(order)), ZERO)
    total -= sum((part["amount"] for line in charged for part in line["discounts"]), ZERO)
    if not order.get("taxes_included"):
        total += _sum_taxes([*charged, *duties(order)])
    return total + sum((duty["amount"] for duty in duties(order)), ZERO) + tip(order) + fee(order)


def order_total(order: Raw) -> Decimal:
    """The total that stands. Edits lower only current_total_price, but so do refunds of shipped
    goods and of shipping: those are added back."""
    if order.get("cancelled_at"):
        return parts_total(order, order_lines(order))  # nothing is booked from it: it states 0
    if not any(_cancelled(order, line) for line in _goods(order)):
        return shop_money(order, "total_price")
    return shop_money(order, "current_total_price") + _kept_refunds(order)


def _kept_refunds(order: Raw) -> Decimal:
    parts = [part for line in _goods(order) for _, part in _returned(order, line)]
    kept = sum((shop_money(part, "subtotal") for part in parts), ZERO)
    for refund in order.get("refunds") or ():
        for line in refund.get("refund_shipping_lines") or ():
            kept += shop_money(line, "subtotal_amount")
    return kept if order.get("taxes_included") else kept + _kept_tax(order)


def _kept_tax(order: Raw) -> Decimal:
    parts = [part for line in _goods(order) for _, part in _returned(order, line)]
    tax = sum((shop_money(part, "total_tax") for part in parts), ZERO)
    for refund in order.get("refunds") or ():
        for line in refund.get("refund_shipping_lines") or ():
            tax += shop_money(line, "tax_amount")
    return tax


def level_id(level: Mapping[str, Any]) -> str:
    """As LEVEL_ID of the readers says it; a function is quicker, and there are many levels."""
    return f"{level['inventory_item_id']}-{level['location_id']}"
