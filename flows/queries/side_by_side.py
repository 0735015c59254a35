"""An order line by line as each system has it: units and money beside each other."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any
from uuid import UUID

import msgspec
from django.utils.translation import gettext

from connectors.standard import resources
from connectors.standard.order import Order
from connectors.standard.record import Record as StandardRecord
from connectors.standard.refund import Refund
from connectors.standard.shipment import Shipment
from connectors.standard.shipment_request import ShipmentRequest
from flows.models import Delivery
from flows.queries.money import show_amount
from flows.states import State


@dataclass(frozen=True)
class Cell:
    """Empty where this system was not told of the line."""

    units: str = ""
    amount: str = ""


@dataclass(frozen=True)
class LineAcross:
    """`differs` says that the systems do not have the same number of units of it."""

    sku: str
    title: str
    cells: list[Cell]
    differs: bool


@dataclass(frozen=True)
class SideBySide:
    """`columns` are the systems, and what was shipped or refunded; `totals` are in their order."""

    currency: str
    columns: list[str]
    lines: list[LineAcross]
    totals: list[str]
    differs: bool


@dataclass
class _Column:
    label: str
    is_standing: bool  # what a system has of the order, which must agree; not what has left it
    lines: dict[str, tuple[Decimal, Decimal | None]] = field(default_factory=dict)
    total: Decimal | None = None
    is_told: bool = False  # by the system itself; else it was written there


def compare_systems(deliveries: Sequence[Delivery]) -> SideBySide | None:
    """None where nothing is known line by line. The oldest delivery first."""
    names: dict[str, tuple[str, str]] = {}
    standing: dict[UUID, _Column] = {}
    currency = ""
    pieces: dict[tuple[str, str], tuple[Delivery, StandardRecord]] = {}
    for one in deliveries:
        record = _standard(one)
        if isinstance(record, Order | ShipmentRequest) and record.lines:
            _name_lines(record, names)
            _take(one, record, standing)
            currency = record.currency or currency
        elif isinstance(record, Shipment | Refund):
            pieces[record.resource, record.id] = one, record
    columns = [*standing.values(), *_moved(pieces.values())]
    return _table(currency, columns, names) if names else None


def _standard(one: Delivery) -> StandardRecord | None:
    if one.flow is None or one.standard is None:
        return None
    try:
        kind = resources()[one.flow.stream_spec.resource]
        return msgspec.convert(one.standard, kind, strict=False)
    except (msgspec.ValidationError, KeyError):
        return None


def _name_lines(record: Order | ShipmentRequest, names: dict[str, tuple[str, str]]) -> None:
    for line in record.lines:
        sku, title = names.get(line.reference, ("", ""))
        names[line.reference] = (sku or line.sku or "", title or line.title or "")


def _take(one: Delivery, record: Order | ShipmentRequest, columns: dict[UUID, _Column]) -> None:
    """What a system says itself is worth more than what was written into it."""
    assert one.flow is not None
    lines, total = _lines(record), record.total if isinstance(record, Order) else None
    source = _Column(one.flow.source.label, True, lines, total, is_told=True)
    known = columns.get(one.flow.source_id)
    if known is not None and total is None:
        source.total, source.lines = known.total, {**known.lines, **_with_money(lines, known)}
    columns[one.flow.source_id] = source
    if one.target is not None and one.state == State.SUCCEEDED:
        there = columns.get(one.target.pk)
        if there is None or not there.is_told:
            columns[one.target.pk] = _Column(one.target.label, True, lines, total)


Lines = dict[str, tuple[Decimal, Decimal | None]]


def _with_money(lines: Lines, known: _Column) -> Lines:
    """A request for shipment often tells units alone; the sums stay those of the order."""
    return {
        reference: (
            units,
            amount if amount is not None else known.lines.get(reference, (units, None))[1],
        )
        for reference, (units, amount) in lines.items()
    }


def _lines(record: Order | ShipmentRequest) -> Lines:
    if isinstance(record, Order):
        return {
            line.reference: (line.quantity, line.quantity * line.unit_price - line.discount)
            for line in record.lines
        }
    return {
        line.reference: (
            line.quantity if line.ordered_quantity is None else line.ordered_quantity,
            None,
        )
        for line in record.lines
    }


def _moved(pieces: Iterable[tuple[Delivery, StandardRecord]]) -> list[_Column]:
    """All shipments together, and all refunds."""
    found: dict[str, _Column] = {}
    for _, record in pieces:
        if isinstance(record, Shipment) and record.status == "shipped":
            column = found.setdefault("shipped", _Column(gettext("Shipped"), False))
            for line in record.lines:
                _add(column, line.reference, line.quantity, None)
        elif isinstance(record, Refund):
            column = found.setdefault("refunded", _Column(gettext("Refunded"), False))
            column.total = (column.total or Decimal(0)) + record.total
            for back in record.lines:
                _add(column, back.order_line_reference, back.quantity, back.amount)
    return list(found.values())


def _add(column: _Column, reference: str, units: Decimal, amount: Decimal | None) -> None:
    had, paid = column.lines.get(reference, (Decimal(0), None))
    column.lines[reference] = (
        had + units,
        paid if amount is None else (paid or Decimal(0)) + amount,
    )


def _table(currency: str, columns: list[_Column], names: dict[str, tuple[str, str]]) -> SideBySide:
    lines = [_line(reference, *named, columns) for reference, named in names.items()]
    sums = {one.total for one in columns if one.is_standing and one.total is not None}
    return SideBySide(
        currency=currency,
        columns=[one.label for one in columns],
        lines=lines,
        totals=["" if one.total is None else show_amount(one.total) for one in columns],
        differs=len(sums) > 1 or any(line.differs for line in lines),
    )


def _line(reference: str, sku: str, title: str, columns: list[_Column]) -> LineAcross:
    units = {
        one.lines[reference][0] if reference in one.lines else None
        for one in columns
        if one.is_standing
    }
    return LineAcross(
        sku=sku,
        title=title,
        cells=[_cell(one.lines.get(reference)) for one in columns],
        differs=len(units) > 1,
    )


def _cell(found: tuple[Decimal, Any] | None) -> Cell:
    if found is None:
        return Cell()
    units, amount = found
    return Cell(f"{units.normalize():f}", "" if amount is None else show_amount(amount))
