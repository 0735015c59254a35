"""The outbox: what became true, written in the transaction that made it true."""

from typing import Any

from django.db import models

from ekyam.tenants.models import TenantForeignKey, TenantModel
from flows.models.link import Record


class Fact(TenantModel):
    """`kind` is «order.received», «delivery.dead» and so on, as flows.operations.publish says."""

    prefix = "fct"

    kind = models.CharField(max_length=60)
    record = TenantForeignKey(
        Record, on_delete=models.CASCADE, null=True, related_name="facts", db_index=False
    )
    subject = models.CharField(max_length=255)
    data: Any = models.JSONField(default=dict)
    happened_at = models.DateTimeField()
    published_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [
            models.Index(
                fields=["id"], name="fact_to_publish", condition=models.Q(published_at=None)
            ),
            models.Index(fields=["tenant", "-happened_at"], name="fact_newest_first"),
            models.Index(fields=["record", "kind"], name="fact_of_record"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.subject}"
