"""What people lay down about orders: that one is held, and how they like to look at them."""

from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone

from ekyam.tenants.models import TenantForeignKey, TenantModel
from flows.models.link import Record


class OrderHold(TenantModel):
    """A person holds an order: until `released_at` nothing of this root is sent to anybody."""

    prefix = "ohd"

    record = TenantForeignKey(
        Record, on_delete=models.CASCADE, related_name="holds", db_index=False
    )
    reason = models.CharField(max_length=300)
    held_by = models.CharField(max_length=254)
    held_at = models.DateTimeField(default=timezone.now)
    released_by = models.CharField(max_length=254, blank=True)
    released_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["tenant", "record"],
                condition=Q(released_at=None),
                name="order_is_held_once_at_a_time",
            )
        ]
        indexes = [models.Index(fields=["record"], name="hold_of_record")]

    def __str__(self) -> str:
        return f"{self.record_id} held by {self.held_by}"


class SavedView(TenantModel):
    """Filters of the list of orders under a name; a person's own, unless it `is_shared`."""

    prefix = "view"

    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    name = models.CharField(max_length=60)
    filters: Any = models.JSONField(default=dict)
    is_shared = models.BooleanField(default=False)
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["tenant", "owner", "name"], name="saved_view_is_one_per_person_and_name"
            )
        ]

    def __str__(self) -> str:
        return self.name


class SearchKey(TenantModel):
    """A text that a record is found by, as its digest (see flows.search)."""

    prefix = "skey"

    record = TenantForeignKey(
        Record, on_delete=models.CASCADE, related_name="search_keys", db_index=False
    )
    kind = models.CharField(max_length=10)
    digest = models.CharField(max_length=32)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["tenant", "digest", "record", "kind"], name="search_key_is_one_per_record"
            )
        ]
        # For taking them away with their record, and when a shopper's data are erased.
        indexes = [models.Index(fields=["record"], name="search_key_of_record")]

    def __str__(self) -> str:
        return f"{self.kind} of {self.record_id}"
