"""When a failed attempt is tried again. Pure: no Django, no clock, no chance of its own."""

from collections.abc import Sequence
from dataclasses import dataclass

from connectors.errors import (
    Failure,
    MissingLink,
    MissingRow,
    RateLimited,
    Stale,
    Unauthorized,
    UnexpectedResponse,
    Unreachable,
)
from flows.states import State
from flows.waits import may_be_row

UNEXPECTED_RETRIES = 2
# What changed the target behind our back, such as an order, is told to us in about this time.
LOOK_AGAIN_SECONDS = 2.0


@dataclass(frozen=True)
class Decision:
    """The next state, how many seconds to wait for it, and whether the try is counted."""

    state: State
    delay_seconds: float = 0.0
    is_counted: bool = True


def decide(
    failure: Exception,
    *,
    attempts_made: int,
    wrote: bool,
    schedule: Sequence[float],
    jitter: float,
) -> Decision:
    """What follows from a failed attempt.

    `attempts_made` are those before this one; `wrote` says that the request may have changed the
    target; `schedule` is the wait after each attempt; `jitter`, in 0..1, spreads it by +-20 %.
    """
    if isinstance(failure, RateLimited):
        return Decision(State.PENDING, failure.retry_after, is_counted=False)
    if isinstance(failure, Stale):
        return Decision(State.PENDING, LOOK_AGAIN_SECONDS, is_counted=False)
    if isinstance(failure, (MissingLink, Unauthorized)):
        return Decision(State.PARKED, is_counted=False)
    if isinstance(failure, MissingRow) and may_be_row(failure.table, failure.key):
        return Decision(State.PARKED, is_counted=False)
    if isinstance(failure, (Unreachable, UnexpectedResponse)):
        limit = UNEXPECTED_RETRIES if isinstance(failure, UnexpectedResponse) else len(schedule)
        if attempts_made >= min(limit, len(schedule)):
            return Decision(State.DEAD)
        delay = schedule[attempts_made] * (0.8 + 0.4 * jitter)
        return Decision(State.IN_DOUBT if wrote else State.RETRYING, delay)
    return Decision(State.DEAD)


def blame_of(failure: Exception) -> str:
    return failure.blame if isinstance(failure, Failure) else "ekyam"


def code_of(failure: Exception) -> str:
    return failure.code if isinstance(failure, Failure) else "bug"


def reason_of(failure: Exception) -> str:
    """For people: what a programmer reads comes behind whose fault it is."""
    if isinstance(failure, Failure):
        return str(failure)
    return f"Ekyam failed at it by a fault of its own, {type(failure).__name__}: {failure}"[:500]


def line_of(failure: Exception) -> str:
    """The attribute of the mapping at which it failed, if one did."""
    return str(getattr(failure, "line", ""))[:200].replace("\0", "")
