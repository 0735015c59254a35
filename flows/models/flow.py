"""What moves from where to where, and whether its light is On."""

from django.db import models

from connectors.models import Connection
from connectors.spec import Action, Stream
from ekyam.tenants.models import TenantForeignKey, TenantModel


class Flow(TenantModel):
    """Source connection and stream -> target connection and action.

    It goes by its published `version`; without one by the connectors' own mappings, without rules.
    What rules of its `feeder` send it is all that it gets: it reads nothing itself.
    """

    prefix = "flw"

    label = models.CharField(max_length=120)
    source = TenantForeignKey(Connection, on_delete=models.PROTECT, related_name="flows_out")
    stream = models.CharField(max_length=60)
    target = TenantForeignKey(Connection, on_delete=models.PROTECT, related_name="flows_in")
    action = models.CharField(max_length=60)
    is_on = models.BooleanField(default=False)
    switched_at = models.DateTimeField(null=True)
    position = models.PositiveSmallIntegerField(default=0)
    version = TenantForeignKey(
        "flows.Version", on_delete=models.SET_NULL, null=True, related_name="+", db_index=False
    )
    feeder = TenantForeignKey(
        "self", on_delete=models.SET_NULL, null=True, related_name="fed", db_index=False
    )
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
