"""The newest records of a flow as they came, to try a mapping or a rule on. Nothing is written."""

from collections.abc import Iterator
from contextlib import nullcontext
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from django.db.models import Q

from connectors.channel import base_url_of
from connectors.errors import Failure
from connectors.spec import Context
from connectors.standard.record import Record
from flows.mapping.compile import to_plain
from flows.mapping.logic import Logic
from flows.mapping.records import read_record
from flows.models import Delivery, Event, Flow
from flows.operations.read import NobodyListens, list_raws
from flows.operations.resolve import Resolver
from flows.operations.tables import Tables
from flows.rules.judge import RuleInvalid, compile_rules
from flows.states import DONE

LOOKED_AT = 2000  # of the connection's newest events


@dataclass(frozen=True)
class Sample:
    """`raw` is the record as the flow's stream finds it in the event."""

    event_id: str
    received_at: datetime
    raw: Any


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
        try:
            raws = list_raws(event, connector=flow.source.spec, stream=flow.stream_spec)
        except (Failure, NobodyListens):
            continue
        for key, raw in raws:
            found.setdefault(
                key or event.public_id, Sample(event.public_id, event.received_at, raw)
            )
            if len(found) == limit:
                return list(found.values())
    return list(found.values())


def _events(flow: Flow, limit: int) -> Iterator[Event]:
    """By its topics and feeds among the newest of the connection; else of what was delivered."""
    feeds = [feed for feed in flow.source.spec.feeds if feed.name in flow.stream_spec.sources]
    topics = [topic for feed in feeds for topic in feed.topics]
    newest = Event.objects.filter(connection=flow.source_id).order_by("-received_at")
    ours = Q(feed__in=[feed.name for feed in feeds]) | Q(feed="", topic__in=topics)
    events = Event.objects.filter(ours, pk__in=newest.values("pk")[:LOOKED_AT])
    found = list(events.order_by("-received_at").values_list("pk", flat=True)[: max(40, limit * 4)])
    if not found:
        done = Delivery.objects.filter(flow=flow, state__in=DONE).order_by("-sequence")
        found = list(done.values_list("event_id", flat=True)[: max(40, limit * 4)])
    for pk in found:  # one at a time: a body may be large
        yield Event.objects.get(pk=pk)


def reading_context(flow: Flow, now: datetime) -> Context:
    """As routing has it."""
    tables = Tables(flow.tenant_id)
    settings = {**flow.source.settings, "base_url": base_url_of(flow.source)}
    return Context(settings=settings, now=now, find_row=tables.find_row, find_rate=tables.find_rate)


def writing_context(flow: Flow, now: datetime, record: Record | None) -> Context:
    """As sending has it, of a record that the target does not have yet."""
    resolver = Resolver(flow.source, flow.target, nullcontext)
    reference = (record.reference or record.id) if record else ""
    return replace(
        reading_context(flow, now),
        settings={**flow.target.settings, "base_url": base_url_of(flow.target)},
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
    said = f"The rule «{ending.rule}» would {ending.kind} it." if ending else ""
    return Trial(sample, verdict.record, to_plain(verdict.record), ending=said)


def _words(failure: Exception) -> str:
    return failure.message if isinstance(failure, Failure) else str(failure)
