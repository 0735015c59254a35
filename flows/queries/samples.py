"""The newest records of a flow as they came, to try a mapping or a rule on. Nothing is written."""

from collections.abc import Iterator, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import connection as db
from django.utils.translation import gettext

from connectors.channel import settings_of
from connectors.errors import Failure
from connectors.models import Connection
from connectors.spec import Context
from connectors.standard.record import Record
from flows.mapping.compile import to_plain
from flows.mapping.logic import Logic
from flows.mapping.records import read_record
from flows.models import Delivery, Event, Flow
from flows.operations.read import NobodyListens, list_raws
from flows.operations.read_samples import KEY
from flows.operations.resolve import Resolver
from flows.operations.tables import Tables
from flows.queries.of_stream import OF_STREAM, sources_of
from flows.rules.judge import RuleInvalid, compile_rules
from flows.rules.verdict import Ending
from flows.states import DONE

LOOKED_AT = 20_000  # of the connection's newest events: a rare stream must not cost a long walk
AT_ONCE = 50  # events in memory: a body may be large
_NEWEST = f"""
    SELECT id FROM (SELECT id, connection_id, origin, feed, topic, received_at FROM flows_event
        WHERE connection_id = %s ORDER BY received_at DESC LIMIT {LOOKED_AT}) newest
    WHERE {OF_STREAM} ORDER BY received_at DESC LIMIT %s
"""


@dataclass(frozen=True)
class Sample:
    """`raw` is the record as the flow's stream finds it in the event, `id` its own if it tells."""

    event_id: str
    received_at: datetime
    raw: Any
    id: str = ""

    @property
    def key(self) -> str:
        """What it is chosen by."""
        return self.id or self.event_id


@dataclass(frozen=True)
class Trial:
    """One sample read by a logic; with a `failure` there is no record. `body` of the record as
    the writer is given it, after the rules."""

    sample: Sample | None = None
    record: Record | None = None
    plain: Any = None
    failure: str = ""
    ending: str = ""  # what a rule did to it, so that it would not be written


def list_samples(flow: Flow, *, limit: int = 1) -> list[Sample]:
    """The newest first, each record once."""
    found: dict[str, Sample] = {}
    for event in _events(flow, limit):
        for key, raw in _read(event, flow):
            sample = Sample(event.public_id, event.received_at, raw, key)
            found.setdefault(key or event.public_id, sample)
            if len(found) == limit:
                return list(found.values())
    return list(found.values())


def _read(event: Event, flow: Flow) -> list[tuple[str, Any]]:
    try:
        raws = list_raws(event, connector=flow.source.spec, stream=flow.stream_spec)
    except (Failure, NobodyListens):
        return []
    except Exception:  # a path that does not fit: the record is none of this stream
        return []
    return [(key, raw) for key, raw in raws if isinstance(raw, dict)]


def _events(flow: Flow, limit: int) -> Iterator[Event]:
    """Of the stream, among the newest of the connection; else of what was read to be looked at,
    else of what was delivered."""
    most = max(40, limit * 4)
    feeds, topics = sources_of(flow.source.spec, flow.stream_spec)
    with db.cursor() as cursor:
        cursor.execute(_NEWEST, [flow.source_id, flow.source_id, feeds, topics, most])
        found = [pk for (pk,) in cursor.fetchall()]
    if not found:
        found = newest_samples(flow.source_id, feeds=feeds, limit=most)
    if not found:
        done = Delivery.objects.filter(flow=flow, state__in=DONE).order_by("-sequence")
        found = list(done.values_list("event_id", flat=True)[:most])
    size = AT_ONCE if limit > 1 else 1
    for start in range(0, len(found), size):
        some = found[start : start + size]
        events = Event.objects.in_bulk(some)
        yield from (events[pk] for pk in some if pk in events)


def newest_samples(connection_id: UUID, *, feeds: Sequence[str], limit: int) -> list[UUID]:
    """Of what the set-up has read: a few records of each feed."""
    mine = Event.objects.filter(connection_id=connection_id, delivery_key__startswith=KEY)
    rows = mine.filter(feed__in=feeds).order_by("-received_at", "-id")
    return list(rows.values_list("pk", flat=True)[:limit])


def reading_context(flow: Flow, now: datetime) -> Context:
    """As routing has it."""
    return context_of(flow.source, now)


def context_of(source: Connection, now: datetime) -> Context:
    """For a reader of this system."""
    tables = Tables(source.tenant_id)
    return Context(
        settings=settings_of(source), now=now, find_row=tables.find_row, find_rate=tables.find_rate
    )


def writing_context(flow: Flow, now: datetime, record: Record | None) -> Context:
    """As sending has it, of a record that the target does not have yet."""
    resolver = Resolver(flow.source, flow.target, nullcontext)
    reference = (record.reference or record.id) if record else ""
    return replace(
        reading_context(flow, now),
        settings=settings_of(flow.target),
        reference=reference,
        is_new=True,
        find_link=resolver.find_link,
    )


def read_sample(flow: Flow, logic: Logic, sample: Sample | None, *, now: datetime) -> Trial:
    """What the reader and the rules make of it."""
    if sample is None:
        return Trial()
    context = reading_context(flow, now)
    try:
        record = read_record(flow.stream_spec, sample.raw, context, logic.reader)
        record.check()
    except Exception as failure:
        return Trial(sample, failure=_words(failure))
    try:
        verdict = compile_rules(logic.rules)(record, context)
    except (Failure, RuleInvalid) as failure:
        return Trial(sample, record, to_plain(record), ending=_words(failure))
    ending = verdict.ending
    said = _would(ending) if ending else ""
    return Trial(sample, verdict.record, to_plain(verdict.record), ending=said)


def _would(ending: Ending) -> str:
    words = {
        "hold": gettext("The rule «{rule}» would hold it."),
        "reject": gettext("The rule «{rule}» would reject it."),
        "route": gettext("The rule «{rule}» would route it."),
    }
    return words[ending.kind].format(rule=ending.rule)


def _words(failure: Exception) -> str:
    return failure.message if isinstance(failure, Failure) else str(failure)
