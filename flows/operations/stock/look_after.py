"""What orders have sold: read again what the source may know of by now, and forget what is over."""

from datetime import datetime, timedelta
from uuid import UUID

from django.db import connection as db
from django.utils import timezone

from connectors.models import Connection
from ekyam.tenants.scope import across_tenants
from flows.operations.hints import ask_for
from flows.operations.stock.streams import streams_by_feed

AFTER = timedelta(seconds=5)  # by then a webhook would have told
KEPT = timedelta(days=7)

# Sold by an order that the source has had for a while, though its levels were read before that.
_STALE = """
    SELECT DISTINCT l.connection_id, l.item_id
    FROM flows_reservation r
    JOIN flows_link k ON k.record_id = r.record_id AND k.is_primary
    JOIN flows_stocklevel l ON l.connection_id = k.connection_id AND l.sku = r.sku
    WHERE k.created_at > l.as_of AND k.created_at < %s AND NOT l.is_gone
    LIMIT 500
"""
_OVER = """
    DELETE FROM flows_reservation r USING flows_link k, flows_stocklevel l
    WHERE r.created_at < %s AND k.record_id = r.record_id AND k.is_primary
      AND l.connection_id = k.connection_id AND l.sku = r.sku AND l.as_of > k.created_at
"""


def look_after_sold() -> None:
    now = timezone.now()
    with across_tenants("what was sold is read again where it may be known by now"):
        _read_again(now)
        with db.cursor() as cursor:
            cursor.execute(_OVER, [now - KEPT])


def _read_again(now: datetime) -> None:
    with db.cursor() as cursor:
        cursor.execute(_STALE, [now - AFTER])
        stale: dict[UUID, list[str]] = {}
        for connection_id, item_id in cursor.fetchall():
            stale.setdefault(connection_id, []).append(item_id)
    for connection in Connection.objects.filter(pk__in=stale):
        for name in streams_by_feed(connection.spec.slug):
            if connection.spec.feed(name).fetch is not None:
                ask_for(connection, name, stale[connection.pk])
