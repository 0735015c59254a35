"""What a full sync found gives way to what just happened: it waited for noon, it can wait a bit."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TypeVar

from django.db import connection as db
from django.utils import timezone

Found = TypeVar("Found")
BEHIND = timedelta(milliseconds=150)  # events that have waited for so long are kept waiting
LONGEST = timedelta(seconds=2)  # then something of the sync goes, whatever happens
PAUSE_SECONDS = 0.03  # then it is asked again

# By connection, as the index of what is to be routed is; row-level security names the tenant's.
_BEHIND = """
    SELECT EXISTS (
        SELECT 1 FROM connectors_connection c, LATERAL (
            SELECT 1 FROM flows_event e
            WHERE e.connection_id = c.id AND e.state = 'received' AND e.sync_id IS NULL
              AND e.received_at < %s
            LIMIT 1) waiting)
"""


@dataclass
class Patience:
    """Of one who has something of a full sync to do. Needs a tenant scope."""

    since: datetime | None = None

    def allow(self, found: list[Found]) -> list[Found]:
        """All of it, or nothing for now."""
        if not found:
            self.since = None
        return [] if found and self.gives_way(timezone.now()) else found

    def gives_way(self, now: datetime) -> bool:
        self.since = (self.since or now) if _is_behind(now) else None
        if self.since is None or now - self.since > LONGEST:
            self.since = None
            return False
        return True


def _is_behind(now: datetime) -> bool:
    with db.cursor() as cursor:
        cursor.execute(_BEHIND, [now - BEHIND])
        return bool(cursor.fetchone()[0])
