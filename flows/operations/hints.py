"""Webhooks that say that something changed, but not how it is now: it is read at once."""

from collections import defaultdict
from collections.abc import Iterable
from uuid import UUID

import msgspec
from django.db import connection as db

from connectors.models import Connection
from flows.mapping.records import expression
from flows.models import Event
from flows.operations.nudge import nudge

# Only what somebody listens to has a cursor.
_ASK = """
    UPDATE flows_cursor SET asked = (
        SELECT jsonb_agg(DISTINCT one) FROM jsonb_array_elements_text(asked || %s::jsonb) AS one)
    WHERE connection_id = %s AND feed = %s
    RETURNING id
"""


def take_hints(connection: Connection, events: Iterable[Event]) -> set[UUID]:
    """Have the records read that these events name; returns the events that were such a hint."""
    asked: dict[str, set[str]] = defaultdict(set)
    hints: dict[str, set[UUID]] = defaultdict(set)
    for event in events:
        for feed in connection.spec.feeds:
            if event.topic in feed.hints:
                asked[feed.name] |= _ids(event, feed.hints[event.topic])
                hints[feed.name].add(event.pk)
    taken: set[UUID] = set()
    for feed_name, ids in sorted(asked.items()):
        if ask_for(connection, feed_name, ids):
            taken |= hints[feed_name]
    return taken


def ask_for(connection: Connection, feed_name: str, ids: Iterable[str]) -> bool:
    """Have these records read at once; False when nobody listens to the feed."""
    with db.cursor() as cursor:
        wanted = msgspec.json.encode(sorted(ids)).decode()
        cursor.execute(_ASK, [wanted, connection.pk, feed_name])
        found = cursor.fetchall()
    for (cursor_id,) in found:
        nudge("poll", tenant_id=connection.tenant_id, subject_id=cursor_id)
    return bool(found)


def _ids(event: Event, path: str) -> set[str]:
    try:
        found = expression(path)(msgspec.json.decode(event.body))
    except msgspec.DecodeError:
        return set()  # routing says so of it
    listed = found if isinstance(found, list) else [found]
    return {str(one) for one in listed if one not in (None, "")}
