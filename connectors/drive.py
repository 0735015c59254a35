"""Runs a plan: each request that it yields is sent, each answer is handed back to it."""

from collections.abc import Callable, Sequence
from typing import TypeVar

from connectors.spec import Plan, Request, Response

T = TypeVar("T")
Send = Callable[[Request], Response]


def drive(plan: Plan[T], send: Send) -> T:
    """The plan's result; whatever `send` raises comes up inside the plan, where it stopped."""
    answer: Response | list[Response] | None = None
    failure: Exception | None = None
    while True:
        try:
            wanted = plan.throw(failure) if failure else plan.send(answer)
        except StopIteration as stop:
            result: T = stop.value
            return result
        answer, failure = None, None
        try:
            answer = [send(one) for one in wanted] if isinstance(wanted, Sequence) else send(wanted)
        except Exception as error:  # handed to the plan, which lets it pass or knows better
            failure = error
