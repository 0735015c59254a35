"""What moves from where to where, and whether its light is On."""

from typing import ClassVar, Never

from django.db import models
from django.db.models import Q

from connectors.lines import Mapping
from connectors.models import Connection
from connectors.spec import Action, Stream
from ekyam.tenants.models import TenantForeignKey, TenantModel

HALF = Q(stream="") | Q(action="")


class WholeFlows(models.Manager["Flow"]):
    """All but halves."""

    def get_queryset(self) -> models.QuerySet["Flow"]:
        return super().get_queryset().exclude(HALF)


class Flow(TenantModel):
    """Source connection and stream -> target connection and action.

    It goes by its published `version`; without one by the connectors' own mappings, without rules.
    What rules of its `feeder` send it is all that it gets: it reads nothing itself.

    A *half* is the mapping of one system alone, made before there is a second one: without an
    action it ends in the standard, without a stream it begins there, and source and target are the
    same. Its draft is what the flows that are made of it begin with. It is never On, and only
    `with_halves` knows of it.
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

    objects: ClassVar[WholeFlows] = WholeFlows()
    with_halves: ClassVar[models.Manager["Flow"]] = models.Manager()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(is_on=False) | ~HALF, name="flow_half_is_never_on"),
            models.UniqueConstraint(
                fields=["tenant", "source", "stream", "target", "action"],
                name="flow_is_one_per_stream_and_action",
            ),
        ]

    def __str__(self) -> str:
        return self.label

    @property
    def is_half(self) -> bool:
        return not (self.stream and self.action)

    @property
    def stream_spec(self) -> Stream:
        if self.stream:
            return self.source.spec.stream(self.stream)
        resource = self.target.spec.action(self.action).resource
        return Stream("", "", resource, sources={}, reader=Mapping(()))

    @property
    def action_spec(self) -> Action:
        if self.action:
            return self.target.spec.action(self.action)
        return Action("", "", self.stream_spec.resource, Mapping(()), _write_nothing)


def _write_nothing(*_: object) -> Never:
    raise NotImplementedError("A half of a flow writes nothing.")
