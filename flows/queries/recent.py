"""What came of a flow's newest records, as far as an index knows it at once."""

from flows.models import Delivery, Flow
from flows.queries.dead_letters import label_of
from flows.queries.runs import DeliveryRow
from flows.states import DONE, State

MOST = 8


def list_recent(flow: Flow) -> list[DeliveryRow]:
    """Done and dead ones, the newest first: two queries."""
    found = [
        *_newest(flow, *DONE),
        *_newest(flow, State.DEAD),
    ]
    found.sort(key=lambda one: one.sequence, reverse=True)
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


def _newest(flow: Flow, *states: State) -> list[Delivery]:
    rows = Delivery.objects.filter(flow=flow, state__in=states)
    rows = rows.select_related("target", "record").defer("standard", "target__sealed")
    return list(rows.order_by("-sequence")[:MOST])
