"""What a full sync found waits while events do, and not for ever."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from ekyam.tenants.models import Tenant
from ekyam.tenants.scope import tenant_scope
from flows.models import Event
from flows.models.event import EventState
from flows.operations.patience import BEHIND, LONGEST, Patience
from tests.flows.stock.house import House

NOW = timezone.now()
A_MOMENT = timedelta(milliseconds=10)


@pytest.fixture
def waiting(house: House) -> Any:
    """An event of the shop that has been waiting for as long as it is told to."""

    def wait(for_: timedelta, **more: Any) -> None:
        with tenant_scope(house.tenant):
            Event.objects.create(
                tenant=house.tenant,
                connection=house.shop,
                delivery_key=f"{for_}",
                body=b"{}",
                received_at=NOW - for_,
                **{"state": EventState.RECEIVED, **more},
            )

    return wait


def test_it_goes_on_where_nobody_waits(house: House, waiting: Any) -> None:
    waiting(BEHIND - A_MOMENT)
    waiting(BEHIND + A_MOMENT, state=EventState.ROUTED)
    with tenant_scope(house.tenant):
        assert not Patience().gives_way(NOW)


def test_it_gives_way_and_then_goes_once(house: House, waiting: Any) -> None:
    waiting(BEHIND + A_MOMENT)
    patience = Patience()
    with tenant_scope(house.tenant):
        assert patience.gives_way(NOW) and patience.gives_way(NOW + LONGEST)
        assert not patience.gives_way(NOW + LONGEST + A_MOMENT)
        assert patience.gives_way(NOW + LONGEST + A_MOMENT * 2)


def test_it_does_not_wait_with_nothing_to_do(house: House, waiting: Any) -> None:
    waiting(BEHIND + A_MOMENT)
    patience = Patience()
    with tenant_scope(house.tenant):
        assert patience.allow(["found"]) == [] and patience.since
        assert patience.allow([]) == [] and patience.since is None


def test_another_tenants_events_hold_nothing_up(house: House, waiting: Any) -> None:
    waiting(BEHIND + A_MOMENT)
    other = Tenant.objects.create(name="Marigold Outdoor", slug="marigold")
    with tenant_scope(other):
        assert not Patience().gives_way(NOW)
