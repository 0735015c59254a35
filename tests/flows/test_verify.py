"""Verify: what a logic makes of real records, and what keeps a flow from going On."""

import time
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.utils import timezone

from connectors.lines import Line, Mapping
from connectors.steps import Choose, Fit, Lookup, ToDecimal, ToNumber, ToText
from ekyam.tenants.scope import tenant_scope
from flows.mapping.logic import Logic
from flows.mapping.verify import Attribute
from flows.models import Flow
from flows.operations.configure import switch_off, switch_on
from flows.queries.verify import Report, verify
from flows.rules.rule import Hold
from flows.states import IllegalMove
from tests.catalog.depot.connector import ORDER, TICKET
from tests.depots import Depots
from tests.flows import test_shadow
from tests.flows.ruled import go_by, large, rule

YESTERDAY = timezone.now() - timedelta(days=1)


def lay_in(depots: Depots, *bodies: Any, at: datetime = YESTERDAY) -> None:
    test_shadow.lay_in(depots, *bodies, at=at)


def reading(**changed: Line | None) -> Mapping:
    return Mapping(_with(ORDER.lines, changed))


def writing(**changed: Line | None) -> Mapping:
    return Mapping(_with(TICKET.lines, changed))


def _with(lines: tuple[Line, ...], changed: dict[str, Line | None]) -> tuple[Line, ...]:
    found = [changed.get(line.target, line) for line in lines]
    new = [line for name, line in changed.items() if name not in {one.target for one in lines}]
    return tuple(line for line in [*found, *new] if line is not None)


def report_of(depots: Depots, logic: Logic, **more: Any) -> Report:
    with tenant_scope(depots.tenant):
        return verify(Flow.objects.get(pk=depots.flow.pk), logic, **more)


def at(attributes: list[Attribute], path: str) -> Attribute:
    (found,) = [one for one in attributes if one.path == path]
    return found


def test_it_says_what_is_filled_and_empty(depots: Depots) -> None:
    lay_in(depots, depots.ticket("D-1", their_ref="R-1"), depots.ticket("D-2"))
    found = report_of(depots, Logic())
    assert (found.samples, found.is_own, list(found.stops)) == (2, True, [])
    assert found.outcomes == {"sent": 2}
    assert at(found.standard, "reference").counts == {"filled": 1, "empty": 1}
    assert at(found.standard, "lines[].sku").counts == {"filled": 2}
    assert at(found.body, "number").counts == {"filled": 2}
    (example,) = [one for one in at(found.standard, "reference").examples if one.value]
    assert (example.sample, example.source, example.value) == ("id-D-1", "R-1", "R-1")


def test_it_finds_wrong_types_and_values_that_are_not_allowed(depots: Depots) -> None:
    lay_in(depots, depots.ticket("D-1", state="lost"), depots.ticket("D-2", total="much"))
    logic = Logic(
        reader=reading(note=Line("note", "lines")),
        writer=writing(total=Line("total", "total", (ToNumber(),))),
    )
    found = report_of(depots, logic)
    assert at(found.standard, "status").counts == {"filled": 1, "not_allowed": 1}
    assert at(found.standard, "total").counts == {"filled": 1, "wrong_type": 1}
    assert at(found.standard, "note").counts == {"wrong_type": 2}
    assert "is not a number" in at(found.standard, "total").examples[0].why  # the newest first
    assert found.outcomes == {"failed": 2}
    only = report_of(depots, Logic(writer=logic.writer))
    assert only.outcomes == {"failed": 2}
    lay_in(depots, depots.ticket("D-3"), at=YESTERDAY + timedelta(hours=1))
    typed = at(report_of(depots, Logic(writer=logic.writer)).body, "total")
    assert typed.counts == {"wrong_type": 1}
    assert "own mapping gives text" in typed.examples[0].why


def test_it_finds_what_a_table_refuses_and_what_waits_for_a_row(depots: Depots) -> None:
    lay_in(depots, depots.ticket("D-1"))
    logic = Logic(
        reader=reading(currency=Line("currency", "number", (Choose({"D-2": "USD"}),))),
        writer=writing(),
    )
    assert at(report_of(depots, logic).standard, "currency").counts == {"not_allowed": 1}
    rows = Logic(writer=writing(number=Line("number", "number", (Lookup("numbers"),))))
    found = report_of(depots, rows)
    assert at(found.body, "number").counts == {"waits": 1}
    assert found.outcomes == {"waits": 1}


def test_it_finds_lost_precision(depots: Depots) -> None:
    exact = "12345678901234567.89"
    lines = [{"no": 1, "sku": "EKM-MUG", "qty": 1, "price": exact}]
    lay_in(depots, depots.ticket("D-1000", total=exact, lines=lines))
    logic = Logic(
        reader=reading(),
        writer=writing(
            number=Line("number", "number", (Fit(3),)),
            total=Line("total", "total", (ToDecimal(), ToNumber(), ToText())),
        ),
    )
    found = report_of(depots, logic)
    assert at(found.body, "number").counts == {"lost": 1}
    assert at(found.body, "number").examples[0].why == "6 characters were cut to 3"
    assert at(found.body, "total").counts == {"lost": 1}


def test_it_takes_the_connectors_sample_where_nothing_came(depots: Depots) -> None:
    found = report_of(depots, Logic())
    assert (found.samples, found.is_own, list(found.stops)) == (1, False, [])
    bare = report_of(depots, Logic(reader=reading(total=None)))
    assert list(bare.stops.values()) == [
        "«total» is required, and no line of the reader fills it: add one."
    ]


def test_it_counts_what_rules_hold(depots: Depots) -> None:
    lay_in(depots, large(depots, "D-1"), depots.ticket("D-2"))
    found = report_of(depots, Logic(rules=(rule(Hold("Large.")),)))
    assert found.outcomes == {"held": 1, "sent": 1}


def test_it_blanks_what_is_a_persons(depots: Depots) -> None:
    lay_in(depots, depots.ticket("D-1"))
    logic = Logic(reader=reading(email=Line("email", "number")))
    told = at(report_of(depots, logic).standard, "email").examples
    blanked = at(report_of(depots, logic, with_values=False).standard, "email").examples
    assert [one.value for one in told] == ["D-1"]
    assert [(one.value, one.source) for one in blanked] == [(None, None)]


def test_a_flow_does_not_go_on_without_what_is_required(depots: Depots) -> None:
    lay_in(depots, depots.ticket("D-1"), depots.ticket("D-2"))
    with tenant_scope(depots.tenant):
        switch_off(depots.flow)
    go_by(depots, Logic(reader=reading(total=Line("total", "sum", (ToDecimal(),)))))
    with tenant_scope(depots.tenant):
        flow = Flow.objects.get(pk=depots.flow.pk)
        with pytest.raises(IllegalMove, match=r"«total» is required.*«sum» is empty in each"):
            switch_on(flow)
        assert not Flow.objects.get(pk=flow.pk).is_on
    body = writing(ours=Line("ours", "note", required=True))
    go_by(depots, Logic(writer=body))
    with tenant_scope(depots.tenant):
        flow = Flow.objects.get(pk=depots.flow.pk)
        with pytest.raises(IllegalMove, match="«ours» is required, and the writer"):
            switch_on(flow)
    go_by(depots, Logic(writer=writing()))
    with tenant_scope(depots.tenant):
        flow = Flow.objects.get(pk=depots.flow.pk)
        switch_on(flow)
        assert flow.is_on


def test_what_one_record_lacks_stops_nothing(depots: Depots) -> None:
    lay_in(depots, depots.ticket("D-1"), depots.ticket("D-2", total=None))
    found = report_of(depots, Logic())
    assert at(found.standard, "total").counts == {"filled": 1, "empty": 1}
    assert not found.stops


def test_it_is_soon_done(depots: Depots) -> None:
    lay_in(depots, *(depots.ticket(f"D-{number}") for number in range(200)))
    started = time.monotonic()
    assert report_of(depots, Logic(writer=writing())).samples == 200
    assert time.monotonic() - started < 5
