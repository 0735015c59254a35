"""The kinds of alerts: what their number means, and what it is at first. Pure."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Kind:
    """`unit` is what the threshold counts; `help` says it to whoever sets it."""

    slug: str
    unit: str
    threshold: int
    least: int
    most: int
    is_on: bool
    escalate_minutes: int
    help: str


KINDS = {
    one.slug: one
    for one in (
        Kind(
            *("connection_down", "minutes", 0, 0, 1440, True, 60),
            help="After a connection was down for so many minutes. 0: at once.",
        ),
        Kind(
            *("dead_letters", "dead letters", 1, 1, 10_000, True, 0),
            help="From so many dead letters of one cause on.",
        ),
        Kind(
            *("flow_silent", "hours", 2, 1, 24, False, 0),
            help="After so many whole hours without a record in which some always came in the "
            "weeks before. It needs two weeks to know.",
        ),
        Kind(
            *("stock_drift", "levels", 50, 1, 1_000_000, False, 0),
            help="If a full comparison finds so many levels of stock that differ.",
        ),
        Kind(
            *("sync_late", "hours", 26, 1, 168, False, 0),
            help="If no full comparison was finished for so many hours.",
        ),
    )
}
