"""What was sold counts until the source is read after it knew of the order: so it is read again."""

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from ekyam.tenants.scope import tenant_scope
from flows.models import Cursor, Flow, Link, Reservation
from flows.operations.stock import look_after
from tests.flows.stock.house import House


@pytest.fixture
def landed(house: House, flow: Flow, orders: Flow, client: Client) -> None:
    """The warehouse has the order, and its stock says so; but it was read before we knew that."""
    house.order(client, "EKM-MUG", 3)
    house.tell("whiplash", "damage", sku="EKM-MUG", quantity=3)  # as the order's units would
    house.whiplash_says(client, "item.inventory_changed", "EKM-MUG")
    house.work()
    assert house.held("EKM-MUG") == {"EKM-MUG": 494}
    house.land("410001")


def test_it_reads_again_what_the_source_knows_by_now(
    house: House, landed: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(look_after, "AFTER", timedelta(0))
    look_after.look_after_sold()
    with tenant_scope(house.tenant):
        assert Cursor.objects.get(connection=house.warehouse, feed="stock").asked
    house.work()
    assert house.held("EKM-MUG") == {"EKM-MUG": 497}
    look_after.look_after_sold()
    with tenant_scope(house.tenant):
        assert not Cursor.objects.get(connection=house.warehouse, feed="stock").asked


def test_it_forgets_what_is_over(house: House, landed: None) -> None:
    with tenant_scope(house.tenant):
        Link.objects.filter(resource="order", external_id="410001").update(
            created_at=timezone.now() - timedelta(days=9)
        )
        Reservation.objects.update(created_at=timezone.now() - timedelta(days=8))
    look_after.look_after_sold()
    with tenant_scope(house.tenant):
        assert not Reservation.objects.exists()
