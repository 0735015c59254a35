"""What each flow did in each hour, counted once so that no page counts it again."""

from django.db import models

from ekyam.tenants.models import TenantForeignKey, TenantModel
from flows.models.flow import Flow


class FlowHour(TenantModel):
    """The deliveries that were made in one hour of UTC, and what had become of them when counted.

    Only the last 26 hours are counted again. `hour` is its start; `median_ms` is the time from
    receiving to finishing of those that succeeded, null where none did. An hour without a row is
    one in which nothing was made.
    """

    prefix = "fhr"

    flow = TenantForeignKey(Flow, on_delete=models.CASCADE, related_name="hours", db_index=False)
    hour = models.DateTimeField()
    made = models.PositiveIntegerField(default=0)
    done = models.PositiveIntegerField(default=0)
    unchanged = models.PositiveIntegerField(default=0)
    dead = models.PositiveIntegerField(default=0)
    median_ms = models.FloatField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["tenant", "hour", "flow"], name="flow_hour_is_one_per_flow_and_hour"
            )
        ]
        indexes = [models.Index(fields=["flow", "hour"], name="flow_hour_by_flow")]

    def __str__(self) -> str:
        return f"{self.flow_id} at {self.hour}: {self.made}"
