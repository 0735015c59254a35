"""One execution of a flow, and how far a poll has read."""

from typing import Any

from django.db import models

from connectors.models import Connection
from ekyam.tenants.models import TenantForeignKey, TenantModel
from flows.models.event import Origin
from flows.models.flow import Flow


class Run(TenantModel):
    """What came of one batch of events, or of one poll that found something or failed."""

    prefix = "run"

    connection = TenantForeignKey(
        Connection, on_delete=models.CASCADE, related_name="runs", db_index=False
    )
    # Its index is that of the list by flow.
    flow = TenantForeignKey(
        Flow, on_delete=models.CASCADE, null=True, related_name="runs", db_index=False
    )
    feed = models.CharField(max_length=60, blank=True)
    origin = models.CharField(max_length=10, choices=Origin)
    started_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True)
    records = models.PositiveIntegerField(default=0)
    deliveries = models.PositiveIntegerField(default=0)
    failure = models.TextField(blank=True)

    class Meta:
        indexes = [
            models.Index(fields=["tenant", "-started_at"], name="run_newest_first"),
            models.Index(fields=["flow", "-started_at"], name="run_by_flow"),
            models.Index(fields=["tenant", "origin", "-started_at"], name="run_by_origin"),
            models.Index(
                fields=["tenant", "-started_at"],
                name="run_failed",
                condition=~models.Q(failure=""),
            ),
        ]

    def __str__(self) -> str:
        return self.public_id


class Cursor(TenantModel):
    """How far a feed of a connection has been polled: one read serves all streams and flows."""

    prefix = "cur"

    connection = TenantForeignKey(Connection, on_delete=models.CASCADE, related_name="cursors")
    feed = models.CharField(max_length=60)
    interval_seconds = models.PositiveIntegerField()
    since = models.DateTimeField(null=True)
    page = models.TextField(blank=True)
    asked: Any = models.JSONField(default=list)  # ids that a webhook said have changed
    started_at = models.DateTimeField(null=True)  # of the poll under way
    due_at = models.DateTimeField()
    lease_token = models.UUIDField(null=True)
    leased_until = models.DateTimeField(null=True)
    polled_at = models.DateTimeField(null=True)  # the last one that came to its end
    failures = models.PositiveIntegerField(default=0)
    failure = models.TextField(blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["tenant", "connection", "feed"], name="cursor_is_one_per_feed"
            )
        ]
        indexes = [models.Index(fields=["due_at"], name="cursor_due")]

    def __str__(self) -> str:
        return f"{self.feed} since {self.since}"
