"""The bucket by itself, at times of the test's choosing: who goes, who waits, what is learned."""

import time
from typing import Any
from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import settings as thoroughly
from hypothesis import strategies as st

from connectors.budget import ledgers
from connectors.budget.bucket import Bucket
from connectors.budget.ledgers import Own
from connectors.spec import Limits, Meter

METERED = Limits(per_second=10.0, burst=10.0, concurrency=0)
PLACES = Limits(per_second=0.0, burst=0.0, concurrency=2)


def go(bucket: Bucket, limits: Limits, key: str, now: float, **more: Any) -> bool:
    asked = {"lane": 0, "cost": 1.0, "seconds": 30.0, **more}
    return bucket.ask(limits, key, now, **asked).may_go


def end(bucket: Bucket, limits: Limits, key: str, now: float, **more: Any) -> tuple[str, ...]:
    said = {"cost": None, "meter": None, "throttled": False, **more}
    return bucket.settle(limits, key, now, **said).next


def test_it_lets_a_burst_pass_and_then_asks_to_wait() -> None:
    bucket = Bucket(0.0)
    assert all(go(bucket, METERED, str(n), 0.0) for n in range(10))
    answer = bucket.ask(METERED, "late", 0.0, lane=0, cost=5.0, seconds=30.0)
    assert not answer.may_go and answer.seconds <= 0.5
    assert not go(bucket, METERED, "late", 0.49, cost=5.0)
    assert go(bucket, METERED, "late", 0.51, cost=5.0)


def test_it_says_exactly_when_to_come_where_nothing_can_change_that() -> None:
    bucket = Bucket(0.0)
    assert go(bucket, METERED, "one", 0.0, cost=10.0)
    end(bucket, METERED, "one", 0.0)
    answer = bucket.ask(METERED, "two", 0.0, lane=0, cost=5.0, seconds=30.0)
    assert answer.seconds == pytest.approx(0.5)


def test_it_lets_go_what_costs_more_than_a_full_bucket() -> None:
    bucket = Bucket(0.0)
    assert go(bucket, METERED, "huge", 0.0, cost=1000.0, lane=4)
    assert bucket.look(METERED, 0.0).level == 0.0


def test_it_keeps_a_reserve_from_the_lower_lanes() -> None:
    bucket = Bucket(0.0)
    assert go(bucket, METERED, "stock", 0.0, lane=3, cost=9.0)
    assert not go(bucket, METERED, "more stock", 0.0, lane=3)
    assert go(bucket, METERED, "order", 0.0, lane=0)


def test_it_restores_the_lower_lanes_as_fast_as_the_others() -> None:
    bucket = Bucket(0.0)
    assert go(bucket, METERED, "first", 0.0, lane=4, cost=8.0)
    gone = [n for n in range(1, 101) if go(bucket, METERED, f"k{n}", n / 10 + 0.001, lane=4)]
    assert len(gone) == 100


def test_it_lets_a_higher_lane_go_before_those_that_waited_longer() -> None:
    bucket = Bucket(0.0)
    assert go(bucket, METERED, "all", 0.0, cost=10.0)
    assert not go(bucket, METERED, "shipment", 0.0, lane=2)
    assert not go(bucket, METERED, "order", 0.0, lane=0)
    assert not go(bucket, METERED, "shipment", 0.16, lane=2)
    assert go(bucket, METERED, "order", 0.16, lane=0)


def test_it_lets_those_of_one_lane_go_as_they_came() -> None:
    bucket = Bucket(0.0)
    assert go(bucket, METERED, "all", 0.0, cost=10.0)
    assert not go(bucket, METERED, "dear", 0.0, cost=5.0)
    assert not go(bucket, METERED, "cheap", 0.3)
    assert go(bucket, METERED, "dear", 0.5, cost=5.0)


def test_it_forgets_who_waits_no_more() -> None:
    bucket = Bucket(0.0)
    assert go(bucket, METERED, "all", 0.0, cost=10.0)
    assert not go(bucket, METERED, "died", 0.0, cost=10.0)
    assert not go(bucket, METERED, "order", 0.9, cost=5.0, lane=1)
    assert go(bucket, METERED, "order", 1.1, cost=5.0, lane=1)


def test_it_gives_no_more_places_than_the_account_has_and_names_who_is_next() -> None:
    bucket = Bucket(0.0)
    assert go(bucket, PLACES, "a", 0.0) and go(bucket, PLACES, "b", 0.0)
    assert not go(bucket, PLACES, "stock", 0.0, lane=3)
    assert not go(bucket, PLACES, "order", 0.0, lane=0)
    assert end(bucket, PLACES, "a", 0.0) == ("order",)
    assert not go(bucket, PLACES, "stock", 0.0, lane=3)
    assert go(bucket, PLACES, "order", 0.0, lane=0)


def test_it_follows_a_change_of_the_limit_at_once() -> None:
    bucket = Bucket(0.0)
    wide = Limits(0.0, 0.0, 4)
    assert all(go(bucket, wide, key, 0.0) for key in "abcd")
    end(bucket, PLACES, "a", 0.0)
    assert not go(bucket, PLACES, "e", 0.0)
    assert go(bucket, wide, "e", 0.0)


def test_it_takes_back_the_places_of_those_that_never_ended() -> None:
    bucket = Bucket(0.0)
    assert go(bucket, PLACES, "a", 0.0) and go(bucket, PLACES, "b", 0.0, seconds=5.0)
    assert not go(bucket, PLACES, "c", 4.9)
    assert go(bucket, PLACES, "c", 5.1)


def test_it_becomes_what_the_vendor_says() -> None:
    bucket = Bucket(0.0)
    assert go(bucket, METERED, "a", 0.0, cost=2.0)
    end(bucket, METERED, "a", 0.0, cost=2.0, meter=Meter(1900.0, 2000.0, 100.0))
    standing = bucket.look(METERED, 0.0)
    assert (standing.level, standing.size, standing.per_second) == (1900.0, 2000.0, 100.0)
    assert bucket.look(METERED, 0.5).level == 1950.0


def test_it_leaves_out_what_the_vendor_cannot_have_counted_yet() -> None:
    bucket = Bucket(0.0)
    assert go(bucket, METERED, "a", 0.0, cost=2.0)
    assert go(bucket, METERED, "b", 0.0, cost=5.0)
    end(bucket, METERED, "a", 0.0, cost=2.0, meter=Meter(6.0, 10.0, 10.0))
    assert bucket.look(METERED, 0.0).level == 1.0


def test_it_believes_no_older_answer_than_the_last() -> None:
    bucket = Bucket(0.0)
    assert go(bucket, METERED, "a", 0.0, cost=1.0)
    assert go(bucket, METERED, "b", 0.0, cost=4.0)
    end(bucket, METERED, "b", 0.0, cost=4.0, meter=Meter(5.0, 10.0, 10.0))
    end(bucket, METERED, "a", 0.0, cost=1.0, meter=Meter(9.0, 10.0, 10.0))
    assert bucket.look(METERED, 0.0).level == 5.0


def test_it_gives_back_what_a_request_did_not_take() -> None:
    bucket = Bucket(0.0)
    assert go(bucket, METERED, "a", 0.0, cost=10.0)
    end(bucket, METERED, "a", 0.0, cost=3.0)
    assert bucket.look(METERED, 0.0).level == 7.0


def test_it_is_empty_when_the_vendor_asks_to_slow_down() -> None:
    bucket = Bucket(0.0)
    assert go(bucket, METERED, "a", 0.0)
    end(bucket, METERED, "a", 0.0, cost=0.0, throttled=True)
    assert not go(bucket, METERED, "b", 0.0)
    assert go(bucket, METERED, "b", 0.11)
    assert bucket.look(METERED, 3500.0).throttled == 1
    assert bucket.look(METERED, 3700.0).throttled == 0


OPERATIONS = st.lists(
    st.tuples(
        st.sampled_from(["ask", "ask", "settle", "refuse", "leave"]),
        st.integers(0, 6),  # which request
        st.integers(0, 4),  # its lane
        st.floats(0.1, 12.0),  # its cost
        st.floats(0.0, 1.0),  # what part of that it takes, and seconds until then
    ),
    max_size=60,
)


@given(OPERATIONS, st.floats(0.1, 50.0), st.floats(1.0, 20.0), st.integers(0, 3))
def test_it_never_grants_more_than_the_burst_and_what_came_in(
    operations: list[Any], rate: float, burst: float, places: int
) -> None:
    limits, bucket, now = Limits(rate, burst, places), Bucket(0.0), 0.0
    spent: list[tuple[float, float]] = []
    under_way: dict[str, float] = {}
    for question, number, lane, cost, part in operations:
        key, now = str(number), now + part
        if question == "ask" and key not in under_way:
            if go(bucket, limits, key, now, lane=lane, cost=cost, seconds=1000.0):
                under_way[key] = min(cost, burst)
                spent.append((now, under_way[key]))
        elif question in ("settle", "refuse") and key in under_way:
            took = under_way.pop(key)
            end(bucket, limits, key, now, cost=took * part, throttled=question == "refuse")
            spent.append((now, took * part - took))
        elif question == "leave":
            bucket.leave(limits, key, now)
        assert not places or len(under_way) <= places
    for first, (since, _) in enumerate(spent):
        total = 0.0
        for at, points in spent[first:]:
            total += points
            assert total <= burst + rate * (at - since) + 1e-6


@thoroughly(max_examples=60, deadline=None)
@given(OPERATIONS, st.integers(0, 3), st.booleans())
def test_it_is_the_same_in_valkey_and_here(
    operations: list[Any], places: int, has_limit: bool
) -> None:
    """At a rate so low that it does not matter that Valkey's clock is another one."""
    limits = Limits(1e-9 if has_limit else 0.0, 20.0, places)
    name, here, there = uuid4().hex, Own(), ledgers.shared()
    assert there is not None
    wishes: dict[str, Any] = {}
    under_way: set[str] = set()
    for question, number, lane, cost, part in operations:
        key = str(number)
        if question == "ask":
            if key in under_way:
                continue
            asked = wishes.setdefault(key, {"lane": lane, "cost": cost, "seconds": 30.0})
            ours = here.ask(name, limits, key, **asked)
            theirs = there.ask(name, limits, key, **asked)
            under_way |= {key} if ours.may_go else set()
        elif question == "leave":
            ours, theirs = here.leave(name, limits, key), there.leave(name, limits, key)
        else:
            meter = Meter(part * 20, 20.0, 1e-9) if lane == 1 else None
            said: dict[str, Any] = {"cost": part * cost, "meter": meter}
            said["throttled"] = question == "refuse"
            ours = here.settle(name, limits, key, **said)
            theirs = there.settle(name, limits, key, **said)
            under_way.discard(key)
        assert (ours.may_go, ours.next) == (theirs.may_go, theirs.next)
        assert ours.seconds == pytest.approx(theirs.seconds)
    # One is looked at after the other, and what is used fades by the second.
    found = here._bucket(name).look(limits, time.monotonic())
    assert tuple(found) == pytest.approx(tuple(there.look(name, limits)), rel=0.01, abs=1e-3)
