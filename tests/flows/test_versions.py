"""Drafts, publishing and going back, and what deliveries are read and written by."""

import msgspec
import pytest
from django.db import IntegrityError, connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from connectors.errors import MappingFailed
from connectors.lines import Line, Mapping
from connectors.steps import Lookup, Upper
from ekyam.audit.models import AuditEntry
from ekyam.tenants.scope import tenant_scope
from flows.mapping.logic import Logic
from flows.models import Flow, Version
from flows.operations.configure import switch_off, switch_on
from flows.operations.replay import replay_delivery
from flows.operations.replay_many import replay_many
from flows.operations.versions import (
    Conflict,
    discard_draft,
    publish,
    read_logic,
    roll_back,
    save_draft,
)
from flows.queries.versions import find_draft, find_published, list_versions
from flows.rules.rule import Compare, Hold, Route, Rule
from flows.states import IllegalMove
from tests.catalog.depot.connector import ORDER, TICKET
from tests.depots import Depots
from tests.flows.ruled import go_by, of, second_flow

LOUD = Logic(
    writer=Mapping(
        tuple(
            Line("number", "number", (Upper(),)) if line.target == "number" else line
            for line in TICKET.lines
        )
    )
)
RENAMED = Logic(
    reader=Mapping(
        tuple(Line("number", "id") if line.target == "number" else line for line in ORDER.lines)
    )
)


def test_it_saves_only_over_the_draft_that_was_read(depots: Depots) -> None:
    with tenant_scope(depots.tenant):
        first = save_draft(depots.flow, LOUD, edition=0, note="Louder.")
        assert (first.number, first.edition, first.state) == (1, 1, "draft")
        second = save_draft(depots.flow, RENAMED, edition=1)
        assert (second.pk, second.edition) == (first.pk, 2)
        for stale in (0, 1):
            with pytest.raises(Conflict, match="Somebody else"):
                save_draft(depots.flow, LOUD, edition=stale)
        found = find_draft(depots.flow)
        assert found is not None
        assert msgspec.convert(found.logic, Logic) == RENAMED
        with pytest.raises(Conflict):
            publish(depots.flow, edition=1)
        publish(depots.flow, edition=2)
        with pytest.raises(Conflict, match="published or discarded"):
            save_draft(depots.flow, LOUD, edition=2)


def test_it_publishes_one_and_retires_the_one_before(depots: Depots) -> None:
    go_by(depots, LOUD)
    go_by(depots, RENAMED)
    with tenant_scope(depots.tenant):
        found = [(one.number, one.state) for one in list_versions(depots.flow)]
        assert found == [(2, "published"), (1, "retired")]
        flow = Flow.objects.get(pk=depots.flow.pk)
        assert flow.version is not None
        assert flow.version.number == 2
        with pytest.raises(IllegalMove, match="no draft"):
            publish(flow)


def test_it_goes_back_to_an_earlier_one_by_a_new_number(depots: Depots) -> None:
    go_by(depots, LOUD)
    go_by(depots, RENAMED)
    with tenant_scope(depots.tenant):
        again = roll_back(depots.flow, 1)
        assert again is not None
        assert (again.number, again.state) == (3, "published")
        assert msgspec.convert(again.logic, Logic) == LOUD
        with pytest.raises(IllegalMove):
            roll_back(depots.flow, 3)
        with pytest.raises(Version.DoesNotExist):
            roll_back(depots.flow, 9)
        assert roll_back(depots.flow, 0) is None
        assert find_published(depots.flow) is None
        assert Flow.objects.get(pk=depots.flow.pk).version is None
        done = set(AuditEntry.objects.values_list("action", flat=True))
    assert {"flow_version.drafted", "flow_version.published", "flow_version.rolled_back"} <= done


def test_a_rule_from_before_does_not_stand_in_the_way_of_another_change(depots: Depots) -> None:
    """Its value would be refused today; whoever renames a line or goes back is not stopped."""
    old = Rule("Old", Compare("total", "is", "abc"), (Hold("x"),))
    new = Rule("New", Compare("total", "is", "abc"), (Hold("x"),))
    go_by(depots, Logic(rules=(Rule("Old", Compare("total", "is", 5), (Hold("x"),)),)))
    with tenant_scope(depots.tenant):
        Version.objects.update(logic=msgspec.to_builtins(Logic(rules=(old,))))
        with pytest.raises(MappingFailed, match="«New»: total: «is» asks for a number"):
            save_draft(depots.flow, Logic(rules=(old, new)), edition=0)
    go_by(depots, Logic(reader=RENAMED.reader, rules=(old,)))
    go_by(depots, Logic())
    with tenant_scope(depots.tenant):
        roll_back(depots.flow, 2)
        with pytest.raises(MappingFailed, match="total: «is» asks for a number"):
            save_draft(depots.flow, Logic(rules=(new,)), edition=0)


def test_it_keeps_a_draft_beside_a_rollback(depots: Depots) -> None:
    go_by(depots, LOUD)
    go_by(depots, RENAMED)
    with tenant_scope(depots.tenant):
        save_draft(depots.flow, Logic(), edition=0)
        roll_back(depots.flow, 1)
        discard_draft(depots.flow)
        found = [(one.number, one.state) for one in list_versions(depots.flow)]
    assert found == [(4, "published"), (2, "retired"), (1, "retired")]


def test_the_database_keeps_one_draft_and_one_published(depots: Depots) -> None:
    go_by(depots, LOUD)
    for state in ("draft", "published"):
        with tenant_scope(depots.tenant), pytest.raises(IntegrityError):
            for number in (7, 8):
                Version.objects.create(
                    tenant=depots.tenant, flow=depots.flow, number=number, state=state, logic={}
                )


@pytest.mark.parametrize(
    ("logic", "words"),
    [
        (Logic(reader=Mapping((Line("id", "a[["),))), "reader, line 1"),
        (Logic(rules=(Rule("A", Compare("totl", "above", 1), (Hold("x"),)),)), "totl"),
        (Logic(rules=(Rule("A", Compare("total", "above", 1), (Route("Nowhere"),)),)), "Nowhere"),
    ],
)
def test_it_refuses_what_cannot_be_gone_by(depots: Depots, logic: Logic, words: str) -> None:
    with tenant_scope(depots.tenant), pytest.raises(MappingFailed, match=words):
        save_draft(depots.flow, logic, edition=0)


def test_it_says_where_data_is_no_logic(depots: Depots) -> None:
    with tenant_scope(depots.tenant):
        with pytest.raises(MappingFailed, match="reader, line 1"):
            read_logic(depots.flow, {"reader": {"lines": [{"targt": "x"}]}})
        nul = {"rules": [{"name": "a\0", "when": {"kind": "all", "of": []}, "then": []}]}
        with pytest.raises(MappingFailed):
            read_logic(depots.flow, nul)


def test_a_flow_feeds_by_one_step_and_from_one_flow(depots: Depots) -> None:
    second_flow(depots)
    routed = Logic(rules=(Rule("A", Compare("total", "above", 1), (Route("Second"),)),))
    go_by(depots, routed)
    with tenant_scope(depots.tenant):
        second = Flow.objects.get(label="Second")
        assert second.feeder_id == depots.flow.pk
        back = Logic(rules=(Rule("A", Compare("total", "above", 1), (Route("Tickets"),)),))
        with pytest.raises(MappingFailed, match="not sent on again"):
            save_draft(second, back, edition=0)


def test_what_is_fed_no_more_reads_for_itself_when_it_is_switched_on_again(
    depots: Depots, client: Client
) -> None:
    second_flow(depots)
    go_by(depots, Logic(rules=(Rule("A", Compare("total", "above", 1), (Route("Second"),)),)))
    go_by(depots, Logic())
    depots.post(client, depots.ticket())
    depots.work()
    assert [one.flow and one.flow.label for one in of(depots)] == ["Tickets"]
    with tenant_scope(depots.tenant):
        switch_off(Flow.objects.get(label="Second"))
        switch_on(Flow.objects.get(label="Second"))
    depots.post(client, depots.ticket("D-2"))
    depots.work()
    assert [one.flow and one.flow.label for one in of(depots)].count("Second") == 1


def test_it_writes_by_the_version_that_made_the_delivery(depots: Depots, client: Client) -> None:
    go_by(depots, LOUD)
    depots.post(client, depots.ticket("d-1"))
    depots.work()
    assert depots.there_now()[0]["label"] == "D-1"
    (delivery,) = of(depots)
    assert delivery.version is not None
    assert delivery.version.number == 1


def test_it_reads_by_its_own_reader(depots: Depots, client: Client) -> None:
    go_by(depots, RENAMED)
    depots.post(client, depots.ticket())
    depots.work()
    assert depots.there_now()[0]["label"] == "id-D-1"


def test_what_waits_is_written_by_its_own_version_after_another_is_published(
    depots: Depots, client: Client
) -> None:
    go_by(depots, LOUD)
    depots.post(client, depots.ticket("d-1"))
    depots.route()
    with tenant_scope(depots.tenant):
        roll_back(depots.flow, 0)
    depots.post(client, depots.ticket("d-2"))
    depots.work()
    assert sorted(row["label"] for row in depots.there_now()) == ["D-1", "d-2"]


@pytest.mark.parametrize(("version", "label"), [("same", "D-1"), ("newest", "d-1")])
def test_a_replay_names_the_version(
    depots: Depots, client: Client, version: str, label: str
) -> None:
    go_by(depots, LOUD)
    depots.post(client, depots.ticket("d-1"))
    depots.work()
    with tenant_scope(depots.tenant):
        roll_back(depots.flow, 0)
        replay_delivery(of(depots)[0], version=version)  # type: ignore[arg-type]
    depots.work()
    assert [row["label"] for row in depots.there_now()] == [label]
    (delivery,) = of(depots)
    assert delivery.state == "succeeded"
    assert (delivery.version is None) == (version == "newest")


def test_a_replay_by_the_newest_reads_what_was_not_written_anew(
    depots: Depots, client: Client
) -> None:
    lookup = Mapping(
        tuple(
            Line("number", "number", (Lookup("numbers"),)) if line.target == "number" else line
            for line in TICKET.lines
        )
    )
    go_by(depots, Logic(writer=lookup))
    depots.post(client, depots.ticket())
    depots.work()
    assert depots.states() == ["parked"]
    go_by(depots, RENAMED)
    with tenant_scope(depots.tenant):
        assert replay_many([of(depots)[0].pk], version="newest") == 1
    depots.work()
    assert depots.states() == ["superseded", "succeeded"]
    assert depots.there_now()[0]["label"] == "id-D-1"


def test_without_a_version_it_asks_not_one_query_more(depots: Depots, client: Client) -> None:
    """And with one, once it is compiled, the flows that it feeds and nothing else."""
    counts = []
    for number, logic in enumerate((None, LOUD, None)):
        if logic is not None:
            go_by(depots, logic)
            depots.post(client, depots.ticket("D-warm"))
            depots.route()
        elif number:
            with tenant_scope(depots.tenant):
                roll_back(depots.flow, 0)
        depots.post(client, depots.ticket(f"D-{number}"))
        with CaptureQueriesContext(connection) as queries:
            depots.route()
        told = [one["sql"] for one in queries]
        counts.append(len(told))
        if logic is None:
            assert not [sql for sql in told if "flows_version" in sql or "flows_lookup" in sql]
    assert counts[0] == counts[2]
    assert counts[1] == counts[0] + 1
