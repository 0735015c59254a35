"""One record to be written to one target, and each try of it."""

from typing import Any

from django.db import models
from django.db.models import Func, Q, Value

from connectors.models import Connection
from ekyam.tenants.models import TenantForeignKey, TenantModel
from flows.models.event import Event
from flows.models.flow import Flow
from flows.models.link import Record
from flows.models.run import Run
from flows.models.version import Version
from flows.states import DONE, OPEN, State


class Delivery(TenantModel):
    """The states and their meaning are in flows.states.

    Flow and target are null where an event could not even be read.

    The ordering key is (target, root), where the root is the record or what it belongs to, as a
    shipment does to its order: of the open deliveries only the oldest, by `sequence`, is sent.
    `wrote` says that a write may have reached the target already, so that it is looked up there
    before anything is sent again; `is_forced` that a person asked for it, so that it is sent even
    if it seems unchanged. `waits_for` names what a parked delivery needs. `version` is what it is
    written by; null is the connector's own mapping. `looked_at` is what the rule that held it
    looked at, `is_released` that a person has let it go since.
    """

    prefix = "dlv"

    sequence = models.BigIntegerField(
        db_default=Func(Value("flows_delivery_sequence"), function="nextval"), editable=False
    )
    # Its index is that of the last successes: the light of every flow on every page asks for it.
    flow = TenantForeignKey(
        Flow, on_delete=models.PROTECT, null=True, related_name="deliveries", db_index=False
    )
    run = TenantForeignKey(Run, on_delete=models.SET_NULL, null=True, related_name="delivered")
    event = TenantForeignKey(Event, on_delete=models.PROTECT, related_name="deliveries")
    record = TenantForeignKey(
        Record, on_delete=models.PROTECT, null=True, related_name="deliveries", db_index=False
    )
    root = TenantForeignKey(Record, on_delete=models.PROTECT, null=True, related_name="+")
    target = TenantForeignKey(
        Connection, on_delete=models.PROTECT, null=True, related_name="deliveries", db_index=False
    )
    action = models.CharField(max_length=60, blank=True)
    version = TenantForeignKey(
        Version, on_delete=models.PROTECT, null=True, related_name="deliveries", db_index=False
    )
    lane = models.PositiveSmallIntegerField(default=0)
    external_id = models.CharField(max_length=255)
    source_version = models.CharField(max_length=120)
    source_updated_at = models.DateTimeField(null=True)
    standard: Any = models.JSONField(null=True)
    fingerprint = models.CharField(max_length=64, blank=True)
    state = models.CharField(
        max_length=12,
        choices=[(state.value, state.value) for state in State],
        default=State.PENDING,
    )
    due_at = models.DateTimeField()
    attempts_made = models.PositiveSmallIntegerField(default=0)
    lease_token = models.UUIDField(null=True)
    wrote = models.BooleanField(default=False)
    is_forced = models.BooleanField(default=False)
    waits_for = models.CharField(max_length=400, blank=True)
    parked_at = models.DateTimeField(null=True)
    looked_at = models.CharField(max_length=64, blank=True)
    is_released = models.BooleanField(default=False)
    failure = models.CharField(max_length=40, blank=True)
    reason = models.TextField(blank=True)
    blame = models.CharField(max_length=10, blank=True)
    result_id = models.CharField(max_length=255, blank=True)
    result_label = models.CharField(max_length=120, blank=True)
    note = models.TextField(blank=True)
    why = models.TextField(blank=True)  # why it was made, where that is not plain
    received_at = models.DateTimeField()
    created_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name_plural = "deliveries"
        constraints = [
            models.UniqueConstraint(
                fields=["tenant", "flow", "external_id", "source_version"],
                name="delivery_is_one_per_fact",
            )
        ]
        indexes = [
            models.Index(
                fields=["target", "lane", "sequence"],
                name="delivery_open_by_target",
                condition=Q(state__in=[state.value for state in OPEN]),
            ),
            models.Index(
                fields=["target", "root", "sequence"],
                name="delivery_open_by_key",
                condition=Q(state__in=[state.value for state in OPEN]),
            ),
            models.Index(
                fields=["target", "waits_for"],
                name="delivery_parked",
                condition=Q(state=State.PARKED.value),
            ),
            models.Index(fields=["record", "target", "-sequence"], name="delivery_of_record"),
            models.Index(
                fields=["flow", "-sequence"],
                name="delivery_done_by_flow",
                condition=Q(state__in=[state.value for state in DONE]),
            ),
            models.Index(
                fields=["flow", "-sequence"],
                name="delivery_dead_by_flow",
                condition=Q(state=State.DEAD.value),
            ),
            models.Index(fields=["tenant", "state", "-sequence"], name="delivery_by_state"),
            models.Index(
                fields=["version"],
                name="delivery_of_version",
                condition=~Q(version=None),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.action} of {self.external_id}: {self.state}"


class Attempt(TenantModel):
    """One try, with the requests and answers that it made, trimmed and redacted."""

    prefix = "att"

    delivery = TenantForeignKey(
        Delivery, on_delete=models.CASCADE, related_name="attempts", db_index=False
    )
    number = models.PositiveSmallIntegerField()
    started_at = models.DateTimeField()
    duration_ms = models.FloatField()
    outcome = models.CharField(max_length=40)
    reason = models.TextField(blank=True)
    exchanges: Any = models.JSONField(default=list)

    class Meta:
        indexes = [models.Index(fields=["delivery", "started_at"], name="attempt_of_delivery")]

    def __str__(self) -> str:
        return f"{self.number}: {self.outcome}"


class Pump(TenantModel):
    """The lease of one target: one worker at a time sends to it, and proves it with the token."""

    prefix = "pmp"

    target = TenantForeignKey(
        Connection, on_delete=models.CASCADE, related_name="pumps", db_index=False
    )
    token = models.UUIDField(null=True)
    leased_until = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["tenant", "target"], name="pump_is_one_per_target")
        ]

    def __str__(self) -> str:
        return f"{self.target_id} until {self.leased_until}"
