"""Deliveries by what a program asks for, alone or many together."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import QuerySet

from connectors.models import Connection
from ekyam import ids
from flows.models import Attempt, Delivery, Event, Flow, Record, Run, Version
from flows.queries.dead_letters import label_of
from flows.queries.exchanges import AttemptRow, show_attempt
from flows.queries.pages import Page
from flows.queries.programs.newest import given
from flows.states import CANCELLABLE, REPLAYABLE


@dataclass(frozen=True)
class Wanted:
    """None says nothing; times are half open: from `received_after` on, before the other."""

    state: str | None = None
    flow: UUID | None = None
    connection: UUID | None = None  # that it is written to
    run: UUID | None = None
    record: UUID | None = None
    failure: str | None = None
    cause: str | None = None  # the key of a group of dead letters
    received_after: datetime | None = None
    received_before: datetime | None = None


@dataclass(frozen=True)
class DeliveryEntry:
    id: str
    state: str
    label: str
    resource: str
    flow_id: str | None
    version_id: str | None
    connection_id: str | None
    record_id: str | None
    order_id: str | None
    event_id: str
    run_id: str | None
    action: str
    external_id: str
    result_id: str
    result_label: str
    failure: str
    reason: str
    blame: str
    note: str
    why: str
    attempts_made: int
    may_replay: bool
    may_waive: bool
    received_at: datetime
    created_at: datetime
    due_at: datetime | None
    finished_at: datetime | None


@dataclass(frozen=True)
class DeliveryWhole:
    """With the record that is written, and each try."""

    entry: DeliveryEntry
    standard: dict[str, Any] | None
    attempts: list[AttemptRow]


def find_deliveries(wanted: Wanted) -> QuerySet[Delivery]:
    found = Delivery.objects.filter(
        given(
            state=wanted.state,
            flow=wanted.flow,
            target=wanted.connection,
            run=wanted.run,
            record=wanted.record,
            failure=wanted.failure,
            received_at__gte=wanted.received_after,
            received_at__lt=wanted.received_before,
        )
    )
    if wanted.cause is None:
        return found
    try:
        return found.filter(cause=UUID(wanted.cause))
    except ValueError:
        return found.none()


def list_delivery_entries(
    wanted: Wanted, *, after: str = "", size: int = 50
) -> Page[DeliveryEntry]:
    """The newest first. Of one state there is an index by sequence, of all of them one by id."""
    found = _with_names(find_deliveries(wanted)).defer("standard")
    by = "sequence" if wanted.state or wanted.cause else "pk"
    if after:
        last = ids.parse(Delivery.prefix, after)
        place = Delivery.objects.values_list(by, flat=True).get(pk=last)
        found = found.filter(**{f"{by}__lt": place})
    rows = list(found.order_by(f"-{by}")[: size + 1])
    following = rows[size - 1].public_id if len(rows) > size else ""
    return Page([_entry(one) for one in rows[:size]], following, bool(after))


def list_wanted_ids(wanted: Wanted, *, states: Sequence[str], limit: int) -> list[UUID]:
    """The oldest first, for what is done to many at once."""
    found = find_deliveries(wanted).filter(state__in=states).order_by("sequence")
    return list(found.values_list("pk", flat=True)[:limit])


def count_wanted(wanted: Wanted, *, states: Sequence[str]) -> int:
    return find_deliveries(wanted).filter(state__in=states).count()


def get_delivery_whole(public_id: str) -> DeliveryWhole:
    """Raises Delivery.DoesNotExist. Three queries."""
    pk = Delivery.get_public(public_id).pk
    one = _with_names(Delivery.objects.filter(pk=pk)).get()
    attempts = Attempt.objects.filter(delivery=one).order_by("started_at")
    return DeliveryWhole(_entry(one), one.standard, [show_attempt(tried) for tried in attempts])


def _with_names(found: QuerySet[Delivery]) -> QuerySet[Delivery]:
    return found.select_related("record__parent")


def _entry(one: Delivery) -> DeliveryEntry:
    record = one.record
    root = record and (record.parent or record)
    return DeliveryEntry(
        id=one.public_id,
        state=one.state,
        label=label_of(one),
        resource=record.resource if record else "",
        flow_id=public(Flow.prefix, one.flow_id),
        version_id=public(Version.prefix, one.version_id),
        connection_id=public(Connection.prefix, one.target_id),
        record_id=public(Record.prefix, one.record_id),
        order_id=root.public_id if root and root.resource == "order" else None,
        event_id=ids.public(Event.prefix, one.event_id),
        run_id=public(Run.prefix, one.run_id),
        action=one.action,
        external_id=one.external_id,
        result_id=one.result_id,
        result_label=one.result_label,
        failure=one.failure,
        reason=one.reason,
        blame=one.blame,
        note=one.note,
        why=one.why,
        attempts_made=one.attempts_made,
        may_replay=one.state in REPLAYABLE,
        may_waive=one.state in CANCELLABLE and not one.wrote,
        received_at=one.received_at,
        created_at=one.created_at,
        due_at=None if one.finished_at else one.due_at,
        finished_at=one.finished_at,
    )


def public(prefix: str, id_: UUID | None) -> str | None:
    return None if id_ is None else ids.public(prefix, id_)
