"""A person holds an order, so that nothing of it is sent, and lets it go again."""

from django.utils import timezone
from django.utils.translation import gettext

from ekyam.audit.actors import current_actor
from ekyam.audit.record import record
from flows.models import Delivery, OrderHold, Record
from flows.operations.nudge import nudge
from flows.states import SENDABLE, IllegalMove


def hold_order(order: Record, reason: str) -> OrderHold:
    """Nothing of it, or of what belongs to it, leaves until `release_order`; also what comes later.

    What is being sent at this moment may still arrive. Raises IllegalMove when it is held already.
    """
    _lock(order)
    if found := _hold_of(order):
        raise IllegalMove(gettext("{held_by} holds it already.").format(held_by=found.held_by))
    row = OrderHold.objects.create(
        tenant_id=order.tenant_id, record=order, reason=reason, held_by=current_actor().label
    )
    after = {"held": True, "reason": reason}
    record("order.held", subject=order.public_id, label=_name(order), after=after)
    return row


def release_order(order: Record, *, seen: str = "") -> OrderHold:
    """What waits is sent as it is now. `seen` is the hold that was looked at, by its public id.

    Raises IllegalMove when nobody holds it, or somebody else does by now.
    """
    _lock(order)
    row = _hold_of(order)
    if row is None:
        raise IllegalMove(gettext("Nobody holds it any more."))
    if seen and seen != row.public_id:
        raise IllegalMove(
            gettext("It was released, and {held_by} holds it anew: {reason}").format(
                held_by=row.held_by, reason=row.reason
            )
        )
    row.released_at, row.released_by = timezone.now(), current_actor().label
    row.save(update_fields=["released_at", "released_by"])
    waiting = Delivery.objects.filter(root=order, state__in=SENDABLE)
    for target_id in set(waiting.values_list("target_id", flat=True)):
        if target_id is not None:
            nudge("deliver", tenant_id=order.tenant_id, subject_id=target_id)
    before = {"held": True, "reason": row.reason}
    label = _name(order)
    record("order.released", subject=order.public_id, label=label, before=before, after={})
    return row


def _lock(order: Record) -> None:
    """Two people at it are one after the other."""
    Record.objects.select_for_update(of=("self",), no_key=True).get(pk=order.pk)


def _hold_of(order: Record) -> OrderHold | None:
    return OrderHold.objects.filter(record=order, released_at=None).first()


def _name(order: Record) -> str:
    return order.label or order.reference
