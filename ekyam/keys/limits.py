"""What is counted in Valkey: refusals of an address, and what is told once a minute only.

While Valkey is away nothing is refused for want of a count: 178 random bits are not guessed, and
the limit is there to keep load and noise away.
"""

import time

import structlog
from django.conf import settings
from django.core.cache import cache
from redis.exceptions import RedisError

from ekyam.addresses import network_of

log = structlog.get_logger(__name__)

MINUTE = 60


def is_over(address: str) -> bool:
    """Whether this address has been refused too often in this minute.

    Then it is refused whatever it shows: an answer that is different for the right secret would
    go on telling which one is right.
    """
    try:
        is_over: bool = int(cache.get(_counter(address), 0)) >= settings.EKYAM_REFUSALS_PER_MINUTE
    except (RedisError, OSError) as error:
        log.warning("refusals are not counted", reason=str(error))
        return False
    if is_over and is_first("over", address=address):
        log.warning("refused too often, and not listened to for a minute", address=address)
    return is_over


def count_refusal(address: str) -> None:
    try:
        counter = _counter(address)
        cache.add(counter, 0, timeout=2 * MINUTE)
        cache.incr(counter)
    except (RedisError, OSError, ValueError) as error:
        log.warning("a refusal was not counted", reason=str(error))


def is_first(what: str, *, address: str) -> bool:
    """True once a minute for the same thing from there; never while Valkey is away."""
    try:
        return bool(cache.add(f"once:{what}:{network_of(address)}", 1, timeout=MINUTE))
    except (RedisError, OSError) as error:
        log.warning("whether this is the first is not known", reason=str(error))
        return False


def _counter(address: str) -> str:
    return f"refused:{network_of(address)}:{int(time.time()) // MINUTE}"
