"""How long a session may last: idle, and altogether. The strictest company of a person counts."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings

from ekyam.tenants.models import User


@dataclass(frozen=True)
class Lifetimes:
    """`idle` since the person was last seen, `absolute` since they signed in."""

    idle: timedelta
    absolute: timedelta

    def end_of(self, begun_at: datetime, last_seen_at: datetime) -> datetime:
        return min(begun_at + self.absolute, last_seen_at + self.idle)


def strictest(wishes: Iterable[Lifetimes]) -> Lifetimes:
    """Of at least one."""
    wishes = list(wishes)
    return Lifetimes(min(one.idle for one in wishes), min(one.absolute for one in wishes))


def lifetimes_of(user: User) -> Lifetimes:
    """Asked when somebody signs in and then once a minute, so a stricter rule holds in a minute."""
    return strictest([_of_the_installation()])


def _of_the_installation() -> Lifetimes:
    return Lifetimes(
        idle=timedelta(minutes=settings.EKYAM_SESSION_IDLE_MINUTES),
        absolute=timedelta(hours=settings.EKYAM_SESSION_HOURS),
    )
