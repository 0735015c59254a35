"""How often one address may knock in a minute, and how often in vain; counted in Valkey."""

import time

from django.core.cache import cache
from django.http import HttpRequest

from ekyam.addresses import address_of, network_of

WINDOW_SECONDS = 60
KNOCKS, FAILURES = 120, 20  # a whole office may stand behind one address


def may_knock(request: HttpRequest) -> bool:
    """Count this request; False when it is one too many, or too many failed before it."""
    failed = cache.get(_key("failed", request)) or 0
    return _count("knocks", request) <= KNOCKS and failed < FAILURES


def count_failure(request: HttpRequest) -> None:
    _count("failed", request)


def _count(what: str, request: HttpRequest) -> int:
    key = _key(what, request)
    cache.add(key, 0, 2 * WINDOW_SECONDS)
    return int(cache.incr(key))


def _key(what: str, request: HttpRequest) -> str:
    return f"sso:{what}:{network_of(address_of(request))}:{int(time.time()) // WINDOW_SECONDS}"
