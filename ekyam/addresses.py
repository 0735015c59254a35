"""Where a request comes from."""

import ipaddress

from django.conf import settings
from django.http import HttpRequest


def address_of(request: HttpRequest) -> str:
    """The client's IP address; empty where it is none, as on a Unix socket.

    Each proxy of our own appends to X-Forwarded-For whom it was called by: what stands before
    those anybody can have written.
    """
    said = str(request.META.get("REMOTE_ADDR", ""))
    if proxies := settings.TRUSTED_PROXIES:
        hops = [hop.strip() for hop in request.headers.get("X-Forwarded-For", "").split(",")]
        said = hops[-proxies] if len(hops) >= proxies else said
    try:
        return str(ipaddress.ip_address(said))
    except ValueError:
        return ""


def network_of(address: str) -> str:
    """What limits count by: who has one address of IPv6 has 2^64 of them."""
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return "unknown"
    if found.version == 4:
        return address
    mapped = ipaddress.IPv6Address(found).ipv4_mapped
    return str(mapped or ipaddress.ip_network((found, 64), strict=False).network_address)
