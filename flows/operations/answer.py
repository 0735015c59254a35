"""A person has done what an event asked for."""

from ekyam.audit.record import record
from flows.models import Event
from flows.models.event import EventState


def mark_answered(event: Event, *, note: str) -> bool:
    """False when it asked for nothing, or somebody was faster."""
    asking = Event.objects.filter(pk=event.pk, state=EventState.ASKS)
    if not asking.update(state=EventState.ROUTED, note=note):
        return False
    record("question.answered", subject=event.public_id, label=event.topic, after={"note": note})
    return True
