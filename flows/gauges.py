"""What a scraper may ask of the engine: how much waits, and for how long."""

from collections.abc import Iterator

from django.db.models import Count, Min
from django.utils import timezone

from ekyam.metrics import Reading, gauge_source
from ekyam.tenants.scope import across_tenants
from flows.models import Delivery, Event
from flows.models.event import EventState
from flows.states import SENDABLE, State

COUNTED = (*SENDABLE, State.SENDING, State.PARKED, State.DEAD)


@gauge_source
def read_queues() -> Iterator[Reading]:
    now = timezone.now()
    with across_tenants("the scraper counts what waits, whosever it is"):
        counts = dict.fromkeys(COUNTED, 0) | dict(
            Delivery.objects.filter(state__in=COUNTED)
            .values_list("state")
            .annotate(count=Count("pk"))
        )
        due = Delivery.objects.filter(state__in=SENDABLE, due_at__lte=now)
        oldest = due.aggregate(at=Min("due_at"))["at"]
        events = Event.objects.filter(state=EventState.RECEIVED).aggregate(
            count=Count("pk"), at=Min("received_at")
        )
    for state, count in counts.items():
        yield Reading("ekyam_deliveries", "Deliveries by state.", count, {"state": str(state)})
    age = (now - oldest).total_seconds() if oldest else 0.0
    yield Reading("ekyam_oldest_due_seconds", "Age of the oldest delivery that is due.", age)
    yield Reading("ekyam_events_to_route", "Events not yet routed.", events["count"])
    age = (now - events["at"]).total_seconds() if events["at"] else 0.0
    yield Reading("ekyam_oldest_event_seconds", "Age of the oldest event not yet routed.", age)
