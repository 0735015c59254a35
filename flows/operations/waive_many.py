"""Many deliveries are called off with one note, each as if it were the only one."""

from collections.abc import Iterable
from uuid import UUID

from ekyam.audit.record import record
from flows.models import Delivery
from flows.operations.replay import call_off
from flows.states import IllegalMove


def waive_many(delivery_ids: Iterable[UUID], *, note: str) -> int:
    """Return how many were called off; what may have been written is passed over."""
    waived: list[str] = []
    for delivery in Delivery.objects.filter(pk__in=list(delivery_ids)).order_by("sequence"):
        try:
            call_off(delivery, note=note)
            waived.append(delivery.public_id)
        except IllegalMove:
            continue
    record("deliveries.cancelled", label=note, after={"count": len(waived), "which": waived})
    return len(waived)
