"""Where a shipment is, as the carrier tells it."""

from datetime import datetime
from typing import ClassVar, Literal

from connectors.standard.record import Record

Status = Literal[
    "manifested",
    "label_created",
    "pickup_scheduled",
    "out_for_pickup",
    "pickup_failed",
    "picked_up",
    "in_transit",
    "delayed",
    "out_for_delivery",
    "delivery_failed",
    "delivered",
    "rto_initiated",
    "rto_in_transit",
    "rto_out_for_delivery",
    "rto_delivered",
    "rto_failed",
    "lost",
    "damaged",
    "cancelled",
    "expired",
]


class ShipmentStatus(Record, frozen=True, kw_only=True):
    resource: ClassVar[str] = "shipment_status"

    order_id: str | None = None
    tracking_number: str
    carrier: str | None = None
    status: Status
    happened_at: datetime
    message: str | None = None
    city: str | None = None
    region: str | None = None
    country: str | None = None
    estimated_delivery_at: datetime | None = None


RECORD = ShipmentStatus
