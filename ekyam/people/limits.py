"""How often somebody may be wrong: counted in Valkey before the answer is looked at.

So parallel tries cannot be more than the limit, whoever of them is first. Windows are fixed: each
begins at a whole multiple of its length.
"""

from dataclasses import dataclass
from datetime import datetime

from django.core.cache import cache

from ekyam.addresses import network_of


class TooMany(Exception):
    """The limit is used up for now. `minutes`: until the window ends, at least one."""

    def __init__(self, minutes: int) -> None:
        super().__init__(f"{minutes} min")
        self.minutes = minutes


@dataclass(frozen=True)
class Limit:
    name: str
    amount: int
    seconds: int

    def count(self, subject: str, now: datetime) -> None:
        """Count one, or raise TooMany."""
        if self._add(subject, now, 1) > self.amount:
            rest = self.seconds - int(now.timestamp()) % self.seconds
            raise TooMany(max(1, -(-rest // 60)))

    def give_back(self, subject: str, now: datetime) -> None:
        """It was no failure after all."""
        self._add(subject, now, -1)

    def _add(self, subject: str, now: datetime, amount: int) -> int:
        key = f"people:{self.name}:{subject}:{int(now.timestamp()) // self.seconds}"
        cache.add(key, 0, timeout=2 * self.seconds)
        return int(cache.incr(key, amount))


WRONG_CODES_OF_PERSON = (Limit("wrong", 10, 15 * 60), Limit("wrong-a-day", 40, 24 * 3600))
WRONG_CODES_FROM_ADDRESS = (Limit("wrong-from", 60, 15 * 60),)
TEXTS_TO_NUMBER = Limit("texts-to", 10, 3600)
TEXTS_FROM_ADDRESS = Limit("texts-from", 30, 3600)


def count_try(person: str, address: str, now: datetime) -> None:
    """Count one code that is tried, of the person and from the address; or raise TooMany."""
    for limit, subject in _of(person, address):
        limit.count(subject, now)


def forgive_try(person: str, address: str, now: datetime) -> None:
    for limit, subject in _of(person, address):
        limit.give_back(subject, now)


def _of(person: str, address: str) -> list[tuple[Limit, str]]:
    network = network_of(address)
    return [(limit, person) for limit in WRONG_CODES_OF_PERSON] + [
        (limit, network) for limit in WRONG_CODES_FROM_ADDRESS
    ]
