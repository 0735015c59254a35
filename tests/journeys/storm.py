"""All that goes wrong between us and the vendors, for a while."""

from typing import Any

from flows.demo.remote import Remote, Remotes

WRITES = {
    "shopify": "POST .*graphql",
    "netsuite": "(POST|PUT|PATCH) /services/rest/record",
    "whiplash": "(POST|PUT) /api",
}
# Each with the share of the calls that it meets, and how often in all: a storm ends.
CALLS: tuple[dict[str, Any], ...] = (
    {"kind": "cut_after", "share": 0.2, "times": 50},
    {"kind": "cut_before", "share": 0.05, "times": 12},
    {"kind": "status", "status": 503, "share": 0.05, "times": 12},
    {"kind": "status", "status": 429, "headers": {"Retry-After": "1"}, "share": 0.02, "times": 4},
)
WEBHOOKS: tuple[dict[str, Any], ...] = (
    {"kind": "webhook_drop", "share": 0.1, "times": 40},
    {"kind": "webhook_duplicate", "share": 0.2, "times": 80},
    {"kind": "webhook_delay", "seconds": 3.0, "share": 0.1, "times": 40},
    {"kind": "webhook_reorder", "share": 0.1, "times": 40},
)


def raise_storm(remotes: Remotes) -> None:
    for remote in (remotes.shop, remotes.erp, remotes.warehouse):
        _raise_at(remote)


def _raise_at(remote: Remote) -> None:
    for fault in CALLS:
        remote.do("break", match=WRITES[remote.slug], **fault)
    for fault in WEBHOOKS:
        remote.do("break", **fault)
