"""What an order amounts to: its discounts, taxes and totals, as placed and as it stands."""

from decimal import ROUND_HALF_UP, Decimal
from typing import Any

CENT = Decimal("0.01")
ZERO = Decimal(0)
Doc = dict[str, Any]


def cents(amount: Any) -> Decimal:
    return Decimal(str(amount)).quantize(CENT, ROUND_HALF_UP)


def line_amount(line: Doc, quantity: int) -> Decimal:
    """The line for so many of it, after its discounts."""
    whole = Decimal(line["price"]) * quantity
    if not line["quantity"]:
        return whole
    return whole - cents(discount(line) * quantity / line["quantity"])


def discount(holder: Doc) -> Decimal:
    return sum((Decimal(one["amount"]) for one in holder["discounts"]), ZERO)


def tax_on(amount: Decimal, rate: Decimal, included: bool) -> Decimal:
    return cents(amount - amount / (1 + rate)) if included else cents(amount * rate)


def add_taxes(order: Doc, rates: list[Doc]) -> None:
    """One tax line a rate on every taxable line and shipping line."""
    for holder in [*order["lines"], *order["shipping"]]:
        if not holder.get("taxable", True):
            continue
        amount = line_amount(holder, holder["quantity"])
        for rate in rates:
            tax = tax_on(amount, Decimal(str(rate["rate"])), order["taxes_included"])
            holder["taxes"].append({**rate, "amount": str(tax)})


def spread(amount: Decimal, order: Doc, application: int) -> None:
    """A discount over the whole order, by the lines' weight; the last takes the remaining cents."""
    lines = [line for line in order["lines"] if not line.get("tip")]
    whole = sum((line_amount(line, line["quantity"]) for line in lines), ZERO)
    left = amount
    for line in lines:
        is_last = line is lines[-1]
        share = left if is_last else cents(amount * line_amount(line, line["quantity"]) / whole)
        line["discounts"].append({"amount": str(share), "application": application})
        left -= share


def tax(order: Doc, holder: Doc, quantity: int) -> Decimal:
    if quantity == holder["quantity"]:
        return sum((Decimal(one["amount"]) for one in holder["taxes"]), ZERO)
    amount = line_amount(holder, quantity)
    rates = [Decimal(str(one["rate"])) for one in holder["taxes"]]
    return sum((tax_on(amount, rate, order["taxes_included"]) for rate in rates), ZERO)


def totals(order: Doc, current: bool) -> dict[str, Decimal]:
    """With `current`, after edits, cancellation and refunds; else as it was sold."""
    field = "current" if current else "quantity"
    lines = order["lines"]
    shipping = [] if current and order["cancelled_at"] else _shipping(order, current)
    goods = sum((line_amount(line, line[field]) for line in lines), ZERO)
    paid_shipping = sum((line_amount(one, 1) for one in shipping), ZERO)
    taxes = sum((tax(order, line, line[field]) for line in lines), ZERO)
    taxes += sum((tax(order, one, 1) for one in shipping), ZERO)
    duties = sum((Decimal(one["amount"]) for line in lines for one in line["duties"]), ZERO)
    is_gone = current and bool(order["cancelled_at"])
    tip = ZERO if is_gone or _has_tip_line(order) else Decimal(order["tip"])
    total = goods + paid_shipping + (ZERO if order["taxes_included"] else taxes) + tip
    total += ZERO if is_gone else duties + Decimal(order["rounding_in_total"])
    gone = sum((Decimal(one) for one in order["refunded_shipping"]), ZERO) if current else ZERO
    discounts = sum((_discount_of(line, line[field]) for line in lines), ZERO)
    discounts += sum((discount(one) for one in shipping), ZERO)
    return {
        "subtotal": goods,
        "shipping": paid_shipping,
        "tax": taxes,
        "discounts": discounts,
        "total": max(ZERO, total - (ZERO if is_gone else gone)),
    }


def _shipping(order: Doc, current: bool) -> list[Doc]:
    return [one for one in order["shipping"] if not (current and one["removed"])]


def _discount_of(line: Doc, quantity: int) -> Decimal:
    return Decimal(line["price"]) * quantity - line_amount(line, quantity)


def _has_tip_line(order: Doc) -> bool:
    return any(line.get("tip") for line in order["lines"])


# --- How Shopify writes money -----------------------------------------------------------------


def fixed(amount: Any) -> str:
    """Two decimals: REST and webhooks."""
    return str(cents(amount))


def short(amount: Any) -> str:
    """At least one decimal: GraphQL."""
    text = str(cents(amount))
    return text[:-1] if text.endswith("0") else text


def money_set(amount: Any, currency: str) -> Doc:
    money = {"amount": fixed(amount), "currency_code": currency}
    return {"shop_money": money, "presentment_money": dict(money)}


def bag(amount: Any, currency: str) -> Doc:
    money = {"amount": short(amount), "currencyCode": currency}
    return {"shopMoney": money, "presentmentMoney": money}
