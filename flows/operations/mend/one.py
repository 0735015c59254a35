"""A person sends one dead letter again, unless something newer has overtaken it."""

from django.utils import timezone

from ekyam.audit.record import record
from flows.models import Delivery
from flows.operations.mend.stale import Newer, find_newer, put_to_rest
from flows.operations.replay import Choice, replay_delivery
from flows.states import State


def retry_one(delivery: Delivery, *, version: Choice = "same") -> Newer | None:
    """Replay it, or put it to rest and return what is newer. Raises IllegalMove as a replay."""
    row = Delivery.objects.select_for_update().get(pk=delivery.pk)
    newer = find_newer([row.pk]).get(row.pk) if row.state == State.DEAD else None
    if newer is None or not put_to_rest(row, newer, timezone.now()):
        replay_delivery(row, version=version)
        return None
    before, after = {"state": str(State.DEAD)}, {"state": row.state, "newer": newer.public_id}
    record(
        "delivery.superseded",
        subject=row.public_id,
        label=row.external_id,
        before=before,
        after=after,
    )
    return newer
