"""Where a tenant wants to be told of facts."""

from typing import Any

from django.db import models

from ekyam.tenants.models import TenantModel
from ekyam.tenants.sealed import SealedRow


class WebhookEndpoint(SealedRow, TenantModel):
    """`events` are kinds of facts; the secret, by which the receiver checks signatures, is sealed.

    Nothing is sent to it yet.
    """

    prefix = "whe"
    sealed_columns = ("sealed",)

    url = models.CharField(max_length=2000)
    label = models.CharField(max_length=120, blank=True)
    events: Any = models.JSONField(default=list)
    is_on = models.BooleanField(default=True)
    sealed = models.BinaryField(default=bytes)
    created_at = models.DateTimeField(auto_now_add=True)
    changed_at = models.DateTimeField(auto_now=True)

    def __str__(self) -> str:
        return self.label or self.url
