"""The rows that are the truth: flows, events, runs, deliveries, links and facts."""

from flows.models.delivery import Attempt, Delivery, Pump
from flows.models.event import Event
from flows.models.fact import Fact
from flows.models.flow import Flow, LookupRow
from flows.models.link import Link, Record
from flows.models.run import Cursor, Run

__all__ = [
    "Attempt",
    "Cursor",
    "Delivery",
    "Event",
    "Fact",
    "Flow",
    "Link",
    "LookupRow",
    "Pump",
    "Record",
    "Run",
]
