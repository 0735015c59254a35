"""Answers that are kept, so that a request which is sent twice has one effect."""

from django.db import models

from ekyam.tenants.models import TenantModel
from ekyam.tenants.sealed import SealedRow


class KeptAnswer(SealedRow, TenantModel):
    """What one caller was answered to one Idempotency-Key, written with the effect.

    `owner` is the id of the key or application; `digest` that of method, address and body. The
    answer is sealed: it may be the one that shows a secret.
    """

    prefix = "ans"
    sealed_columns = ("body",)

    owner = models.CharField(max_length=120)
    key = models.CharField(max_length=255)
    digest = models.CharField(max_length=64)
    status = models.PositiveSmallIntegerField()
    body = models.BinaryField()
    created_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["tenant", "owner", "key"], name="kept_answer_is_one_per_key"
            )
        ]
        indexes = [models.Index(fields=["created_at"], name="kept_answer_oldest_first")]

    def __str__(self) -> str:
        return f"{self.status} to {self.owner}"
