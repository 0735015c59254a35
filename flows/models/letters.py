"""What people do about dead letters: many at once, who looks after them, what is said of them."""

from typing import Any

from django.db import models
from django.db.models import Q
from django.utils import timezone

from ekyam.tenants.models import Membership, TenantForeignKey, TenantModel
from flows.models.delivery import Delivery


class BulkState(models.TextChoices):
    RUNNING = "running"
    DONE = "done"
    STOPPED = "stopped"
    FAILED = "failed"


class Deed(models.TextChoices):
    RETRY = "retry"
    SET = "set"  # attributes get values, and the record is sent
    WAIVE = "waive"


class BulkAct(TenantModel):
    """One deed done to the dead letters of one cause, a page at a time.

    `wanted` narrows them: flow, target, since, assignee, ids. Only what had died by `until` is
    meant, so what dies again meanwhile is not done twice. After (`after_at`, `after_sequence`) it
    goes on. `token` is of the form that began it: sent twice, it begins one. `total` is unknown
    before it is counted; `counts` says how many were done, superseded, passed over and refused.
    """

    prefix = "blk"

    token = models.UUIDField()
    deed = models.CharField(max_length=10, choices=Deed)
    cause = models.UUIDField()
    words = models.TextField(blank=True)  # the cause, as its example says it
    wanted: Any = models.JSONField(default=dict)
    change: Any = models.JSONField(
        default=dict
    )  # paths and values, where they are set: `changes_of` reads them
    note = models.CharField(max_length=300, blank=True)
    actor: Any = models.JSONField(default=dict)
    until = models.DateTimeField()
    after_at = models.DateTimeField(null=True)
    after_sequence = models.BigIntegerField(default=0)
    state = models.CharField(max_length=10, choices=BulkState, default=BulkState.RUNNING)
    total: Any = models.BigIntegerField(null=True)
    seen = models.BigIntegerField(default=0)
    counts: Any = models.JSONField(default=dict)
    reason = models.TextField(blank=True)  # why it failed, or goes on later
    failures = models.PositiveSmallIntegerField(default=0)
    created_at = models.DateTimeField(default=timezone.now)
    started_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)
    due_at = models.DateTimeField(default=timezone.now)  # then nobody is at work at it

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["tenant", "token"], name="bulk_act_is_one_per_form"),
            models.UniqueConstraint(
                fields=["tenant", "cause"],
                condition=Q(state=BulkState.RUNNING.value),
                name="bulk_act_is_one_at_a_time",
            ),
        ]
        indexes = [
            models.Index(fields=["tenant", "-created_at"], name="bulk_act_newest_first"),
            models.Index(
                fields=["due_at"],
                name="bulk_act_running",
                condition=Q(state=BulkState.RUNNING.value),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.deed} of {self.cause}: {self.state}"


class Assignee(TenantModel):
    """Who looks after a cause, or after one dead letter of it, which counts for more."""

    prefix = "asg"

    cause = models.UUIDField()
    delivery = TenantForeignKey(Delivery, on_delete=models.CASCADE, null=True, related_name="+")
    member = TenantForeignKey(Membership, on_delete=models.CASCADE, related_name="+")
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["tenant", "cause"],
                condition=Q(delivery=None),
                name="assignee_is_one_per_cause",
            ),
            models.UniqueConstraint(
                fields=["tenant", "delivery"], name="assignee_is_one_per_letter"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.member_id} for {self.delivery_id or self.cause}"


class Comment(TenantModel):
    """What a person says of a cause, or of one dead letter."""

    prefix = "cmt"

    cause = models.UUIDField(null=True)
    delivery = TenantForeignKey(
        Delivery, on_delete=models.CASCADE, null=True, related_name="comments"
    )
    text = models.TextField()
    author = models.CharField(max_length=254)
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        indexes = [models.Index(fields=["tenant", "cause", "-created_at"], name="comment_of_cause")]

    def __str__(self) -> str:
        return f"{self.author}: {self.text[:40]}"
