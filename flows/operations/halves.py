"""Maps one system alone, before there is a flow; and begins flows with what was mapped so."""

from collections.abc import Sequence

from django.utils.translation import gettext

from connectors.models import Connection
from ekyam.audit.record import record
from flows.mapping.logic import Logic
from flows.models import Flow
from flows.operations.stock.streams import is_stock
from flows.operations.versions import publish, save_draft
from flows.queries.halves import find_halves
from flows.states import IllegalMove


def open_half(connection: Connection, *, stream: str = "", action: str = "") -> Flow:
    """The half of this stream, or of this action; made when it is first asked for.

    Raises KeyError where the system has no such, IllegalMove where nothing of it is mapped.
    """
    spec = connection.spec
    label = spec.stream(stream).label if stream else spec.action(action).label
    ends = {"source": connection, "stream": stream, "target": connection, "action": action}
    if is_stock(Flow(**ends)):
        raise IllegalMove(gettext("Stock goes by the formula of its flow: nothing is mapped."))
    half, is_new = Flow.with_halves.get_or_create(
        tenant_id=connection.tenant_id, **ends, defaults={"label": label}
    )
    if is_new:
        record("flow_half.made", subject=half.public_id, label=f"{connection.label}: {label}")
    return half


def begin_as_mapped(flows: Sequence[Flow]) -> None:
    """Flows that were just made go by what their systems were mapped to alone, if they were."""
    halves = find_halves({one for flow in flows for one in (flow.source, flow.target)})
    for flow in flows:
        reader = halves.get((flow.source_id, flow.stream, ""), Logic()).reader
        writer = halves.get((flow.target_id, "", flow.action), Logic()).writer
        if reader or writer:
            note = "As the systems were mapped before there was a flow."
            save_draft(flow, Logic(reader=reader, writer=writer), edition=0, note=note)
            publish(flow)
