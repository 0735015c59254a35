"""One rate budget per external account, for all flows, threads and processes that call it."""

import secrets
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial

import redis

from connectors.budget import ledgers
from connectors.budget.bucket import Answer, Standing
from connectors.budget.ledgers import Ledger
from connectors.errors import RateLimited, Unreachable
from connectors.spec import Limits, Meter
from ekyam import metrics

LONGEST_WAIT_SECONDS = 20.0
LATE_SECONDS = 2.0  # a request is over by its deadline; later than this its worker has died


@dataclass(frozen=True, slots=True)
class Account:
    """What a vendor counts as one. Each tenant has a budget of its own, even where two of them
    name the same account: a name is easily said, and must not spend what is another's."""

    tenant: str
    connector: str
    name: str
    address: str

    def __str__(self) -> str:
        return f"{self.tenant}:{self.connector}:{self.name}:{self.address}"


@dataclass
class Spent:
    """One request's part of the budget; tell what the answer said of it."""

    cost: float | None = None  # what it really took
    meter: Meter | None = None
    throttled: bool = False

    def learn(self, meter: Meter | None, *, throttled: bool = False) -> None:
        self.meter, self.throttled = meter, throttled
        if throttled:
            self.cost = 0.0
        elif meter is not None:
            self.cost = meter.cost


@contextmanager
def spend(
    account: Account, limits: Limits, *, cost: float = 1.0, lane: int = 0, seconds: float = 30.0
) -> Iterator[Spent]:
    """Wait until a request of this cost may go, and hold its place while it is under way.

    `seconds` is the request's deadline. Raises RateLimited when those of higher lanes leave no
    room for too long; the account's others need not wait for that.
    """
    spent = Spent()
    if not limits.per_second and not limits.concurrency:
        yield spent
        return
    key = secrets.token_hex(8)
    ledger = _enter(account, limits, key, lane=lane, cost=cost, seconds=seconds + LATE_SECONDS)
    try:
        yield spent
    except Unreachable as failure:
        if not failure.sent:
            spent.cost = 0.0
        raise
    finally:
        _settle(ledger, account, limits, key, spent)
        took = cost if spent.cost is None else spent.cost
        metrics.budget_points.labels(account.connector).inc(max(0.0, took))
        if spent.throttled:
            metrics.budget_throttled.labels(account.connector).inc()


def standing_of(account: Account, limits: Limits) -> Standing | None:
    """How the shared budget stands; None while nobody knows."""
    book = ledgers.shared()
    if book is None:
        return None
    try:
        return book.look(str(account), limits)
    except redis.RedisError as error:
        ledgers.leave_alone(error)
        return None


# Who waits in this process, so that room which is made here is seen at once.
_bells: dict[str, threading.Event] = {}


def _enter(
    account: Account, limits: Limits, key: str, *, lane: int, cost: float, seconds: float
) -> Ledger:
    ask = partial(_ask, account, limits, key, lane=lane, cost=cost, seconds=seconds)
    ledger, answer = ask()
    if answer.may_go:
        return ledger
    began = time.monotonic()
    bell = _bells[key] = threading.Event()
    try:
        while not answer.may_go:
            if time.monotonic() - began > LONGEST_WAIT_SECONDS:
                raise RateLimited("Others of this account had to go first.", retry_after=0.0)
            bell.wait(answer.seconds)
            bell.clear()
            ledger, answer = ask()
    finally:
        del _bells[key]
        if not answer.may_go:
            _try(ledger, lambda: ledger.leave(str(account), limits, key))
        waited = time.monotonic() - began
        metrics.budget_waited.labels(account.connector).inc(waited)
    return ledger


def _ask(
    account: Account, limits: Limits, key: str, *, lane: int, cost: float, seconds: float
) -> tuple[Ledger, Answer]:
    """Valkey's word, or our own while it has none."""
    for ledger in (ledgers.shared(), ledgers.own):
        if ledger is None:
            continue
        answer = _try(
            ledger,
            partial(ledger.ask, str(account), limits, key, lane=lane, cost=cost, seconds=seconds),
        )
        if answer is not None:
            return ledger, answer
    raise AssertionError("our own ledger answers always")


def _settle(ledger: Ledger, account: Account, limits: Limits, key: str, spent: Spent) -> None:
    _try(
        ledger,
        lambda: ledger.settle(
            str(account),
            limits,
            key,
            cost=spent.cost,
            meter=spent.meter,
            throttled=spent.throttled,
        ),
    )


def _try(ledger: Ledger, call: Callable[[], Answer]) -> Answer | None:
    """None when Valkey does not answer: what it holds for us runs out by itself."""
    try:
        answer = call()
    except redis.RedisError as error:
        ledgers.leave_alone(error)
        return None
    for key in answer.next:
        if (bell := _bells.get(key)) is not None:
            bell.set()
    return answer
