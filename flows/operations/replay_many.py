"""A replay of many deliveries, each as if it were the only one."""

from collections.abc import Collection, Iterable
from uuid import UUID

from flows.models import Delivery
from flows.operations.replay import replay_delivery
from flows.states import REPLAYABLE, IllegalMove, State


def replay_many(delivery_ids: Iterable[UUID], *, states: Collection[State] = REPLAYABLE) -> int:
    """Return how many were replayed; what a newer fact has overtaken meanwhile is passed over."""
    replayed = 0
    for delivery in Delivery.objects.filter(pk__in=list(delivery_ids)).order_by("sequence"):
        try:
            replay_delivery(delivery, states=states)
            replayed += 1
        except IllegalMove:
            continue
    return replayed
