"""What moves from where to where, and whether its light is On."""

from django.db import models

from connectors.models import Connection
from connectors.spec import Action, Stream
from ekyam.tenants.models import TenantForeignKey, TenantModel


class Flow(TenantModel):
    """Source connection and stream -> target connection and action."""

    prefix = "flw"

    label = models.CharField(max_length=120)
    source = TenantForeignKey(Connection, on_delete=models.PROTECT, related_name="flows_out")
    stream = models.CharField(max_length=60)
    target = TenantForeignKey(Connection, on_delete=models.PROTECT, related_name="flows_in")
    action = models.CharField(max_length=60)
    is_on = models.BooleanField(default=False)
    switched_at = models.DateTimeField(null=True)
    position = models.PositiveSmallIntegerField(default=0)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["tenant", "source", "stream", "target", "action"],
                name="flow_is_one_per_stream_and_action",
            )
        ]

    def __str__(self) -> str:
        return self.label

    @property
    def stream_spec(self) -> Stream:
        return self.source.spec.stream(self.stream)

    @property
    def action_spec(self) -> Action:
        return self.target.spec.action(self.action)


class LookupRow(TenantModel):
    """One row of a lookup table: this word there is that word here."""

    prefix = "row"

    table = models.CharField(max_length=60)
    key = models.CharField(max_length=200)
    value = models.CharField(max_length=200)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["tenant", "table", "key"], name="lookup_row_is_one_per_key"
            )
        ]

    def __str__(self) -> str:
        return f"{self.table}: {self.key} = {self.value}"
