"""A person has done what an event asked for."""

from flows.models import Event
from flows.models.event import EventState


def mark_answered(event: Event, *, note: str) -> bool:
    """False when it asked for nothing, or somebody was faster."""
    asking = Event.objects.filter(pk=event.pk, state=EventState.ASKS)
    return bool(asking.update(state=EventState.ROUTED, note=note))
