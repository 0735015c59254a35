"""Tells a connection's health of what was tried, and the world when it changes."""

from collections.abc import Iterable
from datetime import datetime

from connectors.errors import (
    Failure,
    Interrupted,
    RateLimited,
    Unauthorized,
    UnexpectedResponse,
    Unreachable,
)
from connectors.health import Heard, hear
from connectors.models import Connection
from flows.operations.publish import CONNECTION_FAILING, CONNECTION_WELL, fact, write_facts
from flows.operations.send import Outcome


def hear_of(connection: Connection, heard: Heard, *, now: datetime) -> None:
    """Needs a tenant scope; late in its transaction."""
    turn = hear(connection, heard, now=now)
    if turn:
        kind = CONNECTION_FAILING if turn == "failing" else CONNECTION_WELL
        one = fact(
            connection.tenant_id,
            kind,
            subject=connection.public_id,
            at=now,
            reason=connection.state_reason,
        )
        write_facts([one])


def heard_of_page(took_ms: float) -> Heard:
    """A page that was read."""
    return Heard(good=1, good_ms=took_ms)


def heard_of_failure(failure: Exception | None, *, was_asked: bool = True) -> Heard:
    """What a failed try tells of the system: a refusal is an answer, and our own bugs say nothing.

    `was_asked`: a request was made, so that what failed is not ours.
    """
    if isinstance(failure, Interrupted):
        return Heard()
    if isinstance(failure, Unreachable):
        return Heard(failed=1, silent=1, reason=str(failure))
    if not was_asked or not isinstance(failure, Failure):
        return Heard()
    if isinstance(failure, RateLimited):
        return Heard(throttled=1)
    if isinstance(failure, Unauthorized | UnexpectedResponse):
        return Heard(failed=1)
    return Heard(good=1)


def heard_of_tries(outcomes: Iterable[Outcome]) -> Heard:
    total = Heard()
    for outcome in outcomes:
        total = _add(total, _heard(outcome))
    return total


def _heard(outcome: Outcome) -> Heard:
    was_asked = bool(outcome.exchanges)
    if outcome.failure is not None:
        found = heard_of_failure(outcome.failure, was_asked=was_asked)
    else:
        found = Heard(good=1) if was_asked else Heard()
    return Heard(good=1, good_ms=outcome.duration_ms) if found.good else found


def _add(one: Heard, other: Heard) -> Heard:
    return Heard(
        good=one.good + other.good,
        failed=one.failed + other.failed,
        throttled=one.throttled + other.throttled,
        good_ms=one.good_ms + other.good_ms,
        silent=one.silent + other.silent,
        reason=other.reason or one.reason,
    )
