"""What one event means: the records in it, each read by the flows that listen."""

import hashlib
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property, partial
from typing import Any

import msgspec

from connectors.errors import Failure, MappingFailed
from connectors.spec import Connector, Context, Feed, Stream
from connectors.standard.record import Record as StandardRecord
from flows.mapping.records import expression, read_record, select_record
from flows.models import Delivery, Event, Flow
from flows.models.event import Origin
from flows.operations.compiled import compiled
from flows.rules.verdict import Ending, Verdict

# The escape itself; not a backslash that is escaped, with u0000 behind it.
_NUL = re.compile(rb"(?<!\\)(?:\\\\)*\\u0000")


@dataclass(frozen=True)
class Reading:
    """One record for one flow. With a `failure` it is born dead; what could be read is kept.

    What rules make of one is readings in turn, for the same flow or for others: they know the
    `whole` that they came of, which says which fact of the source they tell.
    """

    event: Event
    flow: Flow
    external_id: str
    version: str  # the source's own, as UTC when it is a time
    updated_at: datetime | None
    standard: StandardRecord | None = None
    failure: Exception | None = None
    verdict: Verdict | None = None
    whole: "Reading | None" = None
    ending: Ending | None = None  # held or rejected
    why: str = ""

    @property
    def is_part(self) -> bool:
        return self.whole is not None and self.external_id != self.whole.external_id

    @cached_property
    def content(self) -> bytes:
        """The standard record as JSON; of one that could not be read, what was received."""
        return msgspec.json.encode(self.standard) if self.standard else bytes(self.event.body)

    @cached_property
    def source_version(self) -> str:
        """The source's version and the content's digest: two changes in one second are two."""
        if self.whole is not None:
            return self.whole.source_version
        digest = hashlib.sha256(self.content).hexdigest()
        version = self.updated_at.isoformat() if self.updated_at else self.version
        is_replay = self.event.origin == Origin.REPLAY
        return f"{version}~{digest[:12]}" + (f"~{self.event.public_id}" if is_replay else "")


@dataclass(frozen=True)
class Failed:
    """A record that could not be read, with as much of its id as was found."""

    external_id: str
    failure: Exception


class Unreadable(Failure):
    """The event is no JSON, or not of the shape that its topic promises."""

    code = "unreadable"
    blame = "remote"


class NobodyListens(Exception):
    """The event is right, and no flow that is On wants it; the text says why."""


def read_event(
    event: Event, *, connector: Connector, flows: Sequence[Flow], context: Context
) -> list[Reading]:
    """Raises Unreadable, or NobodyListens."""
    feed = _feed_of(event, connector)
    listening = [flow for flow in flows if feed.name in flow.stream_spec.sources]
    only = event.headers.get("only_flow")
    if only:
        listening = [flow for flow in listening if str(flow.pk) == only]
    raws = list(_raw_records(event, feed))
    if not listening:
        raise NobodyListens(f"No flow that is On reads «{feed.name}».")
    found = []
    for raw in raws:
        for flow in listening:
            reading = _read(event, flow, feed, raw, context)
            if reading is not None:
                found.append(reading)
    return found


def read_plainly(
    event: Event, *, connector: Connector, streams: Mapping[str, Stream], context: Context
) -> list[StandardRecord | Failed]:
    """The records of an event by the streams of their feeds (by name), for no flow in particular.

    Raises Unreadable, or NobodyListens.
    """
    feed = _feed_of(event, connector)
    stream = streams.get(feed.name)
    raws = list(_raw_records(event, feed))
    if stream is None:
        raise NobodyListens(f"Nothing that reads «{feed.name}» is on.")
    return [found for raw in raws if (found := read_plain(stream, feed, raw, context)) is not None]


def read_plain(
    stream: Stream, feed: Feed, raw: Any, context: Context
) -> StandardRecord | Failed | None:
    """One record, checked; None when it is not of this stream."""
    standard = None
    try:
        selected = select_record(stream, feed.name, raw)
        if selected is None:
            return None
        standard = read_record(stream, selected, context)
        standard.check()
        return standard
    except Exception as failure:
        return Failed(standard.id if standard else find_id(feed, raw), failure)


def find_raws(event: Event, connector: Connector) -> tuple[Feed, list[Any]]:
    """The raw records of an event; raises Unreadable, or NobodyListens."""
    feed = _feed_of(event, connector)
    return feed, list(_raw_records(event, feed))


def list_raws(event: Event, *, connector: Connector, stream: Stream) -> list[tuple[str, Any]]:
    """The records of an event that a stream would read, each with its id if that is found.

    Raises Unreadable, or NobodyListens.
    """
    feed, raws = find_raws(event, connector)
    if feed.name not in stream.sources:
        return []
    raws = [raw for raw in raws if isinstance(raw, dict)]
    found = [(find_id(feed, raw), select_record(stream, feed.name, raw)) for raw in raws]
    return [(key, selected) for key, selected in found if selected is not None]


def find_id(feed: Feed, raw: Any) -> str:
    """Of what cannot be read, if at least that can be."""
    try:
        return str(expression(feed.record_id)(raw) or "")
    except Exception:
        return ""


def _feed_of(event: Event, connector: Connector) -> Feed:
    if event.feed:
        return connector.feed(event.feed)
    for feed in connector.feeds:
        if event.topic in feed.topics:
            return feed
    webhooks = connector.webhooks
    if webhooks is not None and event.topic in webhooks.other_topics:
        raise NobodyListens(f"«{event.topic}» is kept, and no flow reads it.")
    raise NobodyListens(f"The topic «{event.topic}» is not known to {connector.label}.")


def _raw_records(event: Event, feed: Feed) -> Iterator[Any]:
    try:
        body = msgspec.json.decode(event.body)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise Unreadable(f"The body is not JSON: {error}.") from error
    if b"\\u0000" in event.body and _NUL.search(event.body):
        raise Unreadable("The body has a NUL character, which no system keeps.")
    found = body if event.feed else expression(feed.records)(body)
    if found is None:
        raise Unreadable(f"The body has no record where «{feed.records}» points.")
    yield from found if isinstance(found, list) else [found]


def _read(event: Event, flow: Flow, feed: Feed, raw: Any, context: Context) -> Reading | None:
    stream = flow.stream_spec
    external_id, version, standard, verdict = "", "", None, None
    try:
        logic = compiled(flow.version_id)
        if not isinstance(raw, dict):
            raise MappingFailed("The record is not an object.", value=raw)
        version = str(expression(feed.version)(raw) or "")
        external_id = str(expression(feed.record_id)(raw) or "")
        selected = select_record(stream, feed.name, raw)
        if selected is None:
            return None
        standard = read_record(stream, selected, context, logic.reader)
        external_id = standard.id
        updated_at = standard.updated_at or _as_time(version)
        standard.check()
        if logic.judge is not None:
            verdict = logic.judge(standard, context, partial(_is_released, flow, external_id))
        text = _as_text(version)
        return Reading(event, flow, external_id, text, updated_at, standard, verdict=verdict)
    except Exception as failure:
        at = standard.updated_at if standard else None
        text = _as_text(version)
        return Reading(event, flow, external_id, text, at or _as_time(version), standard, failure)


def _is_released(flow: Flow, external_id: str, looked_at: str) -> bool:
    """Whether a person has let this record go when the rule looked at the same."""
    row = Delivery.objects.filter(flow=flow, external_id=external_id, is_released=True)
    return row.filter(looked_at=looked_at).exists()


def _as_time(version: str) -> datetime | None:
    try:
        found = datetime.fromisoformat(version.replace("Z", "+00:00"))
    except ValueError:
        return None
    return (found if found.tzinfo else found.replace(tzinfo=UTC)).astimezone(UTC)


def _as_text(version: str) -> str:
    """A webhook and a poll write one time differently; the version is the same."""
    found = _as_time(version)
    return found.isoformat() if found else version
