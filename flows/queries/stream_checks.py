"""What a system's streams look like: the newest records, and what Ekyam makes of each of them."""

import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext

from connectors.errors import Failure
from connectors.models import Connection
from connectors.spec import Stream
from flows.mapping.compile import to_plain
from flows.mapping.records import read_record
from flows.mapping.verify import Attribute, attributes_of, examine
from flows.models import Event, Flow
from flows.operations.read import NobodyListens, list_raws
from flows.operations.stock.streams import LEVELS
from flows.queries.halves import readers_of
from flows.queries.samples import context_of, newest_samples
from flows.queries.sides import bring_samples
from flows.queries.verify import add_required, check_standard

MOST_EVENTS = 150
OF_EACH = 10


@dataclass(frozen=True)
class StreamCheck:
    """`is_own`: the samples are the company's own, not the connector's examples. `faults` say what
    is wrong with some of them, `missing` which required attributes are in none. `is_mapped`: it is
    read by a mapping of the company's own, made before there was a flow."""

    name: str
    label: str
    resource: str
    samples: int
    is_own: bool
    newest_at: datetime | None
    missing: list[str]
    faults: list[str]
    is_stock: bool
    is_mapped: bool = False
    flows: list[Flow] = field(default_factory=list)

    @property
    def state(self) -> str:
        """stream_good, stream_doubtful, stream_bad, stream_example or stream_none."""
        if not self.samples:
            return "stream_none"
        if not self.is_own:
            return "stream_example"
        if self.missing:
            return "stream_bad"
        return "stream_doubtful" if self.faults else "stream_good"


@dataclass(frozen=True)
class StreamDetail:
    """One record as it came, as the standard has it, and each attribute with its findings and
    how many records have them."""

    check: StreamCheck
    raw: str
    standard: str
    failure: str
    attributes: list[tuple[Attribute, list[tuple[str, int]]]]


Samples = list[tuple[str, Any, datetime | None]]


def check_streams(connection: Connection) -> list[StreamCheck]:
    """A constant number of queries, and a few for the company's own tables."""
    events, flows, readers = _events(connection), _flows(connection), readers_of(connection)
    found = []
    for own in connection.spec.streams:
        stream = replace(own, reader=readers.get(own.name, own.reader))
        samples, is_own = _samples(connection, stream, events)
        attributes = _examined(connection, stream, samples)
        check = _summed(stream, samples, is_own, attributes, flows.get(stream.name, []))
        found.append(replace(check, is_mapped=own.name in readers))
    return found


def check_stream(connection: Connection, name: str) -> StreamDetail:
    """Raises KeyError."""
    own = connection.spec.stream(name)
    stream = replace(own, reader=readers_of(connection).get(name, own.reader))
    samples, is_own = _samples(connection, stream, _events(connection))
    attributes = _examined(connection, stream, samples)
    check = _summed(stream, samples, is_own, attributes, _flows(connection).get(name, []))
    raw = samples[0][1] if samples else None
    standard, failure = _read(connection, stream, raw) if samples else (None, "")
    ordered = sorted(attributes.values(), key=lambda one: (not one.is_missing, not one.is_required))
    found = [(one, [(str(f), n) for f, n in one.counts.items() if n]) for one in ordered]
    return StreamDetail(check, pretty(raw), pretty(standard), failure, found)


def pretty(value: Any) -> str:
    return "" if value is None else json.dumps(value, indent=2, ensure_ascii=False, default=str)


def _events(connection: Connection) -> list[Event]:
    feeds = [feed.name for feed in connection.spec.feeds]
    ids = newest_samples(connection.pk, feeds=feeds, limit=MOST_EVENTS)
    events = Event.objects.in_bulk(ids)
    return [events[pk] for pk in ids if pk in events]


def _flows(connection: Connection) -> dict[str, list[Flow]]:
    found: dict[str, list[Flow]] = {}
    for flow in Flow.objects.filter(source=connection).select_related("target").order_by("label"):
        found.setdefault(flow.stream, []).append(flow)
    return found


def _samples(connection: Connection, stream: Stream, events: list[Event]) -> tuple[Samples, bool]:
    found = list(_own(connection, stream, events))[:OF_EACH]
    if found:
        return found, True
    brought = bring_samples(connection.connector, stream.name)[:1]
    return [("example", raw, None) for raw in brought], False


def _own(connection: Connection, stream: Stream, events: list[Event]) -> Iterator[Any]:
    for event in events:
        if event.feed not in stream.sources:
            continue
        try:
            raws = list_raws(event, connector=connection.spec, stream=stream)
        except (Failure, NobodyListens):
            continue
        yield from ((key or event.public_id, raw, event.received_at) for key, raw in raws)


def _examined(connection: Connection, stream: Stream, samples: Samples) -> dict[str, Attribute]:
    found = attributes_of(stream.reader)
    add_required(stream.resource, found)
    context, may_hold = context_of(connection, timezone.now()), check_standard(stream.resource)
    for name, raw, _ in samples:
        examine(stream.reader, raw, context, found, check=may_hold, sample=name)
    return found


def _read(connection: Connection, stream: Stream, raw: Any) -> tuple[Any, str]:
    try:
        record = read_record(stream, raw, context_of(connection, timezone.now()))
        record.check()
    except Failure as failure:
        return None, failure.message
    except Exception as failure:
        return None, str(failure)
    return to_plain(record), ""


def _summed(
    stream: Stream,
    samples: Samples,
    is_own: bool,
    attributes: dict[str, Attribute],
    flows: list[Flow],
) -> StreamCheck:
    return StreamCheck(
        name=stream.name,
        label=stream.label,
        resource=stream.resource.replace("_", " "),
        samples=len(samples),
        is_own=is_own,
        newest_at=next((at for _, _, at in samples), None) if is_own else None,
        missing=[one.path for one in attributes.values() if one.is_missing],
        faults=[said for one in attributes.values() if (said := _fault(one))],
        is_stock=stream.resource == LEVELS,
        flows=flows,
    )


def _fault(one: Attribute) -> str:
    """«sku: not allowed in 2 records»."""
    words = {
        "wrong_type": gettext("of a wrong type in {many}"),
        "not_allowed": gettext("not allowed in {many}"),
        "waits": gettext("lacks a row in {many}"),
    }
    counts: Counter[str] = Counter({str(k): v for k, v in one.counts.items() if k in words})
    told = [words[kind].format(many=many) for kind, many in counts.items() if many]
    return f"{one.path}: {', '.join(told)}" if told else ""
