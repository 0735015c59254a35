"""Where an account's bucket is kept: in Valkey for all processes, or here while Valkey is away."""

import threading
import time
from functools import cache
from pathlib import Path
from typing import Any, Protocol

import redis
import structlog
from django.conf import settings
from redis.backoff import NoBackoff
from redis.retry import Retry

from connectors.budget.bucket import Answer, Bucket, Standing
from connectors.spec import Limits, Meter

log = structlog.get_logger(__name__)
PATIENCE_SECONDS = 0.5  # Valkey answers within a millisecond, or something is wrong
AWAY_SECONDS = 5.0  # then it is left alone for so long


class Ledger(Protocol):
    """A bucket for each account; `key` is one request's own."""

    def ask(
        self, account: str, limits: Limits, key: str, *, lane: int, cost: float, seconds: float
    ) -> Answer: ...

    def settle(
        self,
        account: str,
        limits: Limits,
        key: str,
        *,
        cost: float | None,
        meter: Meter | None,
        throttled: bool,
    ) -> Answer: ...

    def leave(self, account: str, limits: Limits, key: str) -> Answer: ...


class Own:
    """The buckets of this process."""

    def __init__(self) -> None:
        self._buckets: dict[str, Bucket] = {}
        self._lock = threading.Lock()

    def ask(
        self, account: str, limits: Limits, key: str, *, lane: int, cost: float, seconds: float
    ) -> Answer:
        with self._lock:
            bucket, now = self._bucket(account), time.monotonic()
            return bucket.ask(limits, key, now, lane=lane, cost=cost, seconds=seconds)

    def settle(
        self,
        account: str,
        limits: Limits,
        key: str,
        *,
        cost: float | None,
        meter: Meter | None,
        throttled: bool,
    ) -> Answer:
        with self._lock:
            bucket, now = self._bucket(account), time.monotonic()
            return bucket.settle(limits, key, now, cost=cost, meter=meter, throttled=throttled)

    def leave(self, account: str, limits: Limits, key: str) -> Answer:
        with self._lock:
            return self._bucket(account).leave(limits, key, time.monotonic())

    def _bucket(self, account: str) -> Bucket:
        return self._buckets.setdefault(account, Bucket(time.monotonic()))


class Shared:
    """The buckets in Valkey, by Valkey's clock; each call is one round trip. Raises RedisError."""

    def __init__(self, url: str) -> None:
        self._valkey = redis.Redis.from_url(
            url,
            socket_timeout=PATIENCE_SECONDS,
            socket_connect_timeout=PATIENCE_SECONDS,
            retry=Retry(NoBackoff(), 0),  # a question that is asked twice would be charged twice
        )
        script = Path(__file__).with_name("bucket.lua").read_text()
        self._script = self._valkey.register_script(script)

    def ask(
        self, account: str, limits: Limits, key: str, *, lane: int, cost: float, seconds: float
    ) -> Answer:
        return self._answer(account, "ask", limits, key, lane, cost, seconds)

    def settle(
        self,
        account: str,
        limits: Limits,
        key: str,
        *,
        cost: float | None,
        meter: Meter | None,
        throttled: bool,
    ) -> Answer:
        took = "" if cost is None else cost
        said = (meter.available, meter.most, meter.per_second) if meter else ("", "", "")
        return self._answer(account, "settle", limits, key, took, int(throttled), *said)

    def leave(self, account: str, limits: Limits, key: str) -> Answer:
        return self._answer(account, "leave", limits, key)

    def look(self, account: str, limits: Limits) -> Standing:
        level, size, rate, used, *counts = self._call(account, "look", limits, "")
        return Standing(float(level), float(size), float(rate), float(used), *counts)

    def _answer(
        self, account: str, question: str, limits: Limits, key: str, *more: str | float
    ) -> Answer:
        may_go, seconds, *following = self._call(account, question, limits, key, *more)
        return Answer(bool(may_go), float(seconds), tuple(one.decode() for one in following))

    def _call(
        self, account: str, question: str, limits: Limits, key: str, *more: str | float
    ) -> Any:
        declared = (limits.per_second, limits.burst, limits.concurrency)
        return self._script(
            keys=[f"ekyam:budget:{account}"], args=[question, *declared, key, *more]
        )


own = Own()
_lock = threading.Lock()
_away_until = 0.0


@cache
def _shared(url: str) -> Shared:
    return Shared(url)


def shared() -> Shared | None:
    """None while Valkey is away."""
    return None if time.monotonic() < _away_until else _shared(settings.REDIS_URL)


def leave_alone(error: Exception) -> None:
    """Valkey did not answer: each process goes by buckets of its own for a while."""
    global _away_until
    with _lock:
        is_news = time.monotonic() >= _away_until
        _away_until = time.monotonic() + AWAY_SECONDS
    if is_news:
        log.warning("rate budgets are kept per process for now", reason=str(error))
