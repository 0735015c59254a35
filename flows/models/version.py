"""What a flow did to its records, and since when."""

from typing import Any

from django.db import models
from django.db.models import Q
from django.utils import timezone

from ekyam.tenants.models import TenantForeignKey, TenantModel
from flows.models.flow import Flow


class VersionState(models.TextChoices):
    DRAFT = "draft"  # being worked at; nothing goes by it
    PUBLISHED = "published"  # what the flow goes by
    RETIRED = "retired"  # what it went by before


class Version(TenantModel):
    """A flow's Logic as JSON. Only a draft changes, and `edition` grows with each of its saves."""

    prefix = "ver"

    flow = TenantForeignKey(Flow, on_delete=models.CASCADE, related_name="versions", db_index=False)
    number = models.PositiveIntegerField()
    state = models.CharField(max_length=10, choices=VersionState, default=VersionState.DRAFT)
    logic: Any = models.JSONField()
    note = models.CharField(max_length=500, blank=True)
    made_by = models.CharField(max_length=254, blank=True)
    edition = models.PositiveIntegerField(default=1)
    created_at = models.DateTimeField(default=timezone.now)
    published_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["tenant", "flow", "number"], name="version_is_one_per_number"
            ),
            models.UniqueConstraint(
                fields=["tenant", "flow"],
                condition=Q(state=VersionState.DRAFT.value),
                name="version_draft_is_one_per_flow",
            ),
            models.UniqueConstraint(
                fields=["tenant", "flow"],
                condition=Q(state=VersionState.PUBLISHED.value),
                name="version_published_is_one_per_flow",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.number} ({self.state})"
