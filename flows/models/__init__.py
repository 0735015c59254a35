"""The rows that are the truth: flows, events, runs, deliveries, links and facts."""

from flows.models.alert import (
    Alert,
    AlertChannel,
    AlertKind,
    AlertNotice,
    AlertRoute,
    AlertRule,
    NoticeState,
)
from flows.models.choice import OwnChoice, SharedTally
from flows.models.delivery import Attempt, Delivery, Pump
from flows.models.desk import OrderHold, SavedView, SearchKey
from flows.models.endpoint import WebhookEndpoint
from flows.models.event import Event
from flows.models.fact import Fact
from flows.models.flow import Flow
from flows.models.hour import FlowHour
from flows.models.link import Link, Record
from flows.models.lookup import LookupRow, Rate
from flows.models.run import Cursor, Run
from flows.models.shadow import ShadowDifference, ShadowPart, ShadowRun, ShadowState
from flows.models.stock import (
    Formula,
    KitPart,
    Reservation,
    StockLevel,
    StockLocation,
    Sync,
    SyncState,
)
from flows.models.version import Version, VersionState

__all__ = [
    "Alert",
    "AlertChannel",
    "AlertKind",
    "AlertNotice",
    "AlertRoute",
    "AlertRule",
    "Attempt",
    "Cursor",
    "Delivery",
    "Event",
    "Fact",
    "Flow",
    "FlowHour",
    "Formula",
    "KitPart",
    "Link",
    "LookupRow",
    "NoticeState",
    "OrderHold",
    "OwnChoice",
    "Pump",
    "Rate",
    "Record",
    "Reservation",
    "Run",
    "SavedView",
    "SearchKey",
    "ShadowDifference",
    "ShadowPart",
    "ShadowRun",
    "ShadowState",
    "SharedTally",
    "StockLevel",
    "StockLocation",
    "Sync",
    "SyncState",
    "Version",
    "VersionState",
    "WebhookEndpoint",
]
