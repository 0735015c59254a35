"""The hours of flows: counted by the database, and what is made of them."""

from datetime import UTC, datetime, timedelta
from statistics import median

import pytest
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ekyam.tenants.scope import tenant_scope
from flows.models import FlowHour
from flows.operations.count_hours import count_hours
from flows.queries.rhythm import hours_since, usual_ms_of
from flows.rhythm import HOUR, WEEK, find_silence, start_of_hour, weighted_median
from flows.states import State
from tests.portal import build
from tests.world import World

NOON = datetime(2026, 11, 18, 12, tzinfo=UTC)
pairs = st.lists(st.tuples(st.integers(0, 9), st.integers(0, 4)), max_size=8)
counts = st.lists(st.integers(0, 50), min_size=4, max_size=4)


@settings(suppress_health_check=[HealthCheck.too_slow], deadline=None, max_examples=50)
@given(pairs)
def test_a_weighted_median_is_that_of_every_one_told_by_itself(
    pairs: list[tuple[int, int]],
) -> None:
    each = sorted(value for value, weight in pairs for _ in range(weight))
    found = weighted_median(pairs)
    assert found == (each[(len(each) - 1) // 2] if each else None)


@settings(suppress_health_check=[HealthCheck.too_slow], deadline=None, max_examples=50)
@given(counts, st.integers(0, 3), st.integers(1, 6), st.booleans())
def test_silence_is_news_only_where_every_week_brought_something(
    weekly: list[int], late: int, hours: int, is_known: bool
) -> None:
    now = NOON + timedelta(minutes=20)
    made = {NOON - HOUR - WEEK * (week + 1): count for week, count in enumerate(weekly)}
    since = NOON - WEEK * (5 if is_known else 1)
    found = find_silence(now, made, hours=hours, known_since=since)
    assert bool(found) == (is_known and all(weekly) and median(weekly) >= 5)
    made[NOON - HOUR * late] = 1
    if late <= hours:
        assert find_silence(now, made, hours=hours, known_since=since) is None


@pytest.mark.django_db
def test_it_counts_each_hour_of_each_company_by_itself_and_again_when_it_changes(
    world: World,
) -> None:
    now = timezone.now()
    this, before = start_of_hour(now), start_of_hour(now) - HOUR
    for company, many in ((world.here, 3), (world.there, 1)):
        with tenant_scope(company.tenant):
            shop = build.Shop(company.tenant, now=now).open()
            flow = shop.flow("Orders")
            event = shop.event("shopify", "orders/create", before)
            for number in range(many):
                took = timedelta(seconds=number + 1)
                shop.delivery(flow, event, None, after=took)
            late = shop.event("shopify", "orders/create", this - timedelta(milliseconds=1))
            shop.delivery(flow, late, None, state=State.DEAD)
            fresh = shop.event("shopify", "orders/create", this)
            shop.delivery(flow, fresh, None, state=State.UNCHANGED)
    assert count_hours(hours=2, now=now) == 4
    assert count_hours(hours=2, now=now) == 0
    with tenant_scope(world.here.tenant):
        flow = FlowHour.objects.all()[0].flow
        first, second = hours_since(before)[flow.pk]
        assert (first.start, first.made, first.done, first.dead) == (before, 4, 3, 1)
        assert first.median_ms == 2000
        assert (second.start, second.made, second.unchanged) == (this, 1, 1)
        assert list(hours_since(now)) == [flow.pk] and len(hours_since(now)[flow.pk]) == 1
        assert usual_ms_of([flow.pk]) == {flow.pk: 2000}
        flow.deliveries.filter(state=State.DEAD).update(state=State.CANCELLED)
    assert count_hours(hours=2, now=now) == 1
    with tenant_scope(world.here.tenant):
        assert hours_since(before)[flow.pk][0].dead == 0
