"""Midnight and noon, by the tenant's own clock."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo, available_timezones

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flows.slots import HOURS, latest_slot

ZONES = sorted(available_timezones())
FIRST, LAST = datetime(2000, 1, 1, tzinfo=UTC), datetime(2035, 1, 1, tzinfo=UTC)
moments = st.integers(int(FIRST.timestamp()), int(LAST.timestamp())).map(
    lambda seconds: datetime.fromtimestamp(seconds, UTC)
)


@pytest.mark.parametrize(
    ("zone", "now", "slot"),
    [
        ("UTC", "2026-11-21T11:59:59+00:00", "2026-11-21T00:00:00+00:00"),
        ("UTC", "2026-11-21T12:00:00+00:00", "2026-11-21T12:00:00+00:00"),
        ("Asia/Kolkata", "2026-11-21T06:29:00+00:00", "2026-11-20T18:30:00+00:00"),
        ("Asia/Kolkata", "2026-11-21T06:30:00+00:00", "2026-11-21T06:30:00+00:00"),
        # New York puts its clocks forward on 8 March 2026 and back on 1 November.
        ("America/New_York", "2026-03-08T15:59:00+00:00", "2026-03-08T05:00:00+00:00"),
        ("America/New_York", "2026-03-08T16:00:00+00:00", "2026-03-08T16:00:00+00:00"),
        ("America/New_York", "2026-11-01T17:00:00+00:00", "2026-11-01T17:00:00+00:00"),
        # Cairo skips the hour after midnight of 24 April 2026; Havana has its midnight twice.
        ("Africa/Cairo", "2026-04-23T22:00:00+00:00", "2026-04-23T22:00:00+00:00"),
        ("America/Havana", "2026-11-01T05:30:00+00:00", "2026-11-01T04:00:00+00:00"),
    ],
)
def test_it_finds_the_last_midnight_or_noon(zone: str, now: str, slot: str) -> None:
    found = latest_slot(datetime.fromisoformat(now), ZoneInfo(zone))
    assert found == datetime.fromisoformat(slot)


@given(now=moments, zone=st.sampled_from(ZONES))
def test_it_is_never_ahead_and_never_far_behind(now: datetime, zone: str) -> None:
    slot = latest_slot(now, ZoneInfo(zone))
    # A day with a change of the clocks, or of the date line, is longer than another.
    assert slot <= now < slot + timedelta(hours=37)


@given(now=moments, zone=st.sampled_from(ZONES), minutes=st.integers(0, 3000))
def test_it_only_goes_forward(now: datetime, zone: str, minutes: int) -> None:
    later = now + timedelta(minutes=minutes)
    assert latest_slot(now, ZoneInfo(zone)) <= latest_slot(later, ZoneInfo(zone))


@given(day=st.dates(date(2001, 1, 1), date(2034, 1, 1)))
def test_it_comes_twice_a_day_on_every_day(day: date) -> None:
    zone = ZoneInfo("America/New_York")
    start = datetime.fromisoformat(f"{day}T00:00:00").replace(tzinfo=zone).astimezone(UTC)
    moments_of_day = [start + timedelta(minutes=10 * n) for n in range(6 * 23)]
    slots = {latest_slot(moment, zone) for moment in moments_of_day}
    assert len(slots) == len(HOURS)
