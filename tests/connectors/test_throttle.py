"""The budget of one connection: points that come in, and slots that are held."""

import threading
from uuid import uuid4

from connectors.spec import Limits
from connectors.throttle import Bucket, pace, slot


def test_it_lets_a_burst_pass_and_then_asks_to_wait() -> None:
    bucket = Bucket(per_second=10, burst=3)
    assert [bucket.take(1) for _ in range(3)] == [0.0, 0.0, 0.0]
    assert 0.05 < bucket.take(1) <= 0.1


def test_it_waits_for_what_a_request_costs() -> None:
    bucket = Bucket(per_second=100, burst=10)
    assert bucket.take(10) == 0.0
    assert 0.4 < bucket.take(50) <= 0.5


def test_it_knows_no_limit_where_none_is_stated() -> None:
    for _ in range(1000):
        pace(uuid4(), Limits(per_second=0.0), cost=100.0)


def test_it_gives_no_more_slots_than_the_account_has() -> None:
    held = slot(uuid4(), 2)
    assert held.acquire(blocking=False)
    assert held.acquire(blocking=False)
    assert not held.acquire(blocking=False)


def test_it_shares_the_slots_of_a_connection() -> None:
    connection = uuid4()
    assert slot(connection, 3) is slot(connection, 3)
    assert isinstance(slot(connection, 3), type(threading.BoundedSemaphore()))
