"""How long a session may last: idle, and altogether. The strictest company of a person counts."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from ekyam.people.demands import demands_of
from ekyam.tenants.models import User


@dataclass(frozen=True)
class Lifetimes:
    """`idle` since the person was last seen, `absolute` since they signed in."""

    idle: timedelta
    absolute: timedelta

    def end_of(self, begun_at: datetime, last_seen_at: datetime) -> datetime:
        return min(begun_at + self.absolute, last_seen_at + self.idle)


def lifetimes_of(user: User) -> Lifetimes:
    """Asked when somebody signs in and then once a minute, so a stricter rule holds in a minute."""
    demands = demands_of(user)
    return Lifetimes(
        idle=timedelta(minutes=demands.idle_minutes),
        absolute=timedelta(hours=demands.absolute_hours),
    )
