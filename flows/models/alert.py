"""When people are told that something is wrong, by which way, and what was told."""

from typing import Any

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy

from ekyam.tenants.models import TenantForeignKey, TenantModel
from ekyam.tenants.sealed import SealedRow


class AlertKind(models.TextChoices):
    CONNECTION_DOWN = "connection_down", gettext_lazy("A connection is down")
    DEAD_LETTERS = "dead_letters", gettext_lazy("Dead letters")
    FLOW_SILENT = "flow_silent", gettext_lazy("A flow is silent")
    STOCK_DRIFT = "stock_drift", gettext_lazy("Stock differs")
    SYNC_LATE = "sync_late", gettext_lazy("A full comparison is late")


class AlertRule(TenantModel):
    """One of each kind in a company. What `threshold` counts depends on the kind.

    While an alert is open it is told of again after `quiet_minutes`, if there is more of it; after
    `escalate_minutes` without anybody's acknowledgement it goes further, 0 meaning never.
    """

    prefix = "arl"

    kind = models.CharField(max_length=20, choices=AlertKind)
    is_on = models.BooleanField(default=False)
    threshold = models.PositiveIntegerField()
    quiet_minutes = models.PositiveIntegerField(default=60)
    escalate_minutes = models.PositiveIntegerField(default=0)
    edition = models.PositiveIntegerField(default=1)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["tenant", "kind"], name="alert_rule_is_one_per_kind")
        ]

    def __str__(self) -> str:
        return self.get_kind_display()


class AlertChannel(SealedRow, TenantModel):
    """A way to people. The address is sealed, as is what a webhook is signed with; `shown` is what
    of the address may be seen. The owners have no address here: it is looked up when it is used."""

    prefix = "ach"
    sealed_columns = ("address", "secret")

    class Kind(models.TextChoices):
        OWNERS = "owners", gettext_lazy("Mail to all owners")
        EMAIL = "email", gettext_lazy("Mail")
        SLACK = "slack", "Slack"
        WEBHOOK = "webhook", gettext_lazy("Webhook")
        SMS = "sms", gettext_lazy("Text message")

    kind = models.CharField(max_length=10, choices=Kind)
    label = models.CharField(max_length=80)
    shown = models.CharField(max_length=200, blank=True)
    address = models.BinaryField(default=bytes)
    secret = models.BinaryField(default=bytes)
    error = models.CharField(max_length=300, blank=True)  # why the last one did not leave
    sent_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["tenant", "label"], name="alert_channel_has_its_label")
        ]

    def __str__(self) -> str:
        return self.label


class AlertRoute(TenantModel):
    """A rule tells by this channel: at once, or only when nobody has acknowledged."""

    prefix = "art"

    rule = TenantForeignKey(
        AlertRule, on_delete=models.CASCADE, related_name="routes", db_index=False
    )
    channel = TenantForeignKey(AlertChannel, on_delete=models.CASCADE, related_name="routes")
    is_escalation = models.BooleanField(default=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["tenant", "rule", "channel", "is_escalation"], name="alert_route_is_one"
            )
        ]

    def __str__(self) -> str:
        return f"{self.rule_id} to {self.channel_id}"


class Alert(TenantModel):
    """One cause, from when it was found until it was over.

    `told_at` and `told_count` are of the last time that people were told, null and 0 before.
    """

    prefix = "alt"

    rule = TenantForeignKey(
        AlertRule, on_delete=models.CASCADE, related_name="alerts", db_index=False
    )
    cause = models.CharField(max_length=200)
    subject = models.CharField(max_length=200)
    text = models.TextField(blank=True)
    count = models.PositiveIntegerField(default=1)
    opened_at = models.DateTimeField()
    last_at = models.DateTimeField()
    told_at = models.DateTimeField(null=True)
    told_count = models.PositiveIntegerField(default=0)
    times_told = models.PositiveIntegerField(default=0)
    escalated_at = models.DateTimeField(null=True)
    acknowledged_at = models.DateTimeField(null=True)
    acknowledged_by = models.CharField(max_length=254, blank=True)
    cleared_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["tenant", "rule", "cause"],
                condition=Q(cleared_at=None),
                name="alert_is_one_open_per_cause",
            )
        ]
        indexes = [
            models.Index(
                fields=["tenant", "-id"],
                name="alert_past_newest_first",
                condition=~Q(cleared_at=None),
            )
        ]

    def __str__(self) -> str:
        return self.subject


class NoticeState(models.TextChoices):
    WAITING = "waiting"
    SENDING = "sending"  # claimed by `token` until `due_at`
    SENT = "sent"
    FAILED = "failed"  # given up


class AlertNotice(TenantModel):
    """One message to one channel. It is claimed before it is sent, and tried again if it fails."""

    prefix = "ntc"

    alert = TenantForeignKey(Alert, on_delete=models.CASCADE, related_name="notices", null=True)
    channel = TenantForeignKey(AlertChannel, on_delete=models.CASCADE, related_name="notices")
    kind = models.CharField(max_length=12)  # open, again, escalation, clear or test
    number = models.PositiveIntegerField(default=0)
    message: Any = models.JSONField()
    state = models.CharField(max_length=8, choices=NoticeState, default=NoticeState.WAITING)
    tries = models.PositiveSmallIntegerField(default=0)
    token = models.UUIDField(null=True)
    due_at = models.DateTimeField(default=timezone.now)
    error = models.CharField(max_length=300, blank=True)
    created_at = models.DateTimeField(default=timezone.now)
    sent_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["tenant", "alert", "channel", "kind", "number"], name="alert_notice_is_one"
            )
        ]
        indexes = [
            models.Index(
                fields=["due_at"],
                name="alert_notice_due",
                condition=Q(state__in=["waiting", "sending"]),
            )
        ]

    def __str__(self) -> str:
        return f"{self.kind}: {self.state}"
