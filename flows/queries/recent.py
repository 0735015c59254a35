"""What came of a flow's newest records, as far as an index knows it at once."""

from uuid import UUID

from django.db.models import QuerySet

from flows.models import Delivery, Flow
from flows.queries.dead_letters import label_of
from flows.queries.runs import DeliveryRow
from flows.states import DONE, State

MOST = 8


def list_recent(flow: Flow) -> list[DeliveryRow]:
    """Done and dead ones, the newest first."""
    newest = _newest(flow, *DONE).union(_newest(flow, State.DEAD), all=True)
    rows = Delivery.objects.filter(pk__in=newest).select_related("target", "record")
    found = rows.defer("standard", "target__sealed").order_by("-sequence")
    return [
        DeliveryRow(
            id=one.public_id,
            label=label_of(one),
            target=one.target.label if one.target else "",
            state=one.state,
            reason=one.reason,
            note=one.note,
            at=one.finished_at or one.created_at,
        )
        for one in found[:MOST]
    ]


def _newest(flow: Flow, *states: State) -> QuerySet[Delivery, UUID]:
    """Their keys. An index has them in this order, of those that are done apart from the dead."""
    rows = Delivery.objects.filter(flow=flow, state__in=states)
    return rows.order_by("-sequence").values_list("pk", flat=True)[:MOST]
