"""Cut a record in two by its lines; the two amount to the whole, to the last cent.

Discounts and taxes go with their lines. Shipping, duties, tip, fee and rounding stay, and so does
what was paid up to the total of what stays; the rest of the payments goes with the lines.
"""

import hashlib
import re
from collections.abc import Callable
from decimal import Decimal
from typing import Any

from msgspec.structs import replace

from connectors.standard.money import add
from connectors.standard.order import Order, Payment
from connectors.standard.record import ZERO, Record
from connectors.standard.returns import Return
from connectors.standard.shipment_request import ShipmentRequest

_NOTHING = {"shipping": (), "duties": (), "tip": ZERO, "fee": ZERO, "rounding": ZERO}
_CENT = -2


class NotDivisible(ValueError):
    """The text says why, as a sentence."""


def part_name(flow: str) -> str:
    """«Made to order» -> made-to-order: the same as long as the flow is called so."""
    words = re.sub(r"[^a-z0-9]+", "-", flow.lower()).strip("-")
    if flow.isascii() and words and len(words) <= 30:
        return words
    return f"{words[:20]}-{hashlib.sha256(flow.encode()).hexdigest()[:8]}".strip("-")


def split_record(
    record: Record, goes: Callable[[int], bool], name: str
) -> tuple[Record, Record] | None:
    """What stays, and what goes, called `name`; None when all lines stay or all go.

    `goes(index)` says it of a line. Raises NotDivisible, or a MappingFailed of the record's check.
    """
    if not isinstance(record, Order | Return | ShipmentRequest):
        raise NotDivisible(f"A {record.resource.replace('_', ' ')} cannot be split.")
    away = {index for index in range(len(record.lines)) if goes(index)}
    if not away or len(away) == len(record.lines):
        return None
    stay = tuple(line for index, line in enumerate(record.lines) if index not in away)
    go = tuple(line for index, line in enumerate(record.lines) if index in away)
    stays, part = _divide(record, stay, go)
    part = replace(part, **_named(record, name))
    stays.check()
    part.check()
    return stays, part


def _divide(record: Any, stay: Any, go: Any) -> tuple[Any, Any]:
    stays, part = replace(record, lines=stay), replace(record, lines=go)
    if isinstance(record, Order):
        return _divide_money(record, stays, part)
    if isinstance(record, ShipmentRequest) and record.cod_amount is not None:
        raise NotDivisible("What is to be collected at the door cannot be split among parcels.")
    return stays, part


def _divide_money(record: Order, stays: Order, part: Order) -> tuple[Order, Order]:
    part = replace(part, **_NOTHING)
    part = replace(part, total=part.computed_total())
    if _places(part.total) < min(_CENT, _places(record.total)):
        raise NotDivisible(f"Its lines amount to {part.total}, which is not whole cents.")
    stays = replace(stays, total=record.total - part.total)
    kept, given = _divide_payments(record, stays.total)
    return replace(stays, payments=kept), replace(part, payments=given)


def _places(amount: Decimal) -> int:
    return int(amount.normalize().as_tuple().exponent)


Payments = tuple[Payment, ...]


def _divide_payments(record: Order, stays: Decimal) -> tuple[Payments, Payments]:
    """What was paid too much stays, so that no part is paid twice."""
    paid = add(payment.amount or ZERO for payment in record.payments)
    room = stays + max(ZERO, paid - record.total)
    kept: list[Payment] = []
    given: list[Payment] = []
    for payment in record.payments:
        if payment.amount is None:
            kept.append(payment)
            given.append(payment)
            continue
        here = min(payment.amount, max(ZERO, room))
        room -= here
        if here or not payment.amount:
            kept.append(replace(payment, amount=here))
        if payment.amount > here:
            given.append(replace(payment, amount=payment.amount - here))
    return tuple(kept), tuple(given)


def _named(record: Record, name: str) -> dict[str, str]:
    found = {"id": f"{record.id}~{name}"}
    for field in ("reference", "label"):
        if text := getattr(record, field):
            found[field] = f"{text}-{name}"
    return found
