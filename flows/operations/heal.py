"""Rows of lookup tables that have come, and the deliveries that waited for them."""

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from django.db import connection
from django.db.models import QuerySet

from connectors.errors import MissingRow
from flows.models import Delivery, LookupRow
from flows.operations.nudge import nudge
from flows.operations.receive import receive_again
from flows.operations.tables import forget_row
from flows.states import State
from flows.waits import for_row, may_be_row, row_of


def waiting_for(table: str, key: str) -> QuerySet[Delivery]:
    return Delivery.objects.filter(state=State.PARKED, waits_for=for_row(table, key))


def keys_waited_for(table: str) -> set[str]:
    waiting = Delivery.objects.filter(state=State.PARKED, waits_for__startswith=for_row(table, ""))
    found = waiting.values_list("waits_for", flat=True).distinct()
    return {row_of(waits_for)[1] for waits_for in found}


def wake(table: str, key: str, *, tenant_id: UUID, now: datetime) -> int:
    """What waits for this row goes on; returns how many.

    What was not through its mapping and rules when it met the gap is read anew from its event, by
    a flow that is On: of one that is Off it waits on.
    """
    forget_row(tenant_id, table, key)
    waiting = waiting_for(table, key)
    ready = waiting.filter(standard__isnull=False)
    for target_id in set(ready.values_list("target_id", flat=True)):
        nudge("deliver", tenant_id=tenant_id, subject_id=target_id)
    unread = waiting.filter(standard__isnull=True).select_related("flow__feeder", "event")
    found = [one for one in unread.select_for_update(of=("self",)) if _is_read(one)]
    read_anew(found, "Read anew, with the row.", now)
    woken = ready.update(
        state=State.PENDING, due_at=now, waits_for="", failure="", reason="", blame="", line=""
    )
    return woken + len(found)


def _is_read(delivery: Delivery) -> bool:
    flow = delivery.flow
    return flow is not None and (flow.feeder or flow).is_on


def read_anew(deliveries: Iterable[Delivery], note: str, now: datetime) -> None:
    """Each event once for each flow, by today's logic; these come to rest."""
    found = list(deliveries)
    for event, flow_id in {(one.event, reader_of(one)) for one in found}:
        receive_again(event=event, flow_id=flow_id)
    Delivery.objects.filter(pk__in=[one.pk for one in found]).update(
        state=State.SUPERSEDED, note=note, finished_at=now, waits_for=""
    )


def reader_of(delivery: Delivery) -> UUID | None:
    """The flow that reads what this one is of: its own, or the one whose rules have sent it."""
    flow = delivery.flow
    return (flow.feeder_id or flow.pk) if flow else None


def wake_if_there(missed: Iterable[MissingRow], *, now: datetime) -> None:
    """A row may have come since it was looked for. What this process believed is forgotten."""
    for failure in missed:
        if may_be_row(failure.table, failure.key):
            rows = LookupRow.objects.filter(table=failure.table, key=failure.key)
            tenant_id = rows.values_list("tenant_id", flat=True).first()
            if tenant_id is not None:
                wake(failure.table, failure.key, tenant_id=tenant_id, now=now)


# Few wait, and of many rows each is found by its key.
_COME = """
    WITH waiting AS MATERIALIZED (
        SELECT DISTINCT d.tenant_id, d.waits_for, split_part(d.waits_for, ':', 2) AS name
        FROM flows_delivery d JOIN flows_flow f ON f.id = d.flow_id
        LEFT JOIN flows_flow o ON o.id = f.feeder_id
        WHERE d.state = 'parked' AND starts_with(d.waits_for, 'row:')
          AND (d.standard IS NOT NULL OR COALESCE(o.is_on, f.is_on)))
    SELECT w.tenant_id, w.waits_for FROM waiting w WHERE EXISTS (
        SELECT 1 FROM flows_lookuprow r WHERE r.tenant_id = w.tenant_id AND r."table" = w.name
          AND r.key = substr(w.waits_for, length(w.name) + 6))
"""


def rows_that_came() -> list[tuple[UUID, str, str]]:
    """For the sweep: tenant, table and key, where a row and a parking have missed each other."""
    with connection.cursor() as cursor:
        cursor.execute(_COME)
        return [(tenant_id, *row_of(waits_for)) for tenant_id, waits_for in cursor.fetchall()]
