"""What a draft would have done to the past: its runs over a window of events, and what differs."""

from typing import Any

from django.db import models
from django.db.models import Q
from django.utils import timezone

from ekyam.tenants.models import TenantForeignKey, TenantModel
from flows.models.event import Event
from flows.models.flow import Flow
from flows.models.version import Version


class ShadowState(models.TextChoices):
    RUNNING = "running"
    DONE = "done"
    STOPPED = "stopped"
    FAILED = "failed"


class ShadowRun(TenantModel):
    """A draft beside what the flow goes by, over the events from `since` until before `until`.

    `before` and `after` are the two Logics as they were when it began: a draft goes on changing.
    `counts` is how many records there are of each kind (see flows.mapping.compare), `changed` how
    many there are of each set of changed attributes, `kept` how many of each kind have their
    difference stored. `events` of the `total` are done; there is no total before it is planned.
    """

    prefix = "shr"

    flow = TenantForeignKey(
        Flow, on_delete=models.CASCADE, related_name="shadow_runs", db_index=False
    )
    version = TenantForeignKey(
        Version, on_delete=models.SET_NULL, null=True, related_name="+", db_index=False
    )
    edition = models.PositiveIntegerField(default=1)
    baseline = TenantForeignKey(
        Version, on_delete=models.SET_NULL, null=True, related_name="+", db_index=False
    )
    before: Any = models.JSONField(default=dict)
    after: Any = models.JSONField(default=dict)
    feeding: Any = models.JSONField(null=True)  # the Logic of its feeder, where it has one
    since = models.DateTimeField()
    until = models.DateTimeField()
    state = models.CharField(max_length=10, choices=ShadowState, default=ShadowState.RUNNING)
    asked_by = models.CharField(max_length=254, blank=True)
    total: Any = models.BigIntegerField(null=True)
    events = models.BigIntegerField(default=0)
    counts: Any = models.JSONField(default=dict)
    changed: Any = models.JSONField(default=dict)
    kept: Any = models.JSONField(default=dict)
    reason = models.TextField(blank=True)  # why it failed, or goes on later
    failures = models.PositiveSmallIntegerField(default=0)
    created_at = models.DateTimeField(default=timezone.now)
    started_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)
    due_at = models.DateTimeField(default=timezone.now)  # then nobody is at work at it

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["tenant", "flow"],
                condition=Q(state=ShadowState.RUNNING.value),
                name="shadow_run_is_one_at_a_time",
            ),
            models.CheckConstraint(
                condition=Q(since__lt=models.F("until")), name="shadow_run_has_a_window"
            ),
        ]
        indexes = [
            models.Index(fields=["flow", "-created_at"], name="shadow_run_newest_first"),
            models.Index(
                fields=["due_at"],
                name="shadow_run_running",
                condition=Q(state=ShadowState.RUNNING.value),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.public_id}: {self.state}"


class ShadowPart(TenantModel):
    """A stretch of the window: after one event (by its time and id) up to and with another.

    Whoever works at it holds its row's lock, which ends with him; `after` moves on with each page.
    """

    prefix = "shp"

    run = TenantForeignKey(
        ShadowRun, on_delete=models.CASCADE, related_name="parts", db_index=False
    )
    number = models.PositiveIntegerField()
    after_at = models.DateTimeField()
    after_id = models.UUIDField()
    up_to_at = models.DateTimeField()
    up_to_id = models.UUIDField()
    is_done = models.BooleanField(default=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["tenant", "run", "number"], name="shadow_part_is_one_per_number"
            )
        ]
        indexes = [
            models.Index(
                fields=["run", "number"], name="shadow_part_open", condition=Q(is_done=False)
            )
        ]

    def __str__(self) -> str:
        return f"{self.number} of {self.run_id}"


class ShadowDifference(TenantModel):
    """One record that the draft would treat otherwise. `attributes` is as in the run's `changed`;
    `before` and `after` say what comes of it, and why."""

    prefix = "shd"

    run = TenantForeignKey(
        ShadowRun, on_delete=models.CASCADE, related_name="differences", db_index=False
    )
    event = TenantForeignKey(Event, on_delete=models.CASCADE, related_name="+")
    external_id = models.CharField(max_length=255, blank=True)
    kind = models.CharField(max_length=20)
    attributes = models.TextField(blank=True)
    changes: Any = models.JSONField(default=list)
    before: Any = models.JSONField(default=dict)
    after: Any = models.JSONField(default=dict)

    class Meta:
        indexes = [models.Index(fields=["run", "kind", "id"], name="shadow_difference_by_kind")]

    def __str__(self) -> str:
        return f"{self.external_id}: {self.kind}"
