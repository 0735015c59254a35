"""Lookup tables and rates: rows, imports, and what waits for a row."""

from datetime import date
from decimal import Decimal

import pytest
from django.test import Client

from connectors.lines import Line, Mapping
from connectors.steps import Lookup
from ekyam.tenants.scope import tenant_scope
from flows.mapping.logic import Logic
from flows.models import Flow, LookupRow, Rate
from flows.operations.configure import switch_off, switch_on
from flows.operations.lookups import (
    RowRefused,
    import_rows,
    plan_import,
    remove_row,
    set_row,
)
from flows.operations.rates import import_rates, plan_rates
from flows.operations.sweep import sweep_all
from flows.operations.tables import Tables
from flows.queries.lookups import export_rows, list_missing, list_rows, list_tables
from flows.rules.rule import Cel, Hold
from tests.catalog.depot.connector import ORDER, TICKET
from tests.depots import Depots
from tests.flows.ruled import go_by, of, rule, with_rules


def with_lookup(mapping: Mapping, target: str = "number") -> Mapping:
    return Mapping(
        tuple(
            Line(one.target, one.source, (Lookup("numbers"),)) if one.target == target else one
            for one in mapping.lines
        )
    )


WRITES = Logic(writer=with_lookup(TICKET))
READS = Logic(reader=with_lookup(ORDER))


@pytest.mark.parametrize("logic", [WRITES, READS], ids=["writing", "reading"])
def test_a_new_row_wakes_exactly_what_waits_for_it(
    depots: Depots, client: Client, logic: Logic
) -> None:
    go_by(depots, logic)
    depots.post(client, depots.ticket("D-1"))
    depots.post(client, depots.ticket("D-1", id="another"))
    depots.post(client, depots.ticket("D-2"))
    depots.work()
    assert depots.states() == ["parked"] * 3
    assert {one.waits_for for one in of(depots)} == {"row:numbers:D-1", "row:numbers:D-2"}
    with tenant_scope(depots.tenant):
        first, second = list_missing()
        assert (first.table, first.key, first.count) == ("numbers", "D-1", 2)
        assert (second.key, second.count) == ("D-2", 1)
        assert set_row("numbers", "d-1", "Other") == 0  # keys are exact
        assert set_row("numbers", "D-1", "One") == 2
        assert [one.key for one in list_missing()] == ["D-2"]
    depots.work()
    assert sorted(row["label"] for row in depots.there_now()) == ["One", "One"]
    assert depots.states().count("succeeded") == 2
    assert depots.states().count("parked") == 1


def test_a_rule_that_asks_for_a_row_waits_for_it(depots: Depots, client: Client) -> None:
    with_rules(depots, rule(Hold("Look."), when=Cel("row('limits', record.number) == 'low'")))
    depots.post(client, depots.ticket())
    depots.work()
    (delivery,) = of(depots)
    assert (delivery.state, delivery.waits_for) == ("parked", "row:limits:D-1")
    assert delivery.record is not None
    with tenant_scope(depots.tenant):
        assert [(one.name, one.missing) for one in list_tables()] == [("limits", 1)]
        assert set_row("limits", "D-1", "low") == 1
    depots.work()
    assert [(one.state, one.waits_for) for one in of(depots)] == [
        ("superseded", ""),
        ("parked", "release:Large"),
    ]


def test_what_no_row_can_be_for_is_a_dead_letter(depots: Depots, client: Client) -> None:
    go_by(depots, READS)
    depots.post(client, depots.ticket("x" * 201))
    depots.work()
    assert [(one.state, one.failure) for one in of(depots)] == [("dead", "missing_row")]


def test_what_waits_in_a_flow_that_is_off_waits_on(depots: Depots, client: Client) -> None:
    go_by(depots, READS)
    depots.post(client, depots.ticket())
    depots.work()
    with tenant_scope(depots.tenant):
        switch_off(Flow.objects.get(pk=depots.flow.pk))
        assert set_row("numbers", "D-1", "One") == 0
    sweep_all()
    assert depots.states() == ["parked"]
    with tenant_scope(depots.tenant):
        switch_on(Flow.objects.get(pk=depots.flow.pk))
    sweep_all()
    depots.work()
    assert "succeeded" in depots.states()


def test_the_sweep_finds_a_row_that_missed_its_delivery(depots: Depots, client: Client) -> None:
    go_by(depots, WRITES)
    depots.post(client, depots.ticket())
    depots.work()
    with tenant_scope(depots.tenant):  # as if both had been written at the same moment
        LookupRow.objects.create(tenant=depots.tenant, table="numbers", key="D-1", value="One")
    sweep_all()
    depots.work()
    assert depots.states() == ["succeeded"]


def test_it_plans_an_import_and_then_does_it(depots: Depots) -> None:
    text = "key,value\nvisa,Card\nVisa,Card\nupi,UPI\n"
    with tenant_scope(depots.tenant):
        set_row("payment", "visa", "Cash")
        set_row("payment", "upi", "UPI")
        plan = plan_import("payment", text)
        assert plan.added == [("Visa", "Card")]
        assert [(one.key, one.before, one.after) for one in plan.changed] == [
            ("visa", "Cash", "Card")
        ]
        assert (plan.same, plan.bad) == (1, [])
        import_rows("payment", text)
        assert sorted((row.key, row.value) for row in list_rows("payment").rows) == [
            ("Visa", "Card"),
            ("upi", "UPI"),
            ("visa", "Card"),
        ]
        exported = export_rows("payment")
        assert plan_import("payment", exported).same == 3
        remove_row("payment", "upi")
        with pytest.raises(LookupRow.DoesNotExist):
            remove_row("payment", "upi")


def test_an_import_heals_what_waits(depots: Depots, client: Client) -> None:
    go_by(depots, WRITES)
    for number in range(3):
        depots.post(client, depots.ticket(f"D-{number}"))
    depots.work()
    rows = "".join(f"D-{number},N{number}\n" for number in range(2, 500))
    with tenant_scope(depots.tenant):
        _, woken = import_rows("numbers", "\ufeffkey;value\n" + rows.replace(",", ";"))
    assert woken == 1
    depots.work()
    assert sorted(depots.states()) == ["parked", "parked", "succeeded"]


@pytest.mark.parametrize(
    ("text", "number", "words"),
    [
        ("", 0, ""),
        ("a,b\n", 1, "must name the columns key, value"),
        ("key,value\nx\n", 2, "too few columns"),
        ("key,value\nx,\n", 2, "value is empty"),
        (f"key,value\n{'k' * 201},v\n", 2, "longer than 200"),
        ("key,value\na,1\nb,2\na,3\n", 4, "twice"),
        ('key,value\n"a\x00",1\n', 2, "cannot be"),
        ("key,value\n" + "x" * 200_000, 2, "cannot be read"),
    ],
)
def test_it_names_the_bad_lines(depots: Depots, text: str, number: int, words: str) -> None:
    with tenant_scope(depots.tenant):
        plan = plan_import("payment", text)
        if number:
            assert (plan.bad[0].number, words in plan.bad[0].words) == (number, True)
            with pytest.raises(RowRefused, match=f"Line {number}"):
                import_rows("payment", text)
        assert not LookupRow.objects.exists()


def test_what_looks_like_a_formula_comes_back_as_it_was(depots: Depots) -> None:
    with tenant_scope(depots.tenant):
        for key in ("=1+1", "-5", "'=x", "@a"):
            set_row("odd", key, "v")
        text = export_rows("odd")
        assert "\r\n=1" not in text
        assert plan_import("odd", text).same == 4


@pytest.mark.parametrize("table", ["", "a:b", "x" * 61, "locations flw_1", "a\nb"])
def test_it_refuses_a_table_that_is_none(depots: Depots, table: str) -> None:
    with tenant_scope(depots.tenant), pytest.raises(RowRefused):
        set_row(table, "a", "b")


def test_it_finds_the_newest_rate_of_the_last_days(depots: Depots) -> None:
    text = "base,quote,day,rate\nUSD,INR,2026-01-01,83.10\nusd,inr,2026-01-20,84.25\n"
    with tenant_scope(depots.tenant):
        assert len(plan_rates(text).added) == 2
        import_rates(text)
        assert plan_rates(text).same == 2
        tables = Tables(depots.tenant.pk)
        assert tables.find_rate("USD", "INR", date(2026, 1, 19)) == Decimal("83.10")
        assert tables.find_rate("USD", "INR", date(2026, 2, 1)) == Decimal("84.25")
        assert tables.find_rate("USD", "INR", date(2026, 2, 20)) is None  # 31 days
        assert tables.find_rate("USD", "INR", date(2025, 12, 31)) is None
        assert tables.find_rate("INR", "INR", date(2026, 1, 1)) == 1
        bad = (
            "base,quote,day,rate\nUSD,INR,2026-13-01,1\nUS,INR,2026-01-01,1\nUSD,INR,2026-01-01,NaN"
        )
        assert [one.number for one in plan_rates(bad).bad] == [2, 3, 4]
        with pytest.raises(RowRefused):
            import_rates(bad)
        assert Rate.objects.count() == 2
