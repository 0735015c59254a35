"""The parts of an order amount to the whole, to the last cent."""

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from connectors.errors import MappingFailed
from connectors.standard.money import add
from connectors.standard.order import (
    Discount,
    Duty,
    Order,
    OrderLine,
    Payment,
    ShippingCharge,
    Tax,
)
from connectors.standard.refund import Refund
from connectors.standard.shipment_request import RequestLine, ShipmentRequest
from flows.rules.rule import AllOf, Cel, Compare, Condition, Split
from flows.rules.split import part_name
from flows.rules.verdict import Done, Verdict
from tests.rules.orders import dear_order, judged, line, order, rule

ALWAYS = AllOf(())
NOT_A = Compare("sku", "is_not", "SKU-a")


def split(record: Any, where: Condition = NOT_A, flow: str = "Made to order") -> Verdict:
    return judged(record, rule(ALWAYS, Split(where, flow)))


def test_lines_go_with_their_discounts_and_taxes_and_the_rest_stays() -> None:
    whole = dear_order()
    verdict = split(whole)
    stays, part = verdict.record, verdict.parts[0]
    gone = part.record
    assert isinstance(stays, Order)
    assert isinstance(gone, Order)
    assert [one.id for one in stays.lines] == ["a"]
    assert [one.id for one in gone.lines] == ["b", "c"]
    assert gone.total == Decimal("45.00")
    assert stays.total == Decimal("429.00")
    assert stays.total + gone.total == whole.total
    assert (gone.shipping, gone.tip + gone.fee + gone.rounding) == ((), Decimal(0))
    assert (part.flow, part.name, part.rule) == ("Made to order", "made-to-order", "A rule")
    assert verdict.done == (Done("A rule", "Split: 2 lines go by the flow «Made to order»"),)


def test_a_part_is_called_by_a_name_of_its_own() -> None:
    verdict = split(dear_order())
    part = verdict.parts[0].record
    assert (part.id, part.reference, part.label) == (
        "1~made-to-order",
        "R1-made-to-order",
        "#1001-made-to-order",
    )
    assert (verdict.record.id, verdict.record.reference) == ("1", "R1")
    assert verdict == split(dear_order())  # however often


def test_what_was_paid_pays_for_what_stays_first() -> None:
    verdict = split(dear_order())
    stays: Any = verdict.record
    part: Any = verdict.parts[0].record
    assert [(one.gateway, one.amount) for one in stays.payments] == [
        ("gift_card", Decimal("429.00"))
    ]
    assert [(one.gateway, one.amount) for one in part.payments] == [
        ("gift_card", Decimal("1.00")),
        ("card", Decimal("44.00")),
    ]


def test_all_or_nothing_is_no_split() -> None:
    for where in (ALWAYS, Cel("record.sku == 'other'")):
        verdict = split(dear_order(), where)
        assert (verdict.record, verdict.parts, verdict.done) == (dear_order(), (), ())


def test_one_order_becomes_three() -> None:
    actions = Split(Cel("record.id == 'b'"), "B"), Split(Cel("record.id == 'c'"), "C")
    verdict = judged(dear_order(), rule(ALWAYS, *actions))
    records: list[Any] = [verdict.record, *(part.record for part in verdict.parts)]
    assert [[one.id for one in record.lines] for record in records] == [["a"], ["b"], ["c"]]
    assert add(record.total for record in records) == dear_order().total


def test_the_condition_may_compare_and_ask_of_the_line_alone() -> None:
    assert split(dear_order(), Compare("unit_price", "below", 50)).parts
    with pytest.raises(MappingFailed, match="no attribute «unit_cost»"):
        split(dear_order(), Compare("unit_cost", "below", 50))
    with pytest.raises(MappingFailed, match="has no total"):
        split(dear_order(), Cel("record.total > 5.0"))


def test_half_a_cent_is_not_split_off() -> None:
    half = {"quantity": Decimal("0.5"), "unit_price": Decimal("0.01")}
    with pytest.raises(MappingFailed, match="not whole cents"):
        split(order(line("a", **half), line("b", **half)))


def test_a_shipment_request_is_split_unless_money_is_collected_for_it() -> None:
    lines = tuple(
        RequestLine(id=name, reference=name, sku=f"SKU-{name}", quantity=Decimal(1))
        for name in "ab"
    )
    address = dear_order().shipping_address
    plain: dict[str, Any] = {"id": "1", "number": "1", "order_id": "1", "lines": lines}
    request = ShipmentRequest(shipping_address=address, **plain)
    assert split(request).parts[0].record.lines == lines[1:]  # type: ignore[attr-defined]
    collected = ShipmentRequest(shipping_address=address, cod_amount=Decimal(5), **plain)
    with pytest.raises(MappingFailed, match="collected at the door"):
        split(collected)


def test_other_records_are_not_split() -> None:
    refund = Refund(id="1", order_id="1", currency="INR", total=Decimal(0))
    with pytest.raises(MappingFailed, match="Rule «A rule»: A refund cannot be split"):
        split(refund, ALWAYS)


def test_flows_that_are_called_alike_have_parts_that_are_called_differently() -> None:
    names = ["Made to order", "Depot 2", "डिपो", "倉庫", "é", "e", "x" * 80, "x" * 81, "!", "?"]
    assert len({part_name(name) for name in names}) == len(names)


# --- Any order ------------------------------------------------------------------------------

cents = st.integers(0, 100_000).map(lambda number: Decimal(number) / 100)
taxes = st.lists(cents.map(lambda amount: Tax(title="T", amount=amount)), max_size=2).map(tuple)
discounts = st.lists(cents.map(lambda amount: Discount(amount=amount)), max_size=2).map(tuple)


@st.composite
def orders(draw: st.DrawFn) -> Order:
    lines: list[OrderLine] = []
    for number in range(draw(st.integers(1, 6))):
        more = {"taxes": draw(taxes), "discounts": draw(discounts), "unit_price": draw(cents)}
        lines.append(line(str(number), quantity=Decimal(draw(st.integers(0, 9))), **more))
    charge = ShippingCharge(title="S", price=draw(cents), taxes=draw(taxes))
    return order(
        *lines,
        shipping=(charge,),
        duties=(Duty(amount=draw(cents), taxes=draw(taxes)),),
        tip=draw(cents),
        fee=draw(cents),
        rounding=-draw(cents),
        taxes_included=draw(st.booleans()),
        payments=tuple(Payment(gateway="g", amount=one) for one in draw(st.lists(cents))),
    )


@settings(deadline=None)
@given(orders(), st.sets(st.integers(0, 5)))
def test_every_part_holds_its_own_sum_and_all_are_the_whole(whole: Order, away: set[int]) -> None:
    where = Compare("id", "one_of", [str(number) for number in away])
    verdict = split(whole, where)
    records: list[Any] = [verdict.record, *(part.record for part in verdict.parts)]
    for record in records:
        record.check()
    assert len(records) == (
        2 if 0 < len(away & set(range(len(whole.lines)))) < len(whole.lines) else 1
    )
    assert add(record.total for record in records) == whole.total
    assert add(record.tax_total for record in records) == whole.tax_total
    assert add(record.discount_total for record in records) == whole.discount_total
    paid = [payment.amount or Decimal(0) for record in records for payment in record.payments]
    assert add(paid) == add(payment.amount or Decimal(0) for payment in whole.payments)
    assert sorted(one.id for record in records for one in record.lines) == sorted(
        one.id for one in whole.lines
    )
