"""What each system says of its stock, and by which formula one system's is offered in another."""

from typing import Any

from django.db import models
from django.db.models import F, Func, Q, Value
from django.utils import timezone
from django.utils.translation import gettext_lazy

from connectors.models import Connection
from ekyam.tenants.models import TenantForeignKey, TenantModel
from flows.models.flow import Flow
from flows.models.link import Record


class StockLocation(TenantModel):
    """A place that holds stock in one system."""

    prefix = "loc"

    connection = TenantForeignKey(
        Connection, on_delete=models.CASCADE, related_name="locations", db_index=False
    )
    external_id = models.CharField(max_length=120)
    label = models.CharField(max_length=200, blank=True)
    is_active = models.BooleanField(default=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["tenant", "connection", "external_id"], name="location_is_one_per_id"
            )
        ]

    def __str__(self) -> str:
        return self.label or self.external_id


class StockLevel(TenantModel):
    """How much of one SKU one system holds at one place, as far as we know.

    `external_id`, `item_id` and `location` are the system's own ids; quantities are whole units,
    null where it does not tell them. `changed_at` is when it changed by the system's clock, `as_of`
    when it was true by ours; `seen` the number of the last full read that saw it.
    """

    prefix = "lvl"

    connection = TenantForeignKey(
        Connection, on_delete=models.CASCADE, related_name="levels", db_index=False
    )
    external_id = models.CharField(max_length=255)
    item_id = models.CharField(max_length=120)
    sku = models.CharField(max_length=255)
    location = models.CharField(max_length=120)
    on_hand = models.BigIntegerField(null=True)
    available = models.BigIntegerField(null=True)
    committed = models.BigIntegerField(null=True)
    safety = models.BigIntegerField(null=True)
    damaged = models.BigIntegerField(null=True)
    quarantined = models.BigIntegerField(null=True)
    changed_at = models.DateTimeField(null=True)
    as_of = models.DateTimeField()
    seen = models.BigIntegerField(default=0)
    is_gone = models.BooleanField(default=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["tenant", "connection", "external_id"], name="level_is_one_per_id"
            )
        ]
        indexes = [
            models.Index(fields=["tenant", "sku", "connection"], name="level_by_sku"),
            models.Index(fields=["connection", "item_id"], name="level_by_item"),
        ]

    def __str__(self) -> str:
        return f"{self.sku} at {self.location}"


class Formula(TenantModel):
    """What of the source's stock a flow offers in its target: data that the tenant can change.

    From `base` is taken what is checked and told, what orders have sold that the source does not
    know of yet (`less_on_the_way`), and `buffer`, per SKU and place of the target; never below 0.
    """

    prefix = "fml"

    class Base(models.TextChoices):
        AVAILABLE = "available", gettext_lazy("What the source calls available")
        ON_HAND = "on_hand", gettext_lazy("All that is on hand")

    flow = TenantForeignKey(Flow, on_delete=models.CASCADE, related_name="formulas", db_index=False)
    base = models.CharField(max_length=10, choices=Base, default=Base.AVAILABLE)
    less_committed = models.BooleanField(default=False)
    less_safety = models.BooleanField(default=True)
    less_damaged = models.BooleanField(default=False)
    less_quarantined = models.BooleanField(default=False)
    less_on_the_way = models.BooleanField(default=True)
    buffer = models.PositiveIntegerField(default=0)
    missing_is_zero = models.BooleanField(default=False)
    # A full sync that finds less than this share of what was there before stops and asks; and one
    # that would take more than this share of what is for sale down to nought.
    least_percent = models.PositiveSmallIntegerField(default=80)
    most_to_zero_percent = models.PositiveSmallIntegerField(default=20)
    # The target is read back by the first full sync after so many hours.
    read_back_hours = models.PositiveSmallIntegerField(default=24)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["tenant", "flow"], name="formula_is_one_per_flow"),
            models.CheckConstraint(
                condition=Q(least_percent__lte=100, most_to_zero_percent__lte=100),
                name="formula_percents_are_percents",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.flow_id}: {self.base}"


class KitPart(TenantModel):
    """So many of one SKU are in a kit, which is sold as one."""

    prefix = "kit"

    kit = models.CharField(max_length=255)
    part = models.CharField(max_length=255)
    quantity = models.PositiveIntegerField(default=1)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["tenant", "kit", "part"], name="kit_part_is_one_per_kit_and_part"
            ),
            models.CheckConstraint(
                condition=Q(quantity__gt=0) & ~Q(kit=F("part")), name="kit_part_is_a_part"
            ),
        ]
        indexes = [models.Index(fields=["tenant", "part"], name="kit_part_by_part")]

    def __str__(self) -> str:
        return f"{self.kit} has {self.quantity} of {self.part}"


class Reservation(TenantModel):
    """What an order has sold of a SKU. It counts until the source of the stock knows the order."""

    prefix = "rsv"

    record = TenantForeignKey(
        Record, on_delete=models.CASCADE, related_name="reservations", db_index=False
    )
    connection = TenantForeignKey(
        Connection, on_delete=models.CASCADE, related_name="+", db_index=False
    )
    sku = models.CharField(max_length=255)
    quantity = models.BigIntegerField()
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["tenant", "record", "sku"], name="reservation_is_one_per_order_and_sku"
            )
        ]
        indexes = [
            models.Index(fields=["tenant", "sku"], name="reservation_by_sku"),
            models.Index(fields=["created_at"], name="reservation_oldest_first"),
        ]

    def __str__(self) -> str:
        return f"{self.quantity} of {self.sku}"


class SyncState(models.TextChoices):
    TARGET = "target", gettext_lazy("Reading the target back")
    SOURCE = "source", gettext_lazy("Reading the source")
    ASKS = "asks", gettext_lazy("Asks a person")
    WRITING = "writing", gettext_lazy("Writing what differs")
    DONE = "done", gettext_lazy("Done")
    STOPPED = "stopped", gettext_lazy("Stopped")
    FAILED = "failed", gettext_lazy("Failed")


READING = (SyncState.TARGET, SyncState.SOURCE)
UNREAD = (*READING, SyncState.ASKS)  # of one flow, only one is in these
RUNNING = (*UNREAD, SyncState.WRITING)


class Sync(TenantModel):
    """A full comparison of a flow's source with its target: how far it is, and what came of it.

    `slot` is the midnight or noon that it was due at; null when a person asked for it. `page` is
    where reading goes on. What is found to differ is kept in held events until all has been read.
    """

    prefix = "syn"

    number = models.BigIntegerField(
        db_default=Func(Value("flows_sync_sequence"), function="nextval"), editable=False
    )
    flow = TenantForeignKey(Flow, on_delete=models.CASCADE, related_name="syncs", db_index=False)
    slot = models.DateTimeField(null=True)
    asked_by = models.CharField(max_length=200, blank=True)
    state = models.CharField(max_length=10, choices=SyncState, default=SyncState.SOURCE)
    reads_target = models.BooleanField(default=False)
    since = models.DateTimeField(null=True)  # what did not change since need not be read again
    page = models.TextField(blank=True)
    total: Any = models.BigIntegerField(null=True)
    checked = models.BigIntegerField(default=0)
    target_checked = models.BigIntegerField(default=0)
    target_differing = models.BigIntegerField(default=0)
    differing = models.BigIntegerField(default=0)
    to_zero = models.BigIntegerField(default=0)
    missing = models.BigIntegerField(default=0)
    reason = models.TextField(blank=True)  # why it asks, stopped or failed
    failures = models.PositiveSmallIntegerField(default=0)
    created_at = models.DateTimeField(default=timezone.now)
    started_at = models.DateTimeField(null=True)  # the phase that is under way
    read_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)
    due_at = models.DateTimeField(default=timezone.now)
    lease_token = models.UUIDField(null=True)
    leased_until = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["tenant", "flow", "slot"], name="sync_is_one_per_slot"),
            models.UniqueConstraint(
                fields=["tenant", "flow"],
                condition=Q(state__in=[state.value for state in UNREAD]),
                name="sync_is_one_at_a_time",
            ),
        ]
        indexes = [
            models.Index(fields=["tenant", "-created_at"], name="sync_newest_first"),
            models.Index(
                fields=["due_at"],
                name="sync_running",
                condition=Q(state__in=[state.value for state in RUNNING]),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.public_id}: {self.state}"
