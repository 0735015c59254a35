"""A delivery as it is made of a reading, and the record that it is of."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import msgspec

from connectors.errors import MissingRow
from connectors.standard import resources
from flows.models import Delivery, Record, Run
from flows.operations.identify import Key, Named
from flows.operations.read import Reading
from flows.retry import blame_of, code_of, line_of, reason_of
from flows.states import State
from flows.waits import for_release, for_row, may_be_row

HELD = "held"  # as the code of a failure: why it does not go on


def named(reading: Reading) -> Named:
    """By what its record is known; of one that could not be read, its id alone."""
    if reading.whole is not None and not reading.is_part:
        return named(reading.whole)  # whatever rules have set
    standard = reading.standard
    if standard is None:
        resource = resources()[reading.flow.stream_spec.resource].identified_as()
        return Named(resource, reading.external_id)
    parent = standard.parent()
    whole = Named(parent.resource, parent.id, parent.reference) if parent else None
    if reading.is_part and reading.whole is not None:
        whole = named(reading.whole)
    return Named(
        standard.identified_as(),
        standard.id,
        standard.reference,
        standard.label or "",
        whole,
        is_part=reading.is_part,
    )


def record_of(reading: Reading, records: Mapping[Key, Record]) -> Record | None:
    return records[named(reading).key] if reading.external_id else None


def delivery_of(
    reading: Reading, records: Mapping[Key, Record], run: Run, now: datetime
) -> Delivery:
    flow, event = reading.flow, reading.event
    record = record_of(reading, records)
    is_kept = reading.standard is not None and not _waits_for_row(reading)
    return Delivery(
        tenant_id=event.tenant_id,
        flow=flow,
        run=run,
        event=event,
        record=record,
        root_id=_root_of(reading, record, records),
        target=flow.target,
        action=flow.action,
        version_id=flow.version_id,
        lane=flow.action_spec.lane,
        external_id=reading.external_id,
        source_version=reading.source_version,
        source_updated_at=reading.updated_at,
        standard=msgspec.Raw(reading.content) if is_kept else None,
        due_at=now,
        received_at=event.received_at,
        created_at=now,
        why=reading.why,
        **_state(reading, now),
    )


def _root_of(reading: Reading, record: Record | None, records: Mapping[Key, Record]) -> Any:
    """A part stands in the queue with what the whole belongs to."""
    if record is not None and reading.is_part and reading.whole is not None:
        return _root_of(reading.whole, record_of(reading.whole, records), records)
    return (record.parent_id or record.pk) if record else None


def _state(reading: Reading, now: datetime) -> dict[str, Any]:
    failure, ending = reading.failure, reading.ending
    if failure is not None:
        said = {"failure": code_of(failure), "reason": reason_of(failure)}
        said |= {"blame": blame_of(failure), "line": line_of(failure)}
        if isinstance(failure, MissingRow) and _waits_for_row(reading):
            waits_for = for_row(failure.table, failure.key)
            return {**said, "state": State.PARKED, "waits_for": waits_for, "parked_at": now}
        return {**said, "state": State.DEAD, "finished_at": now}
    if ending is None:
        return {"state": State.PENDING}
    if ending.kind == "hold":
        return {
            "state": State.PARKED,
            "waits_for": for_release(ending.rule),
            "parked_at": now,
            "failure": HELD,
            "reason": ending.reason,
            "blame": "tenant",
            "looked_at": ending.looked_at,
        }
    note = f"Rejected by the rule «{ending.rule}»: {ending.reason}"
    return {"state": State.CANCELLED, "note": note, "finished_at": now}


def _waits_for_row(reading: Reading) -> bool:
    """It is not through its mapping and rules: with the row it is read anew, from its event."""
    failure = reading.failure
    return isinstance(failure, MissingRow) and may_be_row(failure.table, failure.key)
