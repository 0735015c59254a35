"""Many deliveries are called off with one note, each as if it were the only one."""

from collections.abc import Iterable
from uuid import UUID

from flows.models import Delivery
from flows.operations.replay import cancel_delivery
from flows.states import IllegalMove


def waive_many(delivery_ids: Iterable[UUID], *, note: str) -> int:
    """Return how many were called off; what may have been written is passed over."""
    waived = 0
    for delivery in Delivery.objects.filter(pk__in=list(delivery_ids)).order_by("sequence"):
        try:
            cancel_delivery(delivery, note=note)
            waived += 1
        except IllegalMove:
            continue
    return waived
