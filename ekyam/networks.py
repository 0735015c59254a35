"""Which addresses are not the public internet: our own table, since Python's has holes.

`ipaddress.is_global` calls NAT64, 6to4, multicast and Azure's 168.63.129.16 global.
"""

from ipaddress import IPv4Address, IPv6Address, ip_network

_REFUSED_V4 = tuple(
    ip_network(text)
    for text in (
        "0.0.0.0/8",  # this host
        "10.0.0.0/8",
        "100.64.0.0/10",  # carrier-grade NAT; Alibaba's metadata
        "127.0.0.0/8",
        "168.63.129.16/32",  # Azure's own services, on a public address
        "169.254.0.0/16",  # link-local; metadata of AWS, Google, Azure
        "172.16.0.0/12",
        "192.0.0.0/24",  # protocol assignments; Oracle's metadata
        "192.0.2.0/24",
        "192.31.196.0/24",
        "192.52.193.0/24",
        "192.88.99.0/24",  # 6to4 relays
        "192.168.0.0/16",
        "192.175.48.0/24",
        "198.18.0.0/15",
        "198.51.100.0/24",
        "203.0.113.0/24",
        "224.0.0.0/4",  # multicast
        "240.0.0.0/4",  # reserved, and the broadcast address
    )
)
# All but this is local, mapped, translated (NAT64), multicast or unassigned.
_PUBLIC_V6 = ip_network("2000::/3")
_REFUSED_V6 = tuple(
    ip_network(text)
    for text in (
        "2001::/23",  # protocol assignments: Teredo, ORCHID, benchmarking
        "2001:db8::/32",
        "2002::/16",  # 6to4 holds any IPv4 address
        "2620:4f:8000::/48",
        "3fff::/20",
    )
)


def is_refused(address: IPv4Address | IPv6Address) -> bool:
    """Return whether a tenant's URL may not lead to this address."""
    if isinstance(address, IPv4Address):
        return any(address in network for network in _REFUSED_V4)
    return address not in _PUBLIC_V6 or any(address in network for network in _REFUSED_V6)
