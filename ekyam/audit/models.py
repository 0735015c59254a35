"""The audit log's rows. The runtime role may add them and read them; a trigger holds for all."""

from typing import Any

from django.db import models

from ekyam.tenants.rows import TenantModel


class AuditEntry(TenantModel):
    """One thing that was done in a company.

    `number` counts within the tenant, without a gap. `digest` is over all the rest and over the
    digest of the entry before, so nothing can be changed, left out or put in unseen.
    """

    prefix = "aud"

    number = models.BigIntegerField()
    at = models.DateTimeField()
    actor_kind = models.CharField(max_length=20)
    actor_id = models.CharField(max_length=120, blank=True)
    actor = models.CharField(max_length=254)
    address = models.CharField(max_length=45, blank=True)
    action = models.CharField(max_length=60)
    subject = models.CharField(max_length=120, blank=True)
    subject_label = models.CharField(max_length=254, blank=True)
    before: Any = models.JSONField(null=True)
    after: Any = models.JSONField(null=True)
    digest = models.CharField(max_length=64)

    class Meta:
        verbose_name_plural = "audit entries"
        constraints = [
            models.UniqueConstraint(fields=["tenant", "number"], name="audit_number_is_one"),
        ]
        indexes = [
            models.Index(fields=["tenant", "action", "-number"], name="audit_by_action"),
            models.Index(fields=["tenant", "subject", "-number"], name="audit_by_subject"),
            models.Index(fields=["tenant", "actor_id", "-number"], name="audit_by_actor"),
        ]

    def __str__(self) -> str:
        return f"{self.number}: {self.actor}, {self.action}"
