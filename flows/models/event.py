"""Something that was received, stored as it came."""

from typing import Any

from django.db import models

from connectors.models import Connection
from ekyam.tenants.models import TenantForeignKey, TenantModel


class Origin(models.TextChoices):
    WEBHOOK = "webhook"
    POLL = "poll"
    SYNC = "sync"
    MANUAL = "manual"
    REPLAY = "replay"
    SAMPLE = "sample"  # read to be looked at, and never routed


class EventState(models.TextChoices):
    HELD = "held"  # found by a full sync that has not read everything yet
    RECEIVED = "received"  # stored, not yet looked at
    ROUTED = "routed"  # deliveries were made of it, or none was needed
    IGNORED = "ignored"  # nobody listens; `note` says why
    FAILED = "failed"  # unreadable; a dead letter says why
    ASKS = "asks"  # something that only a person can do; then it is routed


class Event(TenantModel):
    """`body` is bytes: JSONB reorders keys, and a signature is over bytes."""

    prefix = "evt"

    connection = TenantForeignKey(
        Connection, on_delete=models.CASCADE, related_name="events", db_index=False
    )
    origin = models.CharField(max_length=10, choices=Origin)
    topic = models.CharField(max_length=100, blank=True)
    feed = models.CharField(max_length=60, blank=True)
    delivery_key = models.CharField(max_length=255)
    sent_at = models.DateTimeField(null=True)
    headers: Any = models.JSONField(default=dict)
    body = models.BinaryField()
    received_at = models.DateTimeField()
    # The full sync that found it; its index is below.
    sync = TenantForeignKey(
        "flows.Sync", on_delete=models.SET_NULL, null=True, related_name="events", db_index=False
    )
    state = models.CharField(max_length=10, choices=EventState, default=EventState.RECEIVED)
    note = models.TextField(blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["tenant", "connection", "delivery_key"],
                # So that the versions of a record are found by the beginning of the key.
                opclasses=["uuid_ops", "uuid_ops", "text_pattern_ops"],
                name="event_is_one_per_delivery_key",
            )
        ]
        indexes = [
            models.Index(
                fields=["connection", "received_at"],
                name="event_to_be_routed",
                condition=models.Q(state="received"),
            ),
            models.Index(fields=["tenant", "-received_at"], name="event_newest_first"),
            models.Index(
                fields=["sync", "state"], name="event_of_sync", condition=~models.Q(sync=None)
            ),
            models.Index(
                fields=["tenant", "received_at"],
                name="event_asks_a_person",
                condition=models.Q(state="asks"),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.topic or self.feed} {self.delivery_key}"
