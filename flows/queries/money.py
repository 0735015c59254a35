"""The money of an order, line by line, as the standard record says it."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import msgspec
from django.utils.translation import gettext

from connectors.standard.order import Order


@dataclass(frozen=True)
class MoneyLine:
    sku: str
    title: str
    quantity: str
    unit_price: str
    discount: str
    tax: str
    amount: str


@dataclass(frozen=True)
class Money:
    currency: str
    lines: list[MoneyLine]
    totals: list[tuple[str, str]]  # label and amount, the total last
    note: str  # what a reader of the sum must know


def show_money(standard: dict[str, Any] | None) -> Money | None:
    """None when there is no order, or what is stored is not one."""
    if standard is None:
        return None
    try:
        order = msgspec.convert(standard, Order, strict=False)
    except msgspec.ValidationError:
        return None
    return Money(
        currency=order.currency,
        lines=_lines(order),
        totals=_totals(order),
        note=gettext("Prices include tax.") if order.taxes_included else "",
    )


def _lines(order: Order) -> list[MoneyLine]:
    return [
        MoneyLine(
            sku=line.sku or "",
            title=line.title or "",
            quantity=f"{line.quantity.normalize():f}",
            unit_price=show_amount(line.unit_price),
            discount=show_amount(-line.discount) if line.discount else "",
            tax=show_amount(line.tax) if line.tax else "",
            amount=show_amount(line.quantity * line.unit_price - line.discount),
        )
        for line in order.lines
    ]


def _totals(order: Order) -> list[tuple[str, str]]:
    """Zero rows are left out, except the subtotal and the total."""
    tax = gettext("of which tax") if order.taxes_included else gettext("Tax")
    extra = (
        (gettext("Discounts"), -order.discount_total),
        (gettext("Shipping"), order.shipping_total),
        (tax, order.tax_total),
        (gettext("Duties"), order.duty_total),
        (gettext("Tip"), order.tip),
        (gettext("Fee"), order.fee),
        (gettext("Rounding"), order.rounding),
    )
    return [
        (gettext("Lines"), show_amount(order.lines_total)),
        *((label, show_amount(amount)) for label, amount in extra if amount),
        (gettext("Total"), show_amount(order.total)),
    ]


def show_amount(amount: Decimal) -> str:
    """Two places, or as many as the source wrote: nothing is rounded here."""
    exponent = amount.as_tuple().exponent
    is_finer = isinstance(exponent, int) and exponent < -2
    return f"{amount:,}" if is_finer else f"{amount:,.2f}"
