"""What a person does with a delivery: replay it, edit and replay it, call it off."""

from collections.abc import Collection
from typing import Any

import msgspec
from django.utils import timezone

from connectors.errors import MappingFailed
from connectors.standard import resources
from flows.models import Delivery
from flows.operations.nudge import nudge
from flows.operations.receive import receive_again
from flows.operations.stock.streams import is_stock
from flows.states import CANCELLABLE, REPLAYABLE, RETRYABLE, IllegalMove, State


def retry_delivery(delivery: Delivery) -> None:
    """Send again what has not arrived. Raises IllegalMove also for what has."""
    replay_delivery(delivery, states=RETRYABLE)


def replay_delivery(delivery: Delivery, *, states: Collection[State] = REPLAYABLE) -> None:
    """Send it again. What could not even be read is read anew, by today's mapping.

    Raises IllegalMove when it is being sent, or a newer fact has taken its place.
    """
    row = Delivery.objects.select_for_update().get(pk=delivery.pk)
    if row.state not in states:
        raise IllegalMove(f"It is {row.state}: there is nothing to replay.")
    if row.standard is None or (row.attempts_made == 0 and row.state == State.DEAD):
        receive_again(event=row.event, flow_id=row.flow_id)
        _rest(row, "Read anew by a replay.")
        return
    _to_pending(row)


def edit_delivery(delivery: Delivery, standard: dict[str, Any]) -> None:
    """Put an edited record in its place, checked like any other, and send it.

    Raises MappingFailed when it does not hold, IllegalMove when it is too late.
    """
    row = Delivery.objects.select_for_update().get(pk=delivery.pk)
    if row.state not in REPLAYABLE or row.flow is None:
        raise IllegalMove(f"It is {row.state}: it cannot be edited.")
    if not is_editable(row):
        raise IllegalMove(
            "A quantity of stock is found when it is sent: correct it in its source, or change the"
            " formula."
        )
    try:
        resource = row.flow.stream_spec.resource
        record = msgspec.convert(standard, resources()[resource], strict=False)
        record.check()
    except msgspec.ValidationError as error:
        raise MappingFailed(f"The record is not right: {error}.") from error
    except ArithmeticError as error:
        raise MappingFailed("It holds a number that nobody can reckon with.") from error
    row.standard = msgspec.to_builtins(record)
    _to_pending(row)


def is_editable(row: Delivery) -> bool:
    """What is found anew when it is sent would be edited in vain."""
    return row.flow is not None and not is_stock(row.flow)


def _to_pending(row: Delivery) -> None:
    """Never twice: what may have been written is looked up before it is sent."""
    row.wrote = row.wrote or row.attempts_made > 0
    row.is_forced = True
    row.state, row.due_at, row.attempts_made = State.PENDING, timezone.now(), 0
    row.waits_for, row.finished_at, row.parked_at = "", None, None
    row.save()
    assert row.target_id is not None
    nudge("deliver", tenant_id=row.tenant_id, subject_id=row.target_id)


def _rest(row: Delivery, note: str) -> None:
    row.state, row.note, row.finished_at = State.SUPERSEDED, note, timezone.now()
    row.save(update_fields=["state", "note", "finished_at"])


def cancel_delivery(delivery: Delivery, *, note: str) -> None:
    """Call it off; raises IllegalMove when it has left already."""
    now = timezone.now()
    moved = Delivery.objects.filter(pk=delivery.pk, state__in=CANCELLABLE, wrote=False).update(
        state=State.CANCELLED, note=note, finished_at=now, waits_for=""
    )
    if not moved:
        raise IllegalMove("It has been sent, or may have been: it cannot be called off.")
