"""Keeps a connection below its vendor's limits, so that the vendor need not say no.

Of this process. The vendor's own refusal, which all processes heed, is the connection's
`throttled_until`.
"""

import threading
import time
from uuid import UUID

from connectors.spec import Limits

LONGEST_WAIT_SECONDS = 20.0


class Bucket:
    """`per_second` points come in, up to `burst`; a request waits for what it costs."""

    def __init__(self, per_second: float, burst: float) -> None:
        self.per_second, self.burst = per_second, burst
        self._points, self._at = burst, time.monotonic()
        self._lock = threading.Lock()

    def take(self, cost: float) -> float:
        """Take the points, on credit if need be; returns the seconds that the caller must wait."""
        with self._lock:
            now = time.monotonic()
            self._points = min(self.burst, self._points + (now - self._at) * self.per_second)
            self._at = now
            self._points -= cost
            return max(0.0, -self._points / self.per_second)


_lock = threading.Lock()
_buckets: dict[UUID, Bucket] = {}
_slots: dict[UUID, threading.BoundedSemaphore] = {}


def pace(connection_id: UUID, limits: Limits, cost: float) -> None:
    """Wait until a request of this cost may go. No `per_second`, no limit."""
    if not limits.per_second:
        return
    with _lock:
        bucket = _buckets.get(connection_id)
        if bucket is None or bucket.per_second != limits.per_second:
            bucket = _buckets[connection_id] = Bucket(limits.per_second, limits.burst)
    seconds = bucket.take(cost)
    if seconds > 0:
        time.sleep(min(seconds, LONGEST_WAIT_SECONDS))


def slot(connection_id: UUID, concurrency: int) -> threading.BoundedSemaphore:
    """To be held during a request: no more than `concurrency` are under way at once."""
    with _lock:
        return _slots.setdefault(connection_id, threading.BoundedSemaphore(max(1, concurrency)))
