"""One account's points and places, as plain values; bucket.lua says the same inside Valkey.

Points come in at a rate, up to a size. A request takes its cost and a place before it goes, and
gives the place back when it is answered. Who cannot go yet waits in a queue, by lane and then by
coming, and asks again; there must be room for all that are ahead of it as well, but it need not
wait until they have noticed. Time is an argument, in seconds.
"""

import math
from dataclasses import dataclass, field
from typing import NamedTuple

from connectors.spec import Limits, Meter

# What a lane leaves untouched, as a share of the bucket, for those before it: the restore rate is
# there for whoever comes, but what is saved up is for orders first.
RESERVES = (0.0, 0.02, 0.05, 0.1, 0.2)
POLL_SECONDS = 0.02  # room made by another process is seen this soon by the first in the queue
LONGEST_PAUSE_SECONDS = 1.0  # the limits may have been changed since
GRACE_SECONDS = 1.0  # who has not asked again by then has died
MINUTE = 60.0


class Answer(NamedTuple):
    """May it go; if not, when to ask again. `next` are those that wait and could go by now."""

    may_go: bool = True
    seconds: float = 0.0
    next: tuple[str, ...] = ()


class Standing(NamedTuple):
    """How an account's budget stands. `used` is points spent in about the last minute."""

    level: float = 0.0
    size: float = 0.0
    per_second: float = 0.0
    used: float = 0.0
    throttled: int = 0  # answers of the last hour
    under_way: int = 0
    waiting: int = 0


@dataclass
class _Going:
    until: float
    cost: float
    turn: int


@dataclass
class _Waiting:
    until: float
    cost: float
    turn: int
    lane: int


@dataclass
class Bucket:
    """`taught` is the turn of the latest request whose answer has corrected the level."""

    at: float
    level: float = math.inf
    learned: tuple[float, float] | None = None  # size and rate, as the vendor tells them
    turn: int = 0
    taught: int = 0
    used: float = 0.0
    going: dict[str, _Going] = field(default_factory=dict)
    queue: dict[str, _Waiting] = field(default_factory=dict)
    throttled: dict[int, int] = field(default_factory=dict)  # answers, by minute

    def ask(
        self, limits: Limits, key: str, now: float, *, lane: int, cost: float, seconds: float
    ) -> Answer:
        """To go with a request that is over, one way or the other, within so many seconds."""
        self._pass_time(limits, now)
        mine = self.queue.get(key) or _Waiting(0.0, cost, self._next_turn(), lane)
        ahead = [
            one
            for other, one in self.queue.items()
            if other != key and (one.lane, one.turn) < (mine.lane, mine.turn)
        ]
        missing = self._missing(limits, lane, cost) + sum(one.cost for one in ahead)
        if missing <= 0 and self._has_place(limits, len(ahead)):
            self.queue.pop(key, None)
            price = min(cost, self._size(limits)) if limits.per_second else 0.0
            self.level -= price
            self.used += price
            self.going[key] = _Going(now + seconds, price, self._next_turn())
            return Answer(next=self._who_may(limits))
        wait = POLL_SECONDS * (len(ahead) + 1)
        if missing > 0:
            due = max(0.001, missing / self._rate(limits))
            wait = min(wait if self.going else LONGEST_PAUSE_SECONDS, due)
        mine.until = now + wait + GRACE_SECONDS
        self.queue[key] = mine
        return Answer(False, wait, self._who_may(limits))

    def settle(
        self,
        limits: Limits,
        key: str,
        now: float,
        *,
        cost: float | None,
        meter: Meter | None,
        throttled: bool,
    ) -> Answer:
        """It is over: `cost` is what it took, if that is known."""
        self._pass_time(limits, now)
        gone = self.going.pop(key, None)
        if gone is not None and cost is not None and limits.per_second:
            self.level = min(self._size(limits), self.level + gone.cost - cost)
            self.used += cost - gone.cost
        if meter is not None and meter.per_second > 0:
            self.learned = (meter.most, meter.per_second)
            if gone is not None and gone.turn > self.taught:
                self.taught = gone.turn
                self._learn(meter.available, gone.turn)
        if throttled:
            self.level = min(self.level, 0.0)
            minute = int(now // MINUTE)
            self.throttled[minute] = self.throttled.get(minute, 0) + 1
        return Answer(next=self._who_may(limits))

    def leave(self, limits: Limits, key: str, now: float) -> Answer:
        """Wait no more."""
        self._pass_time(limits, now)
        self.queue.pop(key, None)
        return Answer(next=self._who_may(limits))

    def look(self, limits: Limits, now: float) -> Standing:
        self._pass_time(limits, now)
        size, rate = (self._size(limits), self._rate(limits)) if limits.per_second else (0.0, 0.0)
        level = min(self.level, size)
        throttled = sum(self.throttled.values())
        return Standing(level, size, rate, self.used, throttled, len(self.going), len(self.queue))

    def _learn(self, available: float, turn: int) -> None:
        """Correct the level where it cannot be what the vendor says.

        Of the requests under way, the vendor has counted those that went before this one; whether
        it has counted the later ones nobody knows.
        """
        later = sum(one.cost for one in self.going.values() if one.turn > turn)
        every = sum(one.cost for one in self.going.values())
        self.level = min(max(self.level, available - every), available - later)

    def _pass_time(self, limits: Limits, now: float) -> None:
        passed = max(0.0, now - self.at)
        self.at += passed
        self.level = min(self._size(limits), self.level + passed * self._rate(limits))
        self.used *= math.exp(-passed / MINUTE)
        self.going = {key: one for key, one in self.going.items() if one.until > now}
        self.queue = {key: one for key, one in self.queue.items() if one.until > now}
        hour = now // MINUTE - 60
        self.throttled = {at: count for at, count in self.throttled.items() if at > hour}

    def _size(self, limits: Limits) -> float:
        return self.learned[0] if self.learned else limits.burst

    def _rate(self, limits: Limits) -> float:
        return self.learned[1] if self.learned else limits.per_second

    def _next_turn(self) -> int:
        self.turn += 1
        return self.turn

    def _has_place(self, limits: Limits, ahead: int) -> bool:
        return not limits.concurrency or len(self.going) + ahead < limits.concurrency

    def _missing(self, limits: Limits, lane: int, cost: float) -> float:
        """Points that are not there yet. What costs more than a full bucket goes when it is full,
        and what would need the reserve to be larger than the bucket eats into the reserve."""
        if not limits.per_second:
            return -math.inf
        size = self._size(limits)
        return min(cost + RESERVES[min(lane, len(RESERVES) - 1)] * size, size) - self.level

    def _who_may(self, limits: Limits) -> tuple[str, ...]:
        """The first of the queue, as many as could go now."""
        found: list[str] = []
        points = 0.0
        for key, one in sorted(self.queue.items(), key=lambda one: (one[1].lane, one[1].turn)):
            missing = self._missing(limits, one.lane, one.cost) + points
            if missing > 0 or not self._has_place(limits, len(found)):
                break
            found.append(key)
            points += one.cost
        return tuple(found)
