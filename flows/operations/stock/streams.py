"""Which flows carry stock, and which of a connector's streams tell of it."""

from collections.abc import Iterable
from functools import cache

from connectors.registry import all_connectors, get_connector
from connectors.spec import Feed, Stream
from flows.models import Flow

LEVELS, LOCATIONS = "inventory_level", "location"


def is_stock(flow: Flow) -> bool:
    return flow.stream_spec.resource == LEVELS


def stock_flows(flows: Iterable[Flow]) -> list[Flow]:
    return [flow for flow in flows if is_stock(flow)]


def stock_streams() -> set[str]:
    """What such streams are called, to ask the database by. Others may be called the same."""
    return {
        stream.name
        for connector in all_connectors().values()
        for stream in connector.streams
        if stream.resource == LEVELS
    }


@cache
def streams_by_feed(slug: str) -> dict[str, Stream]:
    """The feeds that tell of levels or of locations, each with the stream that reads it."""
    found: dict[str, Stream] = {}
    for stream in get_connector(slug).streams:
        if stream.resource in (LEVELS, LOCATIONS):
            for feed in stream.sources:
                found.setdefault(feed, stream)
    return found


def source_feed(flow: Flow) -> Feed:
    """The feed that a full sync of this flow reads."""
    spec, stream = flow.source.spec, flow.stream_spec
    return next(feed for name in stream.sources if (feed := spec.feed(name)).whole is not None)


def target_feed(flow: Flow) -> Feed | None:
    """The feed by which the target's own levels are read back, if it has one."""
    spec = flow.target.spec
    for name, stream in streams_by_feed(spec.slug).items():
        if stream.resource == LEVELS and spec.feed(name).whole is not None:
            return spec.feed(name)
    return None
