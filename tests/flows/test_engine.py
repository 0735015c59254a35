"""The one path, from the webhook door to the target's ledger, step by step."""

import json
from typing import Any

import pytest
from django.test import Client

from connectors.models import Connection
from ekyam.tenants.scope import tenant_scope
from flows.models import Event, Fact, Flow, Record
from flows.operations import configure, replay
from flows.states import IllegalMove, State
from tests.depots import Depots


def events(depots: Depots) -> list[Event]:
    with tenant_scope(depots.tenant):
        return list(Event.objects.order_by("received_at"))


def test_it_delivers_a_ticket_once(depots: Depots, client: Client) -> None:
    assert depots.post(client, depots.ticket()).status_code == 200
    depots.work()
    (delivery,) = depots.deliveries()
    assert (delivery.state, delivery.result_id, delivery.attempts_made) == ("succeeded", "T1", 1)
    (row,) = depots.there_now()
    assert (row["label"], row["reference"], row["total"]) == ("D-1", "here-id-D-1", "10.00")


def test_it_keeps_what_was_said(depots: Depots, client: Client) -> None:
    depots.post(client, depots.ticket())
    depots.work()
    (attempt,) = depots.deliveries()[0].attempts.all()
    (exchange,) = attempt.exchanges
    assert json.loads(exchange["sent"])["number"] == "D-1"
    assert (exchange["method"], exchange["status"]) == ("PUT", 200)
    assert "no secret" not in json.dumps(attempt.exchanges)


def test_it_links_the_record_in_both_systems(depots: Depots, client: Client) -> None:
    depots.post(client, depots.ticket())
    depots.work()
    with tenant_scope(depots.tenant):
        record = Record.objects.get(resource="order")
        links = {link.connection_id: link.external_id for link in record.links.all()}
        kinds = set(Fact.objects.values_list("kind", flat=True))
    assert links == {depots.here.pk: "id-D-1", depots.there.pk: "T1"}
    assert kinds == {"order.received", "order.written"}


def test_it_takes_the_same_webhook_once(depots: Depots, client: Client) -> None:
    for _ in range(3):
        answer = depots.post(client, depots.ticket(), **{"X-Depot-Delivery": "7"})
        assert answer.status_code == 200
    depots.work()
    assert len(events(depots)) == 1
    assert depots.states() == ["succeeded"]


def test_it_delivers_a_fact_once_though_two_events_tell_it(depots: Depots, client: Client) -> None:
    depots.post(client, depots.ticket(), **{"X-Depot-Delivery": "1"})
    depots.post(client, depots.ticket(), **{"X-Depot-Delivery": "2"})
    depots.work()
    assert len(events(depots)) == 2
    assert depots.states() == ["succeeded"]


def test_it_sends_nothing_when_nothing_changed(depots: Depots, client: Client) -> None:
    depots.post(client, depots.ticket())
    depots.work()
    depots.post(client, depots.ticket(changed="2026-01-05T11:00:00Z"))
    depots.work()
    assert depots.states() == ["succeeded", "unchanged"]
    assert len(depots.there_now("history")) == 1


def test_it_lets_the_newer_one_supersede_what_is_not_sent(depots: Depots, client: Client) -> None:
    depots.post(
        client,
        depots.ticket(
            total="12.00",
            changed="2026-01-05T12:00:00Z",
            lines=[{"no": 1, "sku": "A", "qty": 2, "price": "6.00"}],
        ),
    )
    depots.post(client, depots.ticket())  # older, and late
    depots.work()
    assert depots.states() == ["succeeded", "superseded"]
    assert depots.there_now()[0]["total"] == "12.00"


@pytest.mark.parametrize("is_one_batch", [True, False])
def test_it_goes_by_the_time_of_telling_within_one_second(
    depots: Depots, client: Client, is_one_batch: bool
) -> None:
    lines = [{"no": 1, "sku": "A", "qty": 2, "price": "6.00"}]
    edited = depots.ticket(total="12.00", lines=lines)
    depots.post(client, edited, **{"X-Depot-Sent": "2026-01-05T10:00:00.700Z"})
    if not is_one_batch:
        depots.work()
    depots.post(client, depots.ticket(), **{"X-Depot-Sent": "2026-01-05T10:00:00.200Z"})  # late
    depots.work()
    assert depots.states() == ["succeeded", "superseded"]
    assert depots.there_now()[0]["total"] == "12.00"


def test_it_refuses_a_wrong_signature_and_stores_nothing(depots: Depots, client: Client) -> None:
    answer = depots.post(client, depots.ticket(), **{"X-Depot-Signature": "00"})
    assert answer.status_code == 401
    assert events(depots) == []


def test_it_makes_a_dead_letter_of_what_is_no_json(depots: Depots, client: Client) -> None:
    assert depots.post(client, b'{"id": 1, ').status_code == 200
    depots.work()
    (event,) = events(depots)
    (delivery,) = depots.deliveries()
    assert (event.state, bytes(event.body)) == ("failed", b'{"id": 1, ')
    assert (delivery.state, delivery.failure) == ("dead", "unreadable")
    assert "not JSON" in delivery.reason


def test_it_makes_a_dead_letter_of_what_no_system_keeps(depots: Depots, client: Client) -> None:
    depots.post(client, depots.ticket(note="a\0b"))
    depots.post(client, depots.ticket("D-2", note="a\\u0000b"))
    depots.work()
    assert sorted(depots.states()) == ["dead", "succeeded"]


def test_it_keeps_an_unknown_topic(depots: Depots, client: Client) -> None:
    assert depots.post(client, depots.ticket(), topic="weather").status_code == 200
    depots.work()
    (event,) = events(depots)
    assert event.state == "ignored"
    assert "weather" in event.note


@pytest.mark.parametrize("name", ["con_00000000000000000000000000", "con_x", "flw_1", "-"])
def test_it_says_that_there_is_no_such_connection(
    depots: Depots, client: Client, name: str
) -> None:
    answer = client.post(f"/hooks/{name}", b"{}", content_type="application/json")
    assert answer.status_code == 404


def test_it_takes_five_megabytes(depots: Depots, client: Client) -> None:
    ticket = depots.ticket(note="x" * 5_000_000)
    assert depots.post(client, ticket).status_code == 200
    depots.work()
    assert depots.states() == ["succeeded"]


def test_it_refuses_a_body_beyond_the_cap_and_says_so(depots: Depots, client: Client) -> None:
    answer = depots.post(client, b"x" * (17 * 1024 * 1024))
    assert answer.status_code == 413
    assert "too large" in answer.json()["message"]


def test_it_takes_another_content_type_if_the_signature_is_right(
    depots: Depots, client: Client
) -> None:
    assert depots.post(client, depots.ticket(), **{"Content-Type": "text/plain"}).status_code == 200
    depots.work()
    assert depots.states() == ["succeeded"]


def test_it_names_a_difference_of_money(depots: Depots, client: Client) -> None:
    depots.post(client, depots.ticket(total="10.01"))
    depots.work()
    (delivery,) = depots.deliveries()
    assert (delivery.state, delivery.failure) == ("dead", "money_mismatch")
    assert "0.01" in delivery.reason
    assert depots.there_now() == []


def test_it_keeps_the_vendors_words_of_a_refusal(depots: Depots, client: Client) -> None:
    lines = [{"no": 1, "sku": "NOPE", "qty": 2, "price": "5.00"}]
    depots.post(client, depots.ticket(lines=lines))
    depots.work()
    (delivery,) = depots.deliveries()
    assert (delivery.state, delivery.failure, delivery.blame) == ("dead", "rejected", "tenant")
    assert "No such SKU: NOPE." in delivery.reason


def test_it_heals_a_dead_letter_by_a_later_success(depots: Depots, client: Client) -> None:
    lines = [{"no": 1, "sku": "NOPE", "qty": 2, "price": "5.00"}]
    depots.post(client, depots.ticket(lines=lines))
    depots.work()
    depots.post(client, depots.ticket(changed="2026-01-05T12:00:00Z"))
    depots.work()
    assert depots.states() == ["superseded", "succeeded"]


def test_it_replays_a_dead_letter_after_an_edit(depots: Depots, client: Client) -> None:
    lines = [{"no": 1, "sku": "NOPE", "qty": 2, "price": "5.00"}]
    depots.post(client, depots.ticket(lines=lines))
    depots.work()
    (delivery,) = depots.deliveries()
    standard = delivery.standard
    standard["lines"][0]["sku"] = "EKM-MUG"
    with tenant_scope(depots.tenant):
        replay.edit_delivery(delivery, standard)
    depots.work()
    assert depots.states() == ["succeeded"]


def test_it_reads_a_dead_event_anew_when_it_is_replayed(depots: Depots, client: Client) -> None:
    depots.post(client, depots.ticket(total="10.01"))
    depots.work()
    (delivery,) = depots.deliveries()
    with tenant_scope(depots.tenant):
        replay.replay_delivery(delivery)
    depots.work()
    assert depots.states() == ["superseded", "dead"]


def test_it_does_not_let_go_of_a_dead_event_while_nothing_reads_it(
    depots: Depots, client: Client
) -> None:
    depots.post(client, depots.ticket(total="10.01"))
    depots.work()
    (delivery,) = depots.deliveries()
    with tenant_scope(depots.tenant):
        configure.switch_off(Flow.objects.get(deliveries=delivery))
        with pytest.raises(IllegalMove, match="switch it On first"):
            replay.replay_delivery(delivery)
    assert depots.states() == ["dead"]


@pytest.mark.parametrize("status", [500, 502, 503, 408])
def test_it_tries_again_later(depots: Depots, client: Client, status: int) -> None:
    depots.tell("break", kind="status", match="PUT", status=status)
    depots.post(client, depots.ticket())
    depots.work()
    assert depots.states() == ["in_doubt"]
    depots.make_due()
    depots.work()
    (delivery,) = depots.deliveries()
    assert (delivery.state, delivery.attempts_made) == ("succeeded", 2)


def test_it_does_not_count_a_rate_limit(depots: Depots, client: Client) -> None:
    limit = {"kind": "status", "match": "PUT", "status": 429, "headers": {"Retry-After": "0.2"}}
    depots.tell("break", **limit)
    depots.post(client, depots.ticket())
    depots.work()
    (delivery,) = depots.deliveries()
    assert (delivery.state, delivery.attempts_made) == ("pending", 0)
    with tenant_scope(depots.tenant):
        Connection.objects.update(throttled_until=None)
    depots.make_due()
    depots.work()
    assert depots.states() == ["succeeded"]


def test_it_gives_up_after_the_last_try(depots: Depots, client: Client, settings: Any) -> None:
    settings.EKYAM_RETRY_SCHEDULE = [1, 1]
    depots.tell("break", kind="status", match="PUT", status=503, times=-1)
    depots.post(client, depots.ticket())
    for _ in range(3):
        depots.make_due()
        depots.work()
    (delivery,) = depots.deliveries()
    assert (delivery.state, delivery.attempts_made) == ("dead", 3)


def test_it_asks_before_it_repeats_a_write_whose_answer_was_lost(
    posting: Depots, client: Client
) -> None:
    posting.tell("break", kind="cut_after", match="POST")
    posting.post(client, posting.ticket())
    posting.work()
    assert posting.states() == ["in_doubt"]
    posting.make_due()
    posting.work()
    assert posting.states() == ["succeeded"]
    assert [row["id"] for row in posting.there_now()] == ["T1"]


def test_it_repeats_a_write_that_never_arrived(posting: Depots, client: Client) -> None:
    posting.tell("break", kind="cut_before", match="POST")
    posting.post(client, posting.ticket())
    posting.work()
    posting.make_due()
    posting.work()
    assert posting.states() == ["succeeded"]
    assert len(posting.there_now()) == 1


def test_it_does_not_create_twice_when_replayed(posting: Depots, client: Client) -> None:
    posting.post(client, posting.ticket())
    posting.work()
    with tenant_scope(posting.tenant):
        replay.replay_delivery(posting.deliveries()[0])
    posting.work()
    assert posting.states() == ["succeeded"]
    assert len(posting.there_now()) == 1


def test_it_says_that_a_change_came_after_the_target_had_accepted(
    posting: Depots, client: Client
) -> None:
    posting.post(client, posting.ticket())
    posting.work()
    changed = [{"no": 1, "sku": "EKM-MUG", "qty": 1, "price": "10.00"}]
    posting.post(client, posting.ticket(lines=changed, changed="2026-01-05T12:00:00Z"))
    posting.work()
    assert posting.states() == ["succeeded", "dead"]
    assert posting.deliveries()[1].failure == "too_late"


def test_it_parks_everything_of_a_connection_that_was_refused(
    depots: Depots, client: Client
) -> None:
    depots.tell("break", kind="status", match="PUT", status=401)
    depots.post(client, depots.ticket("D-1"))
    depots.post(client, depots.ticket("D-2"))
    depots.work()
    depots.work()
    with tenant_scope(depots.tenant):
        assert Connection.objects.get(pk=depots.there.pk).state == "needs_reauthorization"
        assert Fact.objects.filter(kind="connection.down").count() == 1
    assert {"parked"} <= set(depots.states())
    assert all(delivery.attempts_made <= 1 for delivery in depots.deliveries())


def test_it_keeps_the_order_of_one_record(posting: Depots, client: Client) -> None:
    posting.tell("break", kind="cut_before", match="POST")
    posting.post(client, posting.ticket())
    posting.work()
    posting.post(client, posting.ticket(changed="2026-01-05T12:00:00Z"))
    posting.post(client, posting.ticket("D-2"))
    posting.work()
    assert posting.states() == ["in_doubt", "pending", "succeeded"]
    posting.make_due()
    posting.work()
    assert posting.states() == ["succeeded", "unchanged", "succeeded"]


def test_it_will_not_call_off_what_has_been_sent(depots: Depots, client: Client) -> None:
    depots.post(client, depots.ticket())
    depots.work()
    with tenant_scope(depots.tenant), pytest.raises(IllegalMove):
        replay.cancel_delivery(depots.deliveries()[0], note="no")
    assert depots.states() == [State.SUCCEEDED]
