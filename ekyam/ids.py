"""Ids that sort by time: UUID version 7 inside, a prefix and base 32 outside."""

import secrets
import threading
import time
import uuid
from datetime import datetime

ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"
VALUES = {character: value for value, character in enumerate(ALPHABET)}
PAIRS = [first + second for first in ALPHABET for second in ALPHABET]  # of 10 bits
LENGTH = 26  # 26 characters of 5 bits hold the 128 bits of a UUID
SHIFTS = range(5 * (LENGTH - 2), -1, -10)


class UnknownId(ValueError):
    """The text is not a public id of the kind that was asked for."""


class _Clock:
    """Milliseconds and a 12-bit fraction of one, never the same twice in this process."""

    def __init__(self) -> None:
        self._last = 0
        self._lock = threading.Lock()

    def tick(self) -> int:
        milliseconds, rest = divmod(time.time_ns(), 1_000_000)
        now = milliseconds << 12 | rest * 4096 // 1_000_000
        with self._lock:
            self._last = max(now, self._last + 1)
            return self._last


_clock = _Clock()


def new() -> uuid.UUID:
    """Return a UUID version 7 (RFC 9562, section 5.7; the fraction is method 3 of section 6.2)."""
    tick = _clock.tick()
    milliseconds, fraction = tick >> 12, tick & 0xFFF
    return uuid.UUID(
        int=milliseconds << 80 | 0x7 << 76 | fraction << 64 | 0b10 << 62 | secrets.randbits(62)
    )


def floor(at: datetime) -> uuid.UUID:
    """Return the smallest id of that moment: what came since has a greater or an equal one."""
    milliseconds = int(at.timestamp() * 1000)
    return uuid.UUID(int=milliseconds << 80 | 0x7 << 76 | 0b10 << 62)


def public(prefix: str, id_: uuid.UUID) -> str:
    """Return the id as people and machines outside see it: evt_01j8..., 26 characters long."""
    number = id_.int
    return f"{prefix}_" + "".join([PAIRS[number >> shift & 1023] for shift in SHIFTS])


def parse(prefix: str, text: str) -> uuid.UUID:
    """Read a public id back, or raise UnknownId: one id has one spelling only."""
    kind, separator, body = text.rpartition("_")
    if kind != prefix or not separator or len(body) != LENGTH or not set(body) <= VALUES.keys():
        raise UnknownId(f"{text!r} is not an id that starts with {prefix}_")
    number = 0
    for character in body:
        number = number << 5 | VALUES[character]
    if number >> 128:
        raise UnknownId(f"{text!r} is too large to be an id")
    return uuid.UUID(int=number)
