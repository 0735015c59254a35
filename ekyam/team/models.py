"""A person who is asked to join a company, by a link that is mailed to them."""

from django.conf import settings
from django.db import models
from django.utils import timezone

from ekyam.tenants.models import LowerCaseEmailField, Role
from ekyam.tenants.rows import TenantModel


class Invitation(TenantModel):
    """Open until it is accepted, called off, or too old. Sent again, only the newest link holds.

    Of the link's token only a digest is kept. Whoever invited must still have the right to when it
    is accepted.
    """

    prefix = "inv"

    email = LowerCaseEmailField()
    role = models.CharField(max_length=20, choices=Role)
    invited_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+"
    )
    token_digest = models.CharField(max_length=64, db_index=True)
    created_at = models.DateTimeField(default=timezone.now)
    sent_at = models.DateTimeField(default=timezone.now)
    mails = models.PositiveSmallIntegerField(default=1)
    expires_at = models.DateTimeField()
    accepted_at = models.DateTimeField(null=True)
    called_off_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["tenant", "email"],
                condition=models.Q(accepted_at=None, called_off_at=None),
                name="invitation_is_one_per_address",
            ),
            models.CheckConstraint(
                condition=models.Q(role__in=Role.values), name="invitation_role_is_known"
            ),
            models.CheckConstraint(
                condition=models.Q(accepted_at=None) | models.Q(called_off_at=None),
                name="invitation_is_accepted_or_called_off",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.email} as {self.role}"
