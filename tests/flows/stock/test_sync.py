"""A full comparison: what is read, what is written, and what stops it."""

from concurrent.futures import ThreadPoolExecutor
from zoneinfo import ZoneInfo

from django.db import connection
from django.utils import timezone

from ekyam.tenants.scope import tenant_scope
from flows.models import Flow, Formula, Sync, SyncState
from flows.operations.stock.finish import answer_sync, stop_sync
from flows.operations.stock.plan import LATEST, plan_syncs, start_sync
from flows.slots import latest_slot
from tests.flows.stock.house import House


def test_it_reads_both_sides_and_writes_nothing_where_they_agree(house: House, flow: Flow) -> None:
    assert len(house.known("shopify")) == len(house.known("whiplash")) == 8
    assert [(d.state, d.why, d.reason) for d in house.stock()] == []


def test_it_writes_only_what_differs_and_says_why(house: House, flow: Flow) -> None:
    house.tell("whiplash", "count", sku="EKM-MUG", counted=480)
    sync = house.sync(flow)
    assert (sync.state, sync.checked) == (SyncState.DONE, 16)
    (delivery,) = house.stock()
    assert delivery.state == "succeeded"
    assert "500 → 480" in delivery.why and "held 500, and 480 is offered" in delivery.why
    assert house.held("EKM-MUG", "EKM-CAP") == {"EKM-MUG": 480, "EKM-CAP": 500}
    assert house.sync(flow).state == SyncState.DONE
    assert len(house.stock()) == 1


def test_it_finds_what_was_changed_behind_its_back_by_reading_the_target(
    house: House, flow: Flow
) -> None:
    house.tell("shopify", "set_level", sku="EKM-CAP", available=7)
    house.sync(flow, reads_target=False)
    assert [(d.state, d.why, d.reason) for d in house.stock()] == []
    sync = house.sync(flow, reads_target=True)
    assert (sync.target_checked, sync.target_differing) == (8, 1)
    assert house.held("EKM-CAP") == {"EKM-CAP": 500}


def test_it_stops_and_asks_when_the_feed_is_empty(house: House, flow: Flow) -> None:
    house.tell("whiplash", "set", feed_share=0)
    sync = house.sync(flow)
    assert sync.state == SyncState.ASKS
    assert "no stock at all" in sync.reason
    assert [(d.state, d.why, d.reason) for d in house.stock()] == []


def test_it_asks_before_it_believes_half_a_feed(house: House, flow: Flow) -> None:
    house.tell("whiplash", "count", sku="EKM-TEE-S", counted=1)
    house.tell("whiplash", "set", feed_share=0.5)
    sync = house.sync(flow)
    assert sync.state == SyncState.ASKS
    assert "8 of the 16" in sync.reason
    assert [(d.state, d.why, d.reason) for d in house.stock()] == []
    with tenant_scope(house.tenant):
        answer_sync(sync, goes_on=True, by="Asha")
    house.work()
    assert house.settled(sync).state == SyncState.DONE
    assert house.held("EKM-TEE-S", "EKM-SOCK") == {"EKM-TEE-S": 1, "EKM-SOCK": 500}


def test_it_drops_what_it_found_when_a_person_says_so(house: House, flow: Flow) -> None:
    house.tell("whiplash", "count", sku="EKM-TEE-S", counted=1)
    house.tell("whiplash", "set", feed_share=0.5)
    sync = house.sync(flow)
    with tenant_scope(house.tenant):
        answer_sync(sync, goes_on=False, by="Asha")
    house.work()
    assert house.settled(sync).state == SyncState.STOPPED
    assert [(d.state, d.why, d.reason) for d in house.stock()] == []


def test_it_takes_a_missing_sku_for_sold_out_only_where_the_tenant_said_so(
    house: House, flow: Flow
) -> None:
    with tenant_scope(house.tenant):
        terms = Formula.objects.create(
            tenant=house.tenant, flow=flow, missing_is_zero=True, least_percent=40
        )
    house.tell("whiplash", "set", feed_share=0.5)
    sync = house.sync(flow)
    assert (sync.state, sync.missing) == (SyncState.DONE, 8)
    quantities = house.held(*house.known("shopify"))
    assert sorted(quantities.values()) == [0] * 4 + [500] * 4
    assert terms.missing_is_zero


def test_it_reads_a_page_again_that_failed_half_way(house: House, flow: Flow) -> None:
    house.tell("whiplash", "count", sku="EKM-MUG", counted=480)
    house.tell("whiplash", "break", kind="status", status=503, times=1)
    sync = house.sync(flow)
    assert (sync.state, sync.failures) == (SyncState.SOURCE, 1)
    house.make_due()
    house.work()
    assert house.settled(sync).state == SyncState.DONE
    assert house.held("EKM-MUG") == {"EKM-MUG": 480}


def test_it_can_be_stopped(house: House, flow: Flow) -> None:
    with tenant_scope(house.tenant):
        fresh = Flow.objects.select_related("source", "target").get(pk=flow.pk)
        sync = start_sync(fresh, asked_by="Asha")
        assert sync is not None
        assert start_sync(fresh, asked_by="Ravi") is None
        stop_sync(sync, by="Asha")
    house.work()
    stopped = house.settled(sync)
    assert (stopped.state, stopped.checked) == (SyncState.STOPPED, 0)
    assert stopped.reason == "Stopped by Asha."


def test_it_begins_once_a_slot_however_often_it_is_planned(house: House, flow: Flow) -> None:
    with tenant_scope(house.tenant):
        Flow.objects.update(switched_at="2020-01-01T00:00:00Z")
    slot = latest_slot(timezone.now(), ZoneInfo("UTC"))
    with ThreadPoolExecutor(4) as beats:
        list(beats.map(lambda _: _plan(), range(8)))
    house.work()
    plan_syncs()
    with tenant_scope(house.tenant):
        slots = list(Sync.objects.exclude(slot=None).values_list("slot", flat=True))
    assert slots == ([slot] if timezone.now() - slot < LATEST else [])


def _plan() -> None:
    try:
        plan_syncs()
    finally:
        connection.close()


def test_it_writes_two_hundred_and_fifty_at_once(house: House, flow: Flow) -> None:
    house.tell("shopify", "bulk", count=600, quantity=5)
    house.tell("whiplash", "bulk", count=600, quantity=9)
    sync = house.sync(flow, reads_target=True)
    assert (sync.state, len(house.stock(state="succeeded"))) == (SyncState.DONE, 600)
    done = house.tell("shopify", "writes")
    assert (done["calls"], done["rows"], done["repeated"]) == (3, 600, {})


def test_it_offers_anew_what_it_need_not_read_again(house: House, flow: Flow) -> None:
    house.tell("shopify", "bulk", count=50, quantity=20)
    house.tell("whiplash", "bulk", count=50, quantity=20)  # of yesterday
    house.sync(flow, reads_target=True)
    with tenant_scope(house.tenant):
        Formula.objects.create(tenant=house.tenant, flow=flow, buffer=5)
    sync = house.sync(flow, reads_target=False)
    assert (sync.state, sync.checked) == (SyncState.DONE, 116)
    there = house.tell("shopify", "levels", **{"from": 1, "to": 50})
    assert set(there.values()) == {15}
