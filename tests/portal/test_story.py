"""What changed nothing is folded, and what was mended or never needed does not alarm."""

from datetime import timedelta

from django.test import Client
from django.utils import timezone

from ekyam.tenants.scope import tenant_scope
from flows.models import Delivery
from flows.queries.journey import get_journey
from flows.states import State
from tests.portal.conftest import Side


def test_it_folds_what_changed_nothing(owner: Client, here: Side) -> None:
    with tenant_scope(here.company.tenant):
        flow = here.shop.flow("Orders")
        for minute, state in enumerate((State.UNCHANGED, State.SUPERSEDED, State.UNCHANGED)):
            at = here.shop.now - timedelta(minutes=5 - minute)
            event = here.shop.event("shopify", "orders/updated", at)
            here.shop.delivery(flow, event, here.shipped, state=state)
    text = owner.get(f"/orders/{here.shipped.public_id}/").content.decode()
    assert "3 more readings changed nothing" in text
    assert text.count('id="fold-') == 1
    before, folded = text.split('id="fold-')
    assert "orders/updated" not in before and folded.count("sent orders/updated") == 3


def test_it_keeps_a_failure_that_was_mended_in_the_story(owner: Client, here: Side) -> None:
    with tenant_scope(here.company.tenant):
        Delivery.objects.filter(pk=here.dead.pk).update(
            state=State.SUPERSEDED, note="dlv_0 is newer."
        )
    assert here.dead.record is not None
    text = owner.get(f"/orders/{here.dead.record.public_id}/").content.decode()
    assert "Failed, mended since" in text and "needs six digits" in text
    assert "A newer one took its place." in text and "yours to mend" not in text


def test_it_does_not_wait_for_what_may_never_come(owner: Client, here: Side) -> None:
    with tenant_scope(here.company.tenant):
        Delivery.objects.filter(pk=here.parked.pk).update(
            note="It never came to the warehouse.", standard={"status": "cancelled"}
        )
    assert here.parked.record is not None
    text = owner.get(f"/orders/{here.parked.record.public_id}/").content.decode()
    assert "Not needed there" in text and "Order #1003 was cancelled." in text
    assert 'hx-trigger="every 2s"' not in text


def test_it_says_first_what_was_called_off(owner: Client, here: Side) -> None:
    with tenant_scope(here.company.tenant):
        note = "The customer came to the shop"
        Delivery.objects.filter(pk=here.parked.pk).update(state=State.CANCELLED, note=note)
    assert here.parked.record is not None
    text = owner.get(f"/orders/{here.parked.record.public_id}/").content.decode()
    assert "Its way to Whiplash was called off: The customer came to the shop." in text


def test_what_a_later_reading_did_not_change_is_delivered(owner: Client, here: Side) -> None:
    with tenant_scope(here.company.tenant):
        Delivery.objects.filter(record=here.shipped).exclude(state=State.SUCCEEDED).delete()
        flow = here.shop.flow("Orders")
        event = here.shop.event("shopify", "orders/updated", here.shop.now)
        here.shop.delivery(flow, event, here.shipped, state=State.UNCHANGED)
        found = get_journey(here.shipped.public_id, now=timezone.now())
    states = {one.label: one.state for one in found.systems}
    assert states["NetSuite"] == "succeeded"


def test_it_says_until_when_it_waits_for_another_record(owner: Client, here: Side) -> None:
    assert here.parked.record is not None
    record, delivery = here.parked.record.public_id, here.parked.public_id
    for page in (f"/orders/{record}/", f"/deliveries/{delivery}/"):
        text = owner.get(page).content.decode()
        assert "If nobody makes it there, it becomes a dead letter <time" in text
        assert ">in 2 d</time>" in text and "Nobody has to do anything" not in text


def test_it_prefers_the_order_of_that_name(owner: Client, here: Side) -> None:
    with tenant_scope(here.company.tenant):
        other = here.shop.record("#2002")
        here.shop.link(other, "netsuite", "1001")
    answer = owner.get("/search/?q=%231001")
    assert answer["Location"] == f"/orders/{here.shipped.public_id}/"
    assert owner.get("/search/?q=1001").status_code == 200
