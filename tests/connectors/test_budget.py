"""One rate budget of an account, shared by threads and processes: kept full, never overrun."""

import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Any
from uuid import uuid4

import pytest

from connectors import budget
from connectors.budget import Account, ledgers, spend, standing_of
from connectors.errors import RateLimited, Unreachable
from connectors.spec import Limits
from ekyam.children import free_port
from tests.connectors.metered_vendor import RESTORE, metered_vendor

PLACES = Limits(per_second=0.0, burst=0.0, concurrency=2)


@pytest.fixture(autouse=True)
def valkey_is_there() -> Iterator[None]:
    yield
    ledgers._away_until = 0.0


@pytest.fixture
def account() -> Account:
    return Account("", "metered", uuid4().hex, "")


# --- Shared -----------------------------------------------------------------------------------


@contextmanager
def child(*words: object) -> Iterator[subprocess.Popen[bytes]]:
    command = [sys.executable, "-m", "tests.connectors.metered_vendor", *map(str, words)]
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    with process:
        try:
            yield process
        finally:
            process.kill()


def test_it_is_kept_full_and_not_overrun_by_a_flood_from_two_processes(account: Account) -> None:
    with metered_vendor() as vendor, ExitStack() as stack:
        floods = [
            stack.enter_context(child("flood", vendor.server_port, account.name, 3, 4.0))
            for _ in range(2)
        ]
        assert [process.wait(30) for process in floods] == [0, 0]
        first, last = vendor.answered[0] + 1.0, vendor.answered[0] + 3.5
        took = sum(first <= at < last for at in vendor.answered)
        assert took >= 0.95 * RESTORE * (last - first)
        assert vendor.throttled <= len(vendor.answered) / 1000


def test_it_lets_an_order_through_a_flood_of_stock(account: Account) -> None:
    limits = Limits(per_second=40.0, burst=20.0, concurrency=4)
    ends, waits = time.monotonic() + 1.5, []

    def send_stock() -> None:
        while time.monotonic() < ends:
            with spend(account, limits, lane=3, cost=2.0):
                time.sleep(0.005)

    threads = [threading.Thread(target=send_stock) for _ in range(10)]
    for thread in threads:
        thread.start()
    while time.monotonic() < ends - 0.2:
        began = time.monotonic()
        with spend(account, limits, lane=0, cost=2.0):
            waits.append(time.monotonic() - began)
        threading.Event().wait(0.1)
    for thread in threads:
        thread.join()
    assert sorted(waits)[len(waits) // 2] < 0.1
    assert max(waits) < 0.6


def test_it_gives_back_the_places_of_a_killed_process(account: Account) -> None:
    with child("hold", account.name, 2, 0.1) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"held\n"
        process.kill()
        assert standing_of(account, PLACES).under_way == 2  # type: ignore[union-attr]
        began = time.monotonic()
        with spend(account, PLACES):
            waited = time.monotonic() - began
    assert 0.5 < waited < 0.1 + budget.LATE_SECONDS + 0.5


def test_it_gives_back_what_a_request_that_never_left_had_taken(account: Account) -> None:
    for sent, level in ((False, 10.0), (True, 5.0)):
        with (
            pytest.raises(Unreachable),
            spend(account, Limits(1e-9, 10.0, 8), cost=5.0),
        ):
            raise Unreachable("No way.", sent=sent)
        standing = standing_of(account, Limits(1e-9, 10.0, 8))
        assert standing is not None
        assert standing.level == pytest.approx(level)
        assert standing.under_way == 0


def test_it_wakes_who_waits_in_the_same_process(account: Account) -> None:
    """Sooner than by asking again and again."""
    limits, waits = Limits(0.0, 0.0, 1), []
    entered = threading.Event()

    def wait_for_place() -> None:
        entered.set()
        with spend(account, limits):
            waits.append(time.monotonic())

    for _ in range(20):
        with spend(account, limits):
            entered.clear()
            thread = threading.Thread(target=wait_for_place)
            thread.start()
            entered.wait()
            time.sleep(0.01)
            left = time.monotonic()
        thread.join()
        waits[-1] -= left
    assert sorted(waits)[10] < 0.018


def test_it_gives_its_turn_back_when_it_waits_too_long(
    account: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(budget, "LONGEST_WAIT_SECONDS", 0.1)
    limits = Limits(0.0, 0.0, 1)
    with spend(account, limits):
        with pytest.raises(RateLimited), spend(account, limits):
            pass
        standing = standing_of(account, limits)
    assert standing is not None and standing.waiting == 0


def test_it_asks_nobody_where_there_is_no_limit(account: Account, settings: Any) -> None:
    settings.REDIS_URL = "redis://127.0.0.1:1/0"
    with spend(account, Limits(0.0, 0.0, 0), cost=1000.0) as spent:
        spent.learn(None)
    assert ledgers._away_until == 0.0


# --- Without Valkey ---------------------------------------------------------------------------


def keep_limit_alone(account: Account) -> None:
    """Four at once where two may: no more than two are under way."""
    under_way, most, lock = 0, 0, threading.Lock()

    def call() -> None:
        nonlocal under_way, most
        with spend(account, PLACES):
            with lock:
                under_way += 1
                most = max(most, under_way)
            time.sleep(0.02)
            with lock:
                under_way -= 1

    threads = [threading.Thread(target=call) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert most == 2


def test_it_goes_by_its_own_budget_while_valkey_is_gone(
    account: Account, settings: Any, caplog: pytest.LogCaptureFixture
) -> None:
    settings.REDIS_URL = f"redis://127.0.0.1:{free_port()}/0"
    keep_limit_alone(account)
    assert standing_of(account, PLACES) is None
    assert caplog.text.count("kept per process") <= 1


def test_it_waits_for_a_slow_valkey_but_once(account: Account, settings: Any) -> None:
    with socket.create_server(("127.0.0.1", 0)) as mute:
        settings.REDIS_URL = f"redis://127.0.0.1:{mute.getsockname()[1]}/0"
        began = time.monotonic()
        keep_limit_alone(account)
        for _ in range(100):
            with spend(account, PLACES):
                pass
    assert time.monotonic() - began < 3 * ledgers.PATIENCE_SECONDS


def test_it_comes_back_to_valkey(account: Account, settings: Any) -> None:
    there = settings.REDIS_URL
    settings.REDIS_URL = f"redis://127.0.0.1:{free_port()}/0"
    with spend(account, PLACES):
        settings.REDIS_URL, ledgers._away_until = there, 0.0
        with spend(account, PLACES):
            standing = standing_of(account, PLACES)
    assert standing is not None and standing.under_way == 1
