"""The states of a delivery. Pure: no Django inside."""

from enum import StrEnum


class State(StrEnum):
    PENDING = "pending"  # waits for its turn
    SENDING = "sending"  # a worker is at it
    RETRYING = "retrying"  # failed, and will be tried again at `due_at`
    IN_DOUBT = "in_doubt"  # the answer was lost after the request left: read back first
    PARKED = "parked"  # waits for a link, or for a person to authorise again; costs no attempt
    SUCCEEDED = "succeeded"
    UNCHANGED = "unchanged"  # the target holds it already, nothing was sent
    DEAD = "dead"  # a person must act
    SUPERSEDED = "superseded"  # a newer fact took its place
    CANCELLED = "cancelled"  # a person called it off


OPEN = (State.PENDING, State.SENDING, State.RETRYING, State.IN_DOUBT, State.PARKED)
SENDABLE = (State.PENDING, State.RETRYING, State.IN_DOUBT)
DONE = (State.SUCCEEDED, State.UNCHANGED)
SUPERSEDABLE = (State.PENDING, State.RETRYING, State.PARKED, State.DEAD)
CANCELLABLE = (State.PENDING, State.RETRYING, State.PARKED, State.DEAD)
RETRYABLE = (State.DEAD, State.PARKED, State.RETRYING, State.CANCELLED)
REPLAYABLE = (*RETRYABLE, *DONE)


class IllegalMove(Exception):
    """A delivery cannot go from that state to this one."""
