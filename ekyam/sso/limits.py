"""How often one address may knock in a minute, and how often in vain; counted in Valkey."""

import ipaddress
import time

from django.core.cache import cache
from django.http import HttpRequest

from ekyam.addresses import address_of

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
    return f"sso:{what}:{_network_of(request)}:{int(time.time()) // WINDOW_SECONDS}"


def _network_of(request: HttpRequest) -> str:
    """Whoever has one address of IPv6 has 2^64 of them."""
    address = address_of(request)
    is_wide = ":" in address
    return str(ipaddress.ip_network(f"{address}/64", strict=False)) if is_wide else address
