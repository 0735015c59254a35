"""One business record, and its id in each system."""

from django.db import models
from django.db.models import Q
from django.utils import timezone

from connectors.models import Connection
from ekyam.tenants.models import TenantForeignKey, TenantModel


class Record(TenantModel):
    """A hub of links: whoever knows one id of an order knows all of them.

    `reference` is our own name of it, written into every system that has a place for one.
    """

    prefix = "rec"

    resource = models.CharField(max_length=40)
    reference = models.CharField(max_length=255)
    label = models.CharField(max_length=120, blank=True)
    parent = TenantForeignKey("self", on_delete=models.CASCADE, null=True, related_name="parts")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["tenant", "resource", "reference"], name="record_is_one_per_reference"
            )
        ]
        indexes = [
            models.Index(fields=["tenant", "resource", "-id"], name="record_newest_first"),
            models.Index(
                fields=["tenant", "label"], name="record_by_label", condition=~Q(label="")
            ),
        ]

    def __str__(self) -> str:
        return f"{self.resource} {self.label or self.reference}"


class Link(TenantModel):
    """A record's id in one system. `is_primary` is false for the pieces of a split order."""

    prefix = "lnk"

    record = TenantForeignKey(Record, on_delete=models.CASCADE, related_name="links")
    connection = TenantForeignKey(
        Connection, on_delete=models.CASCADE, related_name="links", db_index=False
    )
    resource = models.CharField(max_length=40)
    external_id = models.CharField(max_length=255)
    label = models.CharField(max_length=120, blank=True)
    is_primary = models.BooleanField(default=True)
    created_at = models.DateTimeField(default=timezone.now)  # when the system had it at the latest

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["tenant", "connection", "resource", "external_id"],
                name="link_is_one_per_external_id",
            ),
            models.UniqueConstraint(
                fields=["tenant", "record", "connection"],
                condition=Q(is_primary=True),
                name="link_is_one_per_record_and_system",
            ),
        ]
        indexes = [
            models.Index(fields=["tenant", "label"], name="link_by_label"),
            models.Index(fields=["tenant", "external_id"], name="link_by_external_id"),
        ]

    def __str__(self) -> str:
        return f"{self.resource} {self.external_id}"
