"""The kinds of alerts: what their number may be, and what it is at first. Pure."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Kind:
    """What the threshold counts, the page of the rule says."""

    slug: str
    threshold: int
    least: int
    most: int
    is_on: bool
    escalate_minutes: int


KINDS = {
    one.slug: one
    for one in (
        Kind("connection_down", 0, 0, 1440, True, 60),
        Kind("dead_letters", 1, 1, 10_000, True, 0),
        Kind("flow_silent", 2, 1, 24, False, 0),
        Kind("stock_drift", 50, 1, 1_000_000, False, 0),
        Kind("sync_late", 26, 1, 168, False, 0),
    )
}
