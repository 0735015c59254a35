"""What a person holds is not sent, whatever comes of it, until somebody releases it."""

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from ekyam.tenants.scope import across_tenants, tenant_scope
from flows.models import Delivery, OrderHold, Record, SearchKey
from flows.operations import replay
from flows.operations.deliver import deliver_to
from flows.operations.hold_order import hold_order, release_order
from flows.operations.identify import join_records
from flows.operations.sweep import _to_deliver
from flows.queries.find_orders import find_matches
from flows.search import digest_of
from flows.states import IllegalMove
from tests.depots import Depots


def order_of(depots: Depots) -> Record:
    with tenant_scope(depots.tenant):
        return Record.objects.get(resource="order")


def deliver(depots: Depots) -> None:
    deliver_to(tenant_id=depots.tenant.pk, target_id=depots.there.pk)


def test_nothing_of_it_is_sent_until_it_is_released(depots: Depots, client: Client) -> None:
    depots.post(client, depots.ticket())
    depots.route()
    order = order_of(depots)
    with tenant_scope(depots.tenant):
        hold_order(order, "The customer asked for it")
    deliver(depots)
    depots.post(client, depots.ticket("D-2"))  # another order goes on
    depots.post(client, depots.ticket(changed="2026-02-05T12:00:00Z", total="10.00", note="x"))
    depots.work()
    assert [row["label"] for row in depots.there_now()] == ["D-2"]
    with tenant_scope(depots.tenant):
        release_order(order)
    deliver(depots)
    assert {row["label"] for row in depots.there_now()} == {"D-1", "D-2"}


def test_a_replay_of_it_waits_as_well_and_the_sweeper_lets_it_be(
    depots: Depots, client: Client
) -> None:
    depots.post(client, depots.ticket())
    depots.work()
    with tenant_scope(depots.tenant):
        hold_order(order_of(depots), "Wait")
        replay.replay_delivery(Delivery.objects.get())
    deliver(depots)
    assert depots.states() == ["pending"]
    with across_tenants("a test looks for what is due"):
        assert _to_deliver(timezone.now() + timedelta(minutes=1)) == set()


def test_one_hold_at_a_time_and_the_release_of_the_one_that_was_seen(
    depots: Depots, client: Client
) -> None:
    depots.post(client, depots.ticket())
    depots.route()
    order = order_of(depots)
    with tenant_scope(depots.tenant):
        first = hold_order(order, "One")
        with pytest.raises(IllegalMove, match="holds it already"):
            hold_order(order, "Two")
        release_order(order)
        hold_order(order, "Three")
        with pytest.raises(IllegalMove, match="holds it anew: Three"):
            release_order(order, seen=first.public_id)
        assert OrderHold.objects.filter(released_at=None).count() == 1
        release_order(order)
        with pytest.raises(IllegalMove, match="Nobody holds it"):
            release_order(order)


def test_two_records_that_become_one_stay_held_and_found(depots: Depots, client: Client) -> None:
    depots.post(client, depots.ticket())
    depots.route()
    keep = order_of(depots)
    with tenant_scope(depots.tenant):
        found = SearchKey.objects.filter(record=keep, kind="sku")
        assert found.exists()
        drop = Record.objects.create(
            tenant=depots.tenant, resource="order", reference="elsewhere", label="D-1b"
        )
        hold_order(drop, "Wait")
        SearchKey.objects.create(
            tenant=depots.tenant, record=drop, kind="email", digest=digest_of("a@shop.example")
        )
        join_records(keep=keep, drop=drop)
        assert OrderHold.objects.get(released_at=None).record_id == keep.pk
        (match,) = find_matches("A@Shop.example ")
        assert match.row.id == keep.public_id and match.why == ["E-mail address"]
        assert match.row.state == "on_hold"
