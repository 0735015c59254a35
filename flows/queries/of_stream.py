"""Which events a stream comes by."""

from connectors.spec import Connector, Stream

# What a feed of the stream received, by webhook, poll or hand: a replay is what came before.
OF_STREAM = """
    connection_id = %s AND origin IN ('webhook', 'poll', 'manual')
    AND (feed = ANY(%s) OR feed = '' AND topic = ANY(%s))
"""


def sources_of(connector: Connector, stream: Stream) -> tuple[list[str], list[str]]:
    """The feeds that the stream comes by, and their topics: as OF_STREAM wants them."""
    feeds = [connector.feed(name) for name in stream.sources]
    return [feed.name for feed in feeds], [topic for feed in feeds for topic in feed.topics]
