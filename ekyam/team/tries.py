"""How often one address followed links that lead nowhere. Kept in Valkey; without it, not counted.

Nobody guesses a token of 256 bits: this spares the database those who try.
"""

import structlog
from django.core.cache import cache
from redis import RedisError

MOST = 20
WINDOW_SECONDS = 600

log = structlog.get_logger()


def are_too_many(address: str) -> bool:
    try:
        return int(cache.get(_key(address), 0)) >= MOST
    except RedisError:
        return False


def count_try(address: str) -> None:
    log.warning("invitation_refused", address=address)
    try:
        if not cache.add(_key(address), 1, WINDOW_SECONDS):
            cache.incr(_key(address))
    except (RedisError, ValueError):  # it is away, or its window has just ended
        return


def _key(address: str) -> str:
    return f"invitation_tries:{address}"
