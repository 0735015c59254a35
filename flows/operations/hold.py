"""What rules have held: a person releases it, or rejects it."""

from collections.abc import Callable, Iterable
from typing import Any
from uuid import UUID

from django.utils import timezone
from django.utils.translation import gettext

from ekyam.audit.actors import current_actor
from ekyam.audit.record import record
from flows.models import Delivery
from flows.operations.nudge import nudge
from flows.operations.replay import is_held
from flows.state_words import DELIVERY
from flows.states import IllegalMove, State
from flows.waits import rule_of

OPEN = {"waits_for": "", "failure": "", "reason": "", "blame": ""}


def release(delivery: Delivery) -> None:
    """It is sent as it is, and not judged again; nor does the rule hold what comes of its record
    later, while what it looks at stays. Raises IllegalMove when it is not held."""
    row = _release(delivery.pk)
    _record(row, "delivery.released", {"state": str(State.PENDING)})


def reject(delivery: Delivery, reason: str) -> None:
    """It is not sent. Raises IllegalMove when it is not held."""
    row = _reject(delivery.pk, reason)
    _record(row, "delivery.rejected", {"state": str(State.CANCELLED)})


def release_many(delivery_ids: Iterable[UUID]) -> int:
    """Return how many were released; what is held no more is passed over."""
    return _many(delivery_ids, _release, "deliveries.released", "")


def reject_many(delivery_ids: Iterable[UUID], reason: str) -> int:
    def act(pk: UUID) -> Delivery:
        return _reject(pk, reason)

    return _many(delivery_ids, act, "deliveries.rejected", reason)


def _many(ids: Iterable[UUID], act: Callable[[UUID], Delivery], action: str, label: str) -> int:
    done: list[str] = []
    for pk in sorted(ids):  # in one order: two people may be at it
        try:
            done.append(act(pk).public_id)
        except IllegalMove:
            continue
    record(action, label=label, after={"count": len(done), "which": done})
    return len(done)


def _release(pk: UUID) -> Delivery:
    row, now = _held(pk), timezone.now()
    note = f"Released by {_who()}."
    _change(row, state=State.PENDING, due_at=now, note=note, is_released=True, **OPEN)
    if row.target_id is not None:
        nudge("deliver", tenant_id=row.tenant_id, subject_id=row.target_id)
    return row


def _reject(pk: UUID, reason: str) -> Delivery:
    row, now = _held(pk), timezone.now()
    note = f"Rejected by {_who()}: {reason}"
    _change(row, state=State.CANCELLED, finished_at=now, note=note, waits_for="")
    return row


def _held(pk: UUID) -> Delivery:
    row = Delivery.objects.select_for_update(of=("self",)).select_related("flow").get(pk=pk)
    if not is_held(row):
        raise IllegalMove(
            gettext("It is «{state}», and held no more.").format(state=DELIVERY[row.state])
        )
    return row


def _change(row: Delivery, **values: Any) -> None:
    row.why = f"{row.why} Held by the rule «{rule_of(row.waits_for)}».".strip()
    for name, value in values.items():
        setattr(row, name, value)
    row.save(update_fields=["why", *values])


def _who() -> str:
    return current_actor().label


def _record(row: Delivery, action: str, after: dict[str, Any]) -> None:
    label = f"{row.flow.label}: {row.external_id}" if row.flow else row.external_id
    record(
        action,
        subject=row.public_id,
        label=label,
        before={"state": str(State.PARKED)},
        after=after,
    )
