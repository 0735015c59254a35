"""So many requests a minute for each key or application, counted in Valkey."""

import logging
import time
from dataclasses import dataclass
from functools import cache

import redis
from django.conf import settings

log = logging.getLogger(__name__)
WINDOW_SECONDS = 60
# Valkey away: nobody waits for it longer than this, and it is asked again only after a while.
TIMEOUT_SECONDS, PAUSE_SECONDS = 0.25, 5.0
_away_until = 0.0


@dataclass(frozen=True)
class Spent:
    """How one caller stands within the window that is under way."""

    limit: int
    used: int
    reset_seconds: int

    @property
    def is_over(self) -> bool:
        return self.used > self.limit

    @property
    def headers(self) -> dict[str, str]:
        return {
            "RateLimit-Limit": str(self.limit),
            "RateLimit-Remaining": str(max(0, self.limit - self.used)),
            "RateLimit-Reset": str(self.reset_seconds),
        }


@cache
def _valkey(url: str) -> redis.Redis:
    return redis.Redis.from_url(
        url, socket_timeout=TIMEOUT_SECONDS, socket_connect_timeout=TIMEOUT_SECONDS
    )


def spend(caller: str, *, now: float | None = None) -> Spent:
    """Count one request. While Valkey is away everybody may go, and the log says so."""
    global _away_until
    at = time.time() if now is None else now
    window = int(at // WINDOW_SECONDS)
    reset = WINDOW_SECONDS - int(at % WINDOW_SECONDS)
    used = 0
    if time.monotonic() >= _away_until:
        try:
            used = _count(f"ekyam:api:{caller}:{window}")
        except (redis.RedisError, OSError) as error:
            _away_until = time.monotonic() + PAUSE_SECONDS
            log.warning("requests are not counted", extra={"error": str(error)})
    return Spent(settings.API_REQUESTS_PER_MINUTE, used, reset)


def _count(name: str) -> int:
    with _valkey(settings.REDIS_URL).pipeline() as pipeline:
        pipeline.incr(name)
        pipeline.expire(name, 2 * WINDOW_SECONDS)
        return int(pipeline.execute()[0])
