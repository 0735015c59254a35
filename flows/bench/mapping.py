"""Mappings: how many lines a second one core applies. It needs no servers."""

import itertools
import json
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from connectors.lines import Line, Mapping
from connectors.registry import folder_of, get_connector
from connectors.spec import Context
from connectors.steps import (
    Calculate,
    Choose,
    Constant,
    ConvertMoney,
    ConvertUnit,
    Default,
    Fit,
    FitLines,
    FormatTime,
    FullName,
    Join,
    Lookup,
    Lower,
    NamePart,
    Pad,
    Replace,
    Round,
    Split,
    Template,
    TitleCase,
    ToBoolean,
    ToCountry,
    ToCurrency,
    ToDecimal,
    ToMoney,
    ToPhone,
    ToRegion,
    ToText,
    ToTime,
    ToWhole,
    Trim,
    Upper,
    When,
)
from connectors.steps.paths import finder
from flows.mapping.compile import compile_mapping

WANTED = 20_000  # lines a second on one core


@dataclass(frozen=True)
class Figures:
    """`lines` are those applied to one record: the lines of a list count for each element."""

    name: str
    lines: int
    per_second: float  # lines
    uncompiled_per_second: float

    def __str__(self) -> str:
        return (
            f"{self.name}: {self.lines} lines a record, {self.per_second:,.0f} lines/s"
            f" ({self.per_second / self.lines:,.0f} records/s); compiled anew for each record"
            f" {self.uncompiled_per_second:,.0f} lines/s, so compiling once is"
            f" {self.per_second / self.uncompiled_per_second:.1f} times as fast"
        )


def run_mapping(seconds: float = 3.0) -> Iterator[str]:
    raw = json.loads((folder_of("shopify") / "samples" / "orders.json").read_text())
    [reader] = [s.reader for s in get_connector("shopify").streams if s.name == "orders"]
    measured = [
        measure("A company's own mapping, all of it steps", OWN, raw, seconds),
        measure("Shopify's order to the standard, as the connector has it", reader, raw, seconds),
    ]
    for figures in measured:
        yield str(figures)
    slow = [figures.name for figures in measured if figures.per_second < WANTED]
    yield (
        f"Below {WANTED:,} lines/s: {'; '.join(slow)}"
        if slow
        else (f"Both are above the {WANTED:,} lines/s that are asked for")
    )


def measure(name: str, mapping: Mapping, raw: Any, seconds: float) -> Figures:
    """The best of three rounds: what else the machine does is not the mapping's."""
    apply = compile_mapping(mapping)
    orders = itertools.cycle(_orders(raw))
    lines = _applied(mapping.lines, raw)
    once = max(_rate(lambda: apply(next(orders), CONTEXT), seconds / 3) for _ in range(3))
    anew = _rate(lambda: compile_mapping(mapping)(next(orders), CONTEXT), seconds / 3)
    return Figures(name, lines, once * lines, anew * lines)


def _orders(raw: Any) -> list[Any]:
    """More than any memory of phones or names holds, each with its own."""
    found = []
    for number in range(6000):
        phone, name = f"+1207555{number:04}", f"Mara {number} van der Lind"
        address = {**raw["shipping_address"], "phone": phone, "name": name}
        found.append({**raw, "id": number, "phone": phone, "shipping_address": address})
    return found


def _rate(work: Callable[[], Any], seconds: float) -> float:
    """How often a second of this process's own time."""
    work()
    done, start = 0, time.process_time()
    while (taken := time.process_time() - start) < seconds:
        work()
        done += 1
    return done / taken


def _applied(lines: tuple[Line, ...], element: Any) -> int:
    inner = (
        _applied(line.each, one)
        for line in lines
        if line.each
        for one in finder(line.source)(element) or ()
    )
    return len(lines) + sum(inner)


CONTEXT = Context(
    settings={"channel": "web"},
    now=datetime(2026, 11, 1, tzinfo=UTC),
    find_row=lambda table, key: f"{table}-{key}",
    find_link=lambda resource, key, by: f"T{key}",
    find_rate=lambda base, quote, day: Decimal("88.4125"),
)
_TO_INR = ConvertMoney("INR", currency_path="currency", day_path="created_at")
_SHIP = "shipping_address"
_STREET = f"[{_SHIP}.address1, {_SHIP}.address2]"
OWN = Mapping(
    (
        Line("externalId", "id", (ToText(), Pad(20)), required=True),
        Line("number", "name", (Trim(), Replace("#")), required=True),
        Line("date", "created_at", (FormatTime("%d.%m.%Y", "Asia/Kolkata"),)),
        Line("time", "created_at", (FormatTime("%H:%M", "Asia/Kolkata"),)),
        Line("updated", "updated_at", (ToTime(),)),
        Line("currency", "currency", (ToCurrency(),), required=True),
        Line("total", "total_price", (ToDecimal(), _TO_INR, ToMoney()), required=True),
        Line("subtotal", "subtotal_price", (ToDecimal(), _TO_INR, ToMoney())),
        Line("tax", "total_tax", (ToDecimal(), _TO_INR, ToMoney())),
        Line("discount", "total_discounts", (ToDecimal(), Round(2))),
        Line("weight", "total_weight", (ConvertUnit("kg", "g", places=3),)),
        Line("isTest", "test", (ToBoolean(),)),
        Line("gateway", "payment_gateway_names[0]", (Lookup("payment gateways"),)),
        Line("method", "shipping_lines[0].title", (Lookup("shipping methods"), Upper())),
        Line("terms", "financial_status", (Choose({"paid": "PREPAID"}, "COD"),)),
        Line("priority", "total_price", (When("double(value) > 500.0", "high", "normal"),)),
        Line("handling", "total_price", (Calculate("double(value) * 0.02"), Round(2))),
        Line("source", "source_name", (Default("web"), Lower())),
        Line("kind", "", (Constant("sales"),)),
        Line("memo", "note", (Trim(), Fit(40))),
        Line("tags", "tags", (Split(","), Join("; "))),
        Line("email", "email || contact_email", (Trim(), Lower(), Fit(254))),
        Line("phone", "phone || shipping_address.phone", (ToPhone("US"),)),
        Line("customer", "[customer.first_name, customer.last_name]", (FullName(),)),
        Line("greeting", "@", (Template("Dear {customer.first_name} {customer.last_name}"),)),
        Line("shipTo.first", f"{_SHIP}.name", (NamePart("first"), TitleCase())),
        Line("shipTo.last", f"{_SHIP}.name", (NamePart("last"), TitleCase())),
        Line("shipTo.line1", _STREET, (FitLines(35, 2, line=1),), required=True),
        Line("shipTo.line2", _STREET, (FitLines(35, 2, line=2),)),
        Line("shipTo.city", f"{_SHIP}.city", (Trim(), TitleCase(), Fit(35))),
        Line("shipTo.state", f"{_SHIP}.province", (ToRegion(country="US"),)),
        Line("shipTo.country", f"{_SHIP}.country", (ToCountry("alpha_3"),), required=True),
        Line("shipTo.zip", f"{_SHIP}.zip", (Trim(), Upper(), Fit(10, "bytes"))),
        Line(
            "items",
            "line_items",
            each=(
                Line("sku", "sku", (Default("NO-SKU"), Trim(), Upper(), Fit(40)), required=True),
                Line("title", "title", (Trim(), Fit(60))),
                Line("quantity", "quantity", (ToWhole(),), required=True),
                Line("price", "price", (ToDecimal(), _TO_INR, ToMoney())),
                Line("pounds", "grams", (ConvertUnit("lb", "g", places=4),)),
                Line("note", "@", (Template("{title} / {variant_title}"), Fit(80))),
            ),
        ),
    )
)
