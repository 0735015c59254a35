"""A tenant's authorised access to a remote system."""

from django.db import models
from django.utils.translation import gettext_lazy

from connectors.registry import get_connector
from connectors.spec import Connector
from ekyam.tenants.models import TenantForeignKey, TenantModel
from ekyam.tenants.sealed import SealedRow


class Environment(models.TextChoices):
    SANDBOX = "sandbox", gettext_lazy("Sandbox")
    LIVE = "live", gettext_lazy("Live")


class ConnectionState(models.TextChoices):
    ACTIVE = "active", gettext_lazy("Active")
    NEEDS_REAUTHORIZATION = "needs_reauthorization", gettext_lazy("Needs Reauthorization")
    PAUSED = "paused", gettext_lazy("Paused")
    FAILING = "failing", gettext_lazy("Failing")


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

    @property
    def health(self) -> str:
        """Its state, but «unchecked» of what nobody has checked yet."""
        is_new = self.state == ConnectionState.ACTIVE and self.checked_at is None
        return "unchecked" if is_new else self.state


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


class SetUp(TenantModel):
    """A system on its way to being connected. How far it is follows from what is true, not from
    here: this keeps what else nobody could know.

    `uses` are what it is to be used for, as of Permission; `agreed` the steps of which a person
    said that they are as they should be.
    """

    prefix = "stp"

    connector = models.SlugField(max_length=60)
    connection = TenantForeignKey(
        Connection, on_delete=models.SET_NULL, null=True, related_name="+", db_index=False
    )
    begun_by = models.ForeignKey(
        "tenants.User", on_delete=models.SET_NULL, null=True, related_name="+", db_index=False
    )
    uses = models.JSONField(default=list)
    agreed = models.JSONField(default=list)
    created_at = models.DateTimeField(auto_now_add=True)
    ended_at = models.DateTimeField(null=True)
    is_discarded = models.BooleanField(default=False)

    class Meta:
        indexes = [
            models.Index(
                fields=["tenant", "created_at"],
                name="set_up_not_ended",
                condition=models.Q(ended_at=None),
            ),
            models.Index(fields=["connection"], name="set_up_of_connection"),
        ]

    def __str__(self) -> str:
        return f"{self.connector} since {self.created_at}"

    @property
    def spec(self) -> Connector:
        return get_connector(self.connector)
