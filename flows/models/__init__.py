"""The rows that are the truth: flows, events, runs, deliveries, links and facts."""

from flows.models.delivery import Attempt, Delivery, Pump
from flows.models.endpoint import WebhookEndpoint
from flows.models.event import Event
from flows.models.fact import Fact
from flows.models.flow import Flow, LookupRow
from flows.models.link import Link, Record
from flows.models.run import Cursor, Run
from flows.models.stock import (
    Formula,
    KitPart,
    Reservation,
    StockLevel,
    StockLocation,
    Sync,
    SyncState,
)

__all__ = [
    "Attempt",
    "Cursor",
    "Delivery",
    "Event",
    "Fact",
    "Flow",
    "Formula",
    "KitPart",
    "Link",
    "LookupRow",
    "Pump",
    "Record",
    "Reservation",
    "Run",
    "StockLevel",
    "StockLocation",
    "Sync",
    "SyncState",
    "WebhookEndpoint",
]
