"""A replay of many deliveries, each as if it were the only one."""

from collections.abc import Collection, Iterable
from uuid import UUID

from ekyam.audit.record import record
from flows.models import Delivery
from flows.operations.replay import Choice, send_again
from flows.states import REPLAYABLE, IllegalMove, State


def replay_many(
    delivery_ids: Iterable[UUID],
    *,
    cause: str = "",
    states: Collection[State] = REPLAYABLE,
    version: Choice = "same",
) -> int:
    """Return how many were replayed; what a newer fact has overtaken meanwhile is passed over.

    `cause` says in words what they have in common; `version` by which logic they are sent.
    """
    replayed: list[str] = []
    for delivery in Delivery.objects.filter(pk__in=list(delivery_ids)).order_by("sequence"):
        try:
            _, row = send_again(delivery, states=states, version=version)
            replayed.append(row.public_id)
        except IllegalMove:
            continue
    after = {"count": len(replayed), "which": replayed, "version": version}
    record("deliveries.replayed", label=cause, after=after)
    return len(replayed)
