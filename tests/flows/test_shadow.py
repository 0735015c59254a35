"""Shadow runs: a draft over the events of a past window, with nothing written."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.utils import timezone

from connectors.lines import Line, Mapping
from connectors.steps import LinkTo, Lookup, ToWhole, Upper
from ekyam.audit.models import AuditEntry
from ekyam.tenants.scope import tenant_scope
from flows.mapping.logic import Logic
from flows.models import Delivery, Event, Flow, Link, Record, ShadowRun
from flows.models.event import EventState, Origin
from flows.operations.shadow import start as start_module
from flows.operations.shadow import work
from flows.operations.shadow.sides import sides_of
from flows.operations.shadow.start import start_shadow, stop_shadow
from flows.operations.shadow.work import run_shadow
from flows.operations.versions import discard_draft, find_edition, save_draft
from flows.queries.shadow import get_difference, get_shadow_run, list_differences, list_shadow_runs
from flows.rules.rule import Compare, Hold, Reject, Route, Split
from flows.states import IllegalMove
from tests.catalog.depot.connector import ORDER, TICKET
from tests.depots import Depots
from tests.flows.ruled import go_by, rule, second_flow

BEGAN = datetime(2026, 1, 1, tzinfo=UTC)
DRAW = {"since": BEGAN, "until": BEGAN + timedelta(days=30)}


def writing(**changed: Line) -> Logic:
    """The depot's own writer with other lines."""
    return Logic(
        writer=Mapping(tuple(changed.get(line.target, line) for line in TICKET.lines)),
    )


LOUD = writing(number=Line("number", "number", (Upper(),)))


def lay_in(depots: Depots, *bodies: Any, at: datetime = BEGAN) -> list[Event]:
    """As received long ago, a second apart."""
    with tenant_scope(depots.tenant):
        return [
            Event.objects.create(
                tenant=depots.tenant,
                connection=depots.here,
                origin=Origin.WEBHOOK,
                topic="ticket",
                delivery_key=f"{at.isoformat()}-{place}",
                body=body if isinstance(body, bytes) else json.dumps(body).encode(),
                received_at=at + timedelta(seconds=place),
                state=EventState.ROUTED,
            )
            for place, body in enumerate(bodies)
        ]


def begin(depots: Depots, logic: Logic, flow: Flow | None = None, **window: Any) -> ShadowRun:
    with tenant_scope(depots.tenant):
        one = Flow.objects.get(pk=(flow or depots.flow).pk)
        save_draft(one, logic, edition=find_edition(one))
        return start_shadow(one, **(window or DRAW))


def finished(depots: Depots, logic: Logic, flow: Flow | None = None, **window: Any) -> ShadowRun:
    run = begin(depots, logic, flow, **window)
    run_shadow(tenant_id=depots.tenant.pk, run_id=run.pk)
    return look(depots, run)


def look(depots: Depots, run: ShadowRun) -> ShadowRun:
    with tenant_scope(depots.tenant):
        return ShadowRun.objects.get(pk=run.pk)


def words(depots: Depots, run: ShadowRun) -> str:
    with tenant_scope(depots.tenant):
        return get_shadow_run(run.public_id).words


@pytest.fixture
def short_parts(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(start_module, "PART", 4)
    monkeypatch.setattr(work, "PAGE", 3)
    yield


def test_it_says_what_a_draft_would_have_done(depots: Depots) -> None:
    lay_in(
        depots,
        depots.ticket("D-1"),
        depots.ticket("d-2"),
        depots.ticket("d-3"),
        depots.ticket("D-4", state="void"),  # not of the stream
    )
    run = finished(depots, LOUD)
    assert (run.state, run.total, run.events) == ("done", 4, 4)
    assert words(depots, run) == "3 tickets: 1 identical, 2 change number"
    with tenant_scope(depots.tenant):
        found = list_differences(run.public_id, kind="changed", attributes="number").rows
        assert [one.external_id for one in found] == ["id-d-2", "id-d-3"]
        one = get_difference(found[0].id)
        assert [(c.path, c.old, c.new) for c in one.changes] == [("number", "d-2", "D-2")]
        assert AuditEntry.objects.filter(action="shadow_run.started").count() == 1


def test_it_writes_nothing(depots: Depots) -> None:
    lay_in(depots, depots.ticket("d-1"))
    finished(depots, LOUD)
    with tenant_scope(depots.tenant):
        assert not Delivery.objects.exists()
        assert not Record.objects.exists()
        assert not Link.objects.exists()
    assert depots.there_now() == []


def test_it_names_what_would_now_fail(depots: Depots) -> None:
    lay_in(depots, depots.ticket("7"), depots.ticket("D-2"))
    run = finished(depots, writing(number=Line("number", "number", (ToWhole(),))))
    assert run.counts == {"changed": 1, "now_failed": 1}
    assert words(depots, run) == "2 tickets: 1 changes number, 1 would now fail"
    with tenant_scope(depots.tenant):
        (one,) = list_differences(run.public_id, kind="now_failed").rows
    assert one.after["line"] == "number"
    assert (one.after["step"], one.after["value"]) == (1, "D-2")
    assert "not a" in one.after["why"]


def test_it_tells_what_fails_as_before_from_what_is_identical(depots: Depots) -> None:
    lay_in(depots, depots.ticket("D-1", total="nothing"), depots.ticket("D-2"))
    run = finished(depots, LOUD)
    assert words(depots, run) == "2 tickets: 1 identical, 1 fails as before"


def test_it_compares_rules(depots: Depots) -> None:
    go_by(depots, Logic(rules=(rule(Hold("Large."), when=Compare("number", "is", "D-3")),)))
    lay_in(depots, *(depots.ticket(f"D-{number}") for number in range(1, 5)))
    rules = (
        rule(Hold("Look."), name="A", when=Compare("number", "is", "D-1")),
        rule(Reject("No."), name="B", when=Compare("number", "is", "D-2")),
    )
    run = finished(depots, Logic(rules=rules))
    assert run.counts == {"identical": 1, "now_sent": 1, "now_held": 1, "now_rejected": 1}
    with tenant_scope(depots.tenant):
        (one,) = list_differences(run.public_id, kind="now_rejected").rows
    assert (one.after["rule"], one.after["why"]) == ("B", "No.")


def test_it_follows_what_rules_send_to_a_flow(depots: Depots) -> None:
    """A flow that is fed is compared over what its feeder sends it."""
    second = second_flow(depots)
    large = Compare("number", "is", "d-1")
    part = Compare("sku", "is", "EKM-CAP")
    to_second = (
        rule(Route("Second"), name="Whole", when=large),
        rule(Split(part, "Second"), name="Part", when=Compare("number", "is", "d-2")),
    )
    go_by(depots, Logic(rules=to_second))
    lines = [
        {"no": 1, "sku": "EKM-MUG", "qty": 1, "price": "5.00"},
        {"no": 2, "sku": "EKM-CAP", "qty": 1, "price": "5.00"},
    ]
    lay_in(
        depots,
        depots.ticket("d-1"),
        depots.ticket("d-2", lines=lines),
        depots.ticket("d-3"),
    )
    run = finished(depots, LOUD, second)
    assert run.counts == {"changed": 2}


def test_it_looks_links_and_rows_up_and_waits_for_none(depots: Depots) -> None:
    with tenant_scope(depots.tenant):
        record = Record.objects.create(
            tenant=depots.tenant, resource="product", reference="EKM-MUG"
        )
        Link.objects.create(
            tenant=depots.tenant,
            record=record,
            connection=depots.there,
            resource="product",
            external_id="77",
        )
    lay_in(
        depots,
        depots.ticket("D-1"),
        depots.ticket("D-2", lines=[{"no": 1, "sku": "EKM-CAP", "qty": 2, "price": "5.00"}]),
    )
    linked = Line(
        "lines",
        "lines",
        each=(Line("sku", "sku", (LinkTo("product", "reference"),)), Line("qty", "quantity")),
    )
    run = finished(depots, writing(lines=linked))
    assert run.counts == {"changed": 1, "now_waits": 1}
    with tenant_scope(depots.tenant):
        (one,) = list_differences(run.public_id, kind="changed").rows
        assert ("lines[0].sku", "EKM-MUG", "77") in [(c.path, c.old, c.new) for c in one.changes]
    rows = writing(number=Line("number", "number", (Lookup("numbers"),)))
    assert finished(depots, rows).counts == {"now_waits": 2}


def test_it_counts_what_cannot_be_decoded(depots: Depots) -> None:
    lay_in(depots, b"{", depots.ticket("D-2"), b'"\\u0000"', [1], depots.ticket("D-3", total=[]))
    run = finished(depots, LOUD)
    assert run.state == "done"
    assert run.counts == {"identical": 1, "unreadable": 2, "still_failed": 2}
    assert "2 cannot be read at all" in words(depots, run)


def test_it_ends_at_once_in_a_window_without_events(depots: Depots) -> None:
    lay_in(depots, depots.ticket("d-1"), at=BEGAN - timedelta(days=1))
    run = finished(depots, LOUD)
    assert (run.state, run.total, run.counts) == ("done", 0, {})
    assert words(depots, run) == "No tickets came in this window."


def test_its_window_begins_with_its_first_moment_and_ends_before_its_last(depots: Depots) -> None:
    lay_in(depots, *(depots.ticket(f"d-{number}") for number in range(3)))
    window: dict[str, Any] = {"since": BEGAN, "until": BEGAN + timedelta(seconds=2)}
    assert finished(depots, LOUD, **window).counts == {"changed": 2}


def test_it_refuses_what_it_cannot_run(depots: Depots) -> None:
    with tenant_scope(depots.tenant):
        with pytest.raises(IllegalMove, match="no draft"):
            start_shadow(depots.flow, **DRAW)
        save_draft(depots.flow, LOUD, edition=0)
        with pytest.raises(IllegalMove, match="window is empty"):
            start_shadow(depots.flow, since=timezone.now() + timedelta(days=1))
    lay_in(depots, depots.ticket("d-1"))
    begin(depots, LOUD)
    with tenant_scope(depots.tenant), pytest.raises(IllegalMove, match="under way"):
        start_shadow(depots.flow, **DRAW)


def test_two_runs_at_once_do_not_meet(depots: Depots, short_parts: None) -> None:
    second = second_flow(depots)
    lay_in(depots, *(depots.ticket(f"d-{number}") for number in range(9)))
    one, other = begin(depots, LOUD), begin(depots, LOUD, second)
    for run in (other, one):
        run_shadow(tenant_id=depots.tenant.pk, run_id=run.pk)
    assert [look(depots, run).counts for run in (one, other)] == [{"changed": 9}] * 2


def test_it_goes_on_where_a_page_was_kept(depots: Depots, short_parts: None) -> None:
    lay_in(depots, *(depots.ticket(f"d-{number}") for number in range(11)))
    run = begin(depots, LOUD)
    with tenant_scope(depots.tenant):
        begun = work._begin(run.pk)
        assert begun is not None
        sides = sides_of(begun, timezone.now())
        assert begun.parts.count() == 3
    with tenant_scope(depots.tenant):
        assert work._work_page(begun, sides)
    assert look(depots, run).events == 3
    with pytest.raises(KeyboardInterrupt), tenant_scope(depots.tenant):
        assert work._work_page(begun, sides)  # of the same part, and lost with its worker
        raise KeyboardInterrupt
    assert look(depots, run).events == 3
    run_shadow(tenant_id=depots.tenant.pk, run_id=run.pk)
    found = look(depots, run)
    assert (found.state, found.events, found.counts) == ("done", 11, {"changed": 11})
    with tenant_scope(depots.tenant):
        shown = list_differences(run.public_id).rows
    assert sorted(one.external_id for one in shown) == sorted(f"id-d-{n}" for n in range(11))


def test_it_is_stopped(depots: Depots, short_parts: None) -> None:
    lay_in(depots, *(depots.ticket(f"d-{number}") for number in range(5)))
    run = begin(depots, LOUD)
    with tenant_scope(depots.tenant):
        begun = work._begin(run.pk)
        assert begun is not None
        sides = sides_of(begun, timezone.now())
        assert work._work_page(begun, sides)
        stop_shadow(run)
    with tenant_scope(depots.tenant):
        assert not work._work_page(begun, sides)
        with pytest.raises(IllegalMove, match="It is «Stopped» already"):
            stop_shadow(run)
    run_shadow(tenant_id=depots.tenant.pk, run_id=run.pk)
    found = look(depots, run)
    assert (found.state, found.events) == ("stopped", 3)
    assert words(depots, run) == "3 tickets: 3 change number, until it stopped"


def test_it_outlives_its_draft(depots: Depots) -> None:
    lay_in(depots, depots.ticket("d-1"))
    run = begin(depots, LOUD)
    with tenant_scope(depots.tenant):
        discard_draft(depots.flow)
    run_shadow(tenant_id=depots.tenant.pk, run_id=run.pk)
    assert look(depots, run).counts == {"changed": 1}
    with tenant_scope(depots.tenant):
        (row,) = list_shadow_runs(depots.flow)
    assert row.number is None


def test_it_keeps_so_many_differences_and_counts_the_rest(
    depots: Depots, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(work, "MOST_KEPT_CHANGED", 2)
    lay_in(depots, *(depots.ticket(f"d-{number}") for number in range(5)))
    run = finished(depots, LOUD)
    assert run.counts == {"changed": 5}
    with tenant_scope(depots.tenant):
        assert len(list_differences(run.public_id).rows) == 2


def test_it_blanks_what_is_a_persons(depots: Depots) -> None:
    lay_in(depots, depots.ticket("d-1"))
    named = Logic(
        reader=Mapping((*ORDER.lines, Line("email", "mail"))),
        writer=Mapping((*TICKET.lines, Line("email", "number"))),
    )
    run = finished(depots, named)
    with tenant_scope(depots.tenant):
        (one,) = list_differences(run.public_id, with_values=False).rows
        (told,) = list_differences(run.public_id).rows
    assert [change.new for change in told.changes] == ["d-1"]
    assert [change.new for change in one.changes] == [""]


def test_it_shares_nothing_with_another_company(depots: Depots) -> None:
    from ekyam.tenants.models import Tenant

    lay_in(depots, depots.ticket("d-1"))
    run = finished(depots, LOUD)
    other = Tenant.objects.create(name="Marigold", slug="marigold")
    with tenant_scope(other), pytest.raises(ShadowRun.DoesNotExist):
        get_shadow_run(run.public_id)
