"""A visit of Ekyam's staff to a company, and whether the company lets them in."""

from datetime import datetime

from django.db import models
from django.db.models import Q

from ekyam.tenants.rows import TenantModel


class Visit(TenantModel):
    """Over at `ends_at`, or before: `ended_at` is when its end was written to the audit log."""

    prefix = "vis"

    staff = models.ForeignKey("tenants.User", on_delete=models.PROTECT, related_name="+")
    reason = models.CharField(max_length=500)
    began_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=~Q(reason=""), name="visit_has_a_reason"),
            models.CheckConstraint(
                condition=Q(ends_at__gt=models.F("began_at")), name="visit_ends_after_it_began"
            ),
        ]
        indexes = [
            models.Index(
                fields=["ends_at"], condition=Q(ended_at=None), name="visit_under_way_by_end"
            ),
            models.Index(fields=["tenant", "-began_at"], name="visit_by_time"),
        ]

    def __str__(self) -> str:
        return f"{self.staff_id} in {self.tenant_id} from {self.began_at}"

    def is_under_way(self, now: datetime) -> bool:
        return self.ended_at is None and now < self.ends_at


class VisitRule(TenantModel):
    """What a company has said about visits; without a row they are let in."""

    prefix = "vru"

    is_allowed = models.BooleanField(default=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["tenant"], name="visit_rule_is_one")]

    def __str__(self) -> str:
        return f"{self.tenant_id}: {'allowed' if self.is_allowed else 'refused'}"
