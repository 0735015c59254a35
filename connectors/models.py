"""A tenant's authorised access to a remote system."""

from django.db import models

from connectors.registry import get_connector
from connectors.spec import Connector
from ekyam.tenants.models import TenantForeignKey, TenantModel
from ekyam.tenants.sealed import SealedRow


class Environment(models.TextChoices):
    SANDBOX = "sandbox"
    LIVE = "live"


class ConnectionState(models.TextChoices):
    ACTIVE = "active"
    NEEDS_REAUTHORIZATION = "needs_reauthorization"
    PAUSED = "paused"
    FAILING = "failing"


# Requests may be sent: failing ones are tried, the others wait for a person.
OPEN_STATES = (ConnectionState.ACTIVE, ConnectionState.FAILING)


class Connection(SealedRow, TenantModel):
    """`sealed` holds the credentials, encrypted; `settings` is what may be shown."""

    prefix = "con"
    sealed_columns = ("sealed",)

    connector = models.SlugField(max_length=60)
    label = models.CharField(max_length=120)
    environment = models.CharField(max_length=10, choices=Environment)
    auth = models.CharField(max_length=40)
    settings = models.JSONField(default=dict)
    sealed = models.BinaryField(default=bytes)
    account = models.CharField(max_length=200)
    state = models.CharField(
        max_length=30, choices=ConnectionState, default=ConnectionState.ACTIVE, db_index=False
    )
    state_reason = models.TextField(blank=True)
    state_changed_at = models.DateTimeField(auto_now_add=True)
    throttled_until = models.DateTimeField(null=True)
    checked_at = models.DateTimeField(null=True)
    webhooks_checked_at = models.DateTimeField(null=True)
    check_report = models.JSONField(default=list)
    # What the host showed at the last check: host, issuer, expires_at, problem.
    certificate = models.JSONField(default=dict)
    # Of tries without an answer, with none in between that had one (connectors.health).
    failures = models.PositiveIntegerField(default=0)
    failing_since = models.DateTimeField(null=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["tenant", "connector", "account", "environment"],
                name="connection_is_one_per_account",
            )
        ]

    def __str__(self) -> str:
        return f"{self.label} ({self.connector})"

    @property
    def spec(self) -> Connector:
        return get_connector(self.connector)

    @property
    def is_open(self) -> bool:
        return self.state in OPEN_STATES


class ConnectionHour(TenantModel):
    """What a system answered within one hour (UTC): counted as it happens (connectors.health).

    A try is a delivery's, or the reading of a page. `good` are those that had an answer, also one
    that says no; `good_ms` is what they took together.
    """

    prefix = "coh"

    connection = TenantForeignKey(
        Connection, on_delete=models.CASCADE, related_name="hours", db_index=False
    )
    hour = models.DateTimeField()
    good = models.PositiveIntegerField(default=0)
    failed = models.PositiveIntegerField(default=0)
    throttled = models.PositiveIntegerField(default=0)
    good_ms = models.FloatField(default=0.0)
    good_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["tenant", "connection", "hour"], name="connection_hour_is_one"
            )
        ]

    def __str__(self) -> str:
        return f"{self.hour}: {self.good} good, {self.failed} failed"


class OAuthState(TenantModel):
    """A consent that was asked for: good once, for the person who began, for ten minutes."""

    prefix = "oas"

    connection = TenantForeignKey(Connection, on_delete=models.CASCADE, related_name="+")
    state = models.CharField(max_length=64)
    user = models.ForeignKey("tenants.User", on_delete=models.CASCADE, related_name="+")
    expires_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["tenant", "state"], name="oauth_state_is_unique")
        ]

    def __str__(self) -> str:
        return f"until {self.expires_at}"
