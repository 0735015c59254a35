"""What rules make of records on their way: held, rejected, sent elsewhere, changed, told."""

import time
from typing import Any

import pytest
from django.core import mail
from django.test import Client

from connectors.lines import Line, Mapping
from ekyam.audit.models import AuditEntry
from ekyam.tenants.models import Membership, User
from ekyam.tenants.scope import tenant_scope
from flows.mapping.logic import Logic
from flows.models import Fact, Flow, Record
from flows.operations.configure import switch_off
from flows.operations.hold import reject, reject_many, release, release_many
from flows.operations.replay import cancel_delivery, edit_delivery, replay_delivery, retry_delivery
from flows.operations.versions import roll_back
from flows.queries.held import count_held, list_held, list_held_groups, list_held_ids
from flows.queries.journey import get_journey
from flows.rules.rule import Cel, Compare, Hold, Notify, Reject, Route, Set, Split, Tag
from flows.states import IllegalMove
from tests.depots import Depots
from tests.flows.ruled import go_by, large, of, rule, second_flow, states, with_rules

CAPS = Compare("sku", "is", "EKM-CAP")


def mixed(depots: Depots, number: str = "D-1", **changes: Any) -> dict[str, Any]:
    lines = [
        {"no": 1, "sku": "EKM-MUG", "qty": 2, "price": "5.00"},
        {"no": 2, "sku": "EKM-CAP", "qty": 1, "price": "7.00"},
    ]
    return depots.ticket(number, **{"total": "17.00", "lines": lines, **changes})


def test_it_holds_a_record_until_a_person_releases_it(depots: Depots, client: Client) -> None:
    with_rules(depots, rule(Hold("Large orders are looked at.")))
    depots.post(client, large(depots))
    depots.post(client, depots.ticket("D-2"))
    depots.work()
    held, other = of(depots)
    assert (held.state, held.waits_for, held.failure) == ("parked", "release:Large", "held")
    assert held.reason == "Large orders are looked at."
    assert other.state == "succeeded"
    with tenant_scope(depots.tenant):
        assert count_held() == 1
        (group,) = list_held_groups()
        assert (group.rule, group.count) == ("Large", 1)
        (row,) = list_held().rows
        assert (row.label, row.rule) == ("D-1", "Large")
        release(held)
    depots.work()
    released = of(depots)[0]
    assert (released.state, released.reason) == ("succeeded", "")
    assert "Held by the rule «Large»" in released.why
    assert {row["label"] for row in depots.there_now()} == {"D-1", "D-2"}
    with tenant_scope(depots.tenant), pytest.raises(IllegalMove):
        release(held)


def test_it_is_judged_no_more_when_it_was_released(depots: Depots, client: Client) -> None:
    with_rules(depots, rule(Hold("Look.")))
    depots.post(client, large(depots), **{"X-Depot-Delivery": "1"})
    depots.work()
    with tenant_scope(depots.tenant):
        release(of(depots)[0])
    depots.work()
    depots.post(client, large(depots), **{"X-Depot-Delivery": "2"})  # the same fact again
    depots.work()
    assert depots.states() == ["succeeded"]


def test_a_release_stays_while_what_the_rule_looks_at_stays(depots: Depots, client: Client) -> None:
    with_rules(depots, rule(Hold("Look."), Notify("A large one.")))
    depots.post(client, large(depots))
    depots.work()
    with tenant_scope(depots.tenant):
        release(of(depots)[0])
    depots.work()
    depots.post(client, large(depots, changed="2026-01-05T11:00:00Z"))
    depots.work()
    assert [one.waits_for for one in of(depots)] == ["", ""]
    assert "Large" not in of(depots)[1].why
    lines = [{"no": 1, "sku": "EKM-MUG", "qty": 2, "price": "300.50"}]
    dearer = large(depots, changed="2026-01-05T12:00:00Z", total="601.00", lines=lines)
    depots.post(client, dearer)
    depots.work()
    assert [one.waits_for for one in of(depots)] == ["", "", "release:Large"]


def test_a_newer_one_takes_the_place_of_the_held_one_and_is_judged(
    depots: Depots, client: Client
) -> None:
    with_rules(depots, rule(Hold("Look.")))
    depots.post(client, large(depots))
    depots.work()
    depots.post(client, large(depots, changed="2026-01-05T11:00:00Z"))
    depots.work()
    assert depots.states() == ["superseded", "parked"]
    depots.post(client, depots.ticket(changed="2026-01-05T12:00:00Z"))
    depots.work()
    assert depots.states() == ["superseded", "superseded", "succeeded"]
    assert depots.there_now()[0]["total"] == "10.00"


def test_what_is_held_is_newer_than_what_waits(depots: Depots, client: Client) -> None:
    with_rules(depots, rule(Hold("Look.")))
    depots.post(client, depots.ticket())
    depots.route()
    depots.post(client, large(depots, changed="2026-01-05T11:00:00Z"))
    depots.work()
    assert depots.states() == ["superseded", "parked"]
    depots.post(client, depots.ticket(changed="2026-01-05T10:30:00Z"))  # late
    depots.work()
    assert depots.states() == ["superseded", "parked", "superseded"]
    assert depots.there_now() == []


def test_a_person_rejects_what_is_held(depots: Depots, client: Client) -> None:
    with_rules(depots, rule(Hold("Look.")))
    depots.post(client, large(depots))
    depots.work()
    with tenant_scope(depots.tenant):
        reject(of(depots)[0], "A test of ours.")
        assert AuditEntry.objects.filter(action="delivery.rejected").count() == 1
    (delivery,) = of(depots)
    assert delivery.state == "cancelled"
    assert delivery.note == "Rejected by Ekyam: A test of ours."
    depots.work()
    assert depots.there_now() == []


def test_many_are_released_or_rejected(depots: Depots, client: Client) -> None:
    with_rules(depots, rule(Hold("Look.")))
    for number in range(4):
        depots.post(client, large(depots, f"D-{number}"))
    depots.work()
    with tenant_scope(depots.tenant):
        ids = list_held_ids(rule="Large", flow=depots.flow.pk, limit=2)
        assert release_many(ids) == 2
        assert release_many(ids) == 0
        assert reject_many(list_held_ids(limit=100), "No.") == 2
    depots.work()
    assert sorted(depots.states()) == ["cancelled", "cancelled", "succeeded", "succeeded"]


def test_a_retry_does_not_release_and_an_edit_stays_held(depots: Depots, client: Client) -> None:
    with_rules(depots, rule(Hold("Look.")))
    depots.post(client, large(depots))
    depots.work()
    (held,) = of(depots)
    with tenant_scope(depots.tenant):
        with pytest.raises(IllegalMove, match="Large"):
            retry_delivery(held)
        edit_delivery(held, {**held.standard, "note": "Seen."})
    (edited,) = of(depots)
    assert (edited.state, edited.standard["note"]) == ("parked", "Seen.")
    with tenant_scope(depots.tenant):
        roll_back(depots.flow, 0)
        replay_delivery(edited, version="newest")
    depots.work()
    assert depots.states() == ["superseded", "succeeded"]


def test_it_rejects_with_the_reason(depots: Depots, client: Client) -> None:
    with_rules(depots, rule(Reject("We do not sell so much.")))
    depots.post(client, large(depots))
    depots.work()
    (delivery,) = of(depots)
    assert delivery.state == "cancelled"
    assert delivery.note == "Rejected by the rule «Large»: We do not sell so much."
    with tenant_scope(depots.tenant):
        assert not Fact.objects.filter(kind="delivery.dead").exists()


def test_it_sets_and_tags_before_it_writes(depots: Depots, client: Client) -> None:
    with_rules(depots, rule(Set("note", "Large."), Tag("large")))
    depots.post(client, large(depots))
    depots.work()
    (delivery,) = of(depots)
    assert (delivery.state, delivery.standard["note"]) == ("succeeded", "Large.")
    assert delivery.standard["tags"] == ["large"]
    assert "Large" in delivery.why


def test_it_routes_another_way_and_not_this_one(depots: Depots, client: Client) -> None:
    second_flow(depots)
    with_rules(depots, rule(Route("Second")))
    depots.post(client, large(depots))
    depots.post(client, depots.ticket("D-2"))
    depots.work()
    assert states(depots) == [("Second", "succeeded"), ("Tickets", "succeeded")]
    depots.post(client, large(depots), **{"X-Depot-Delivery": "again"})
    depots.work()
    assert len(of(depots)) == 2
    routed = of(depots)[0]
    assert (routed.external_id, routed.version) == ("id-D-1", None)


def test_a_newer_one_supersedes_wherever_rules_have_sent_the_older(
    depots: Depots, client: Client
) -> None:
    second_flow(depots)
    with_rules(depots, rule(Route("Second")))
    depots.post(client, large(depots))
    depots.route()
    depots.post(client, depots.ticket(changed="2026-01-05T11:00:00Z"))
    depots.route()
    assert states(depots) == [("Second", "superseded"), ("Tickets", "pending")]
    depots.post(client, large(depots, changed="2026-01-05T10:30:00Z"))  # late
    depots.work()
    assert states(depots)[2] == ("Second", "superseded")
    assert [row["total"] for row in depots.there_now()] == ["10.00"]


def test_what_is_fed_stays_fed_while_its_feeder_is_off(depots: Depots, client: Client) -> None:
    second_flow(depots)
    with_rules(depots, rule(Route("Second")))
    with tenant_scope(depots.tenant):
        switch_off(Flow.objects.get(pk=depots.flow.pk))
    depots.post(client, depots.ticket())
    depots.work()
    assert of(depots) == []


def test_it_splits_by_lines_once(depots: Depots, client: Client) -> None:
    second_flow(depots)
    with_rules(depots, rule(Split(CAPS, "Second"), when=Compare("total", "above", 0)))
    for number in range(2):
        depots.post(client, mixed(depots), **{"X-Depot-Delivery": str(number)})
    depots.work()
    stays, part = of(depots)
    assert (stays.external_id, part.external_id) == ("id-D-1", "id-D-1~second")
    assert [stays.state, part.state] == ["succeeded", "succeeded"]
    assert (stays.standard["total"], part.standard["total"]) == ("10.00", "7.00")
    assert part.root_id == stays.record_id
    assert part.record is not None
    assert (part.record.parent_id, part.record.reference) == (
        stays.record_id,
        "here-id-D-1~second",
    )
    assert sorted(row["total"] for row in depots.there_now()) == ["10.00", "7.00"]
    with tenant_scope(depots.tenant):
        assert stays.record is not None
        order = Record.objects.get(pk=stays.record.pk)
        journey = get_journey(order.public_id, now=stays.created_at)
        assert Fact.objects.filter(kind="order.received").count() == 1
    assert len([hop for chapter in journey.chapters for hop in chapter.hops if hop.why]) == 2


def test_parts_that_wait_give_way_to_a_newer_whole(depots: Depots, client: Client) -> None:
    second_flow(depots)
    with_rules(depots, rule(Split(CAPS, "Second"), when=Compare("total", "above", 0)))
    depots.post(client, mixed(depots))
    depots.route()
    depots.post(client, depots.ticket(changed="2026-01-05T11:00:00Z"))
    depots.work()
    assert [state for _, state in states(depots)] == ["superseded", "superseded", "succeeded"]


def test_a_replayed_part_is_made_of_its_whole_again(depots: Depots, client: Client) -> None:
    second_flow(depots)
    with_rules(depots, rule(Split(CAPS, "Second"), when=Compare("total", "above", 0)))
    depots.post(client, mixed(depots))
    depots.route()
    with tenant_scope(depots.tenant):
        part = of(depots)[1]
        cancel_delivery(part, note="Not now.")
        replay_delivery(part, version="newest")
    depots.work()
    assert [state for _, state in states(depots)] == [
        "superseded",
        "superseded",
        "succeeded",
        "succeeded",
    ]


def test_what_cannot_be_judged_is_a_dead_letter(depots: Depots, client: Client) -> None:
    with_rules(depots, rule(Hold("x"), when=Cel("record.note > 5")))
    depots.post(client, depots.ticket())
    depots.work()
    (delivery,) = of(depots)
    assert (delivery.state, delivery.failure) == ("dead", "mapping_failed")
    assert "Large" in delivery.reason


def test_it_tells_people_once_of_a_record(depots: Depots, client: Client) -> None:
    with tenant_scope(depots.tenant):
        for role in ("owner", "operator", "viewer"):
            user = User.objects.create_user(f"{role}@juniper.example", "x")
            Membership.objects.create(tenant=depots.tenant, user=user, role=role)
    with_rules(depots, rule(Notify("Have a look.", role="operator")))
    for hour in (10, 11, 12):
        depots.post(client, large(depots, changed=f"2026-01-05T{hour}:00:00Z"))
        depots.work()
    deadline = time.monotonic() + 5
    while len(mail.outbox) < 2 and time.monotonic() < deadline:
        time.sleep(0.01)
    assert sorted(one.to[0] for one in mail.outbox) == [
        "operator@juniper.example",
        "owner@juniper.example",
    ]
    assert mail.outbox[0].subject == "Large: D-1"
    assert "Have a look." in mail.outbox[0].body
    with tenant_scope(depots.tenant):
        (fact,) = Fact.objects.filter(kind="rule.notified")
    assert (fact.data["rule"], fact.data["message"]) == ("Large", "Have a look.")


def test_its_flows_own_mapping_writes_what_was_routed(depots: Depots, client: Client) -> None:
    second = second_flow(depots)
    short = Mapping(
        (
            Line("number", "id"),
            Line("total", "total"),
            Line(
                "lines",
                "lines",
                each=(
                    Line("sku", "sku"),
                    Line("qty", "quantity"),
                ),
            ),
        )
    )
    version = go_by(depots, Logic(writer=short), second)
    with_rules(depots, rule(Route("Second")))
    depots.post(client, large(depots))
    depots.work()
    (delivery,) = of(depots)
    assert (delivery.state, delivery.version_id) == ("succeeded", version.pk)
    assert depots.there_now()[0]["label"] == "id-D-1"
