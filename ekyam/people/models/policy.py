"""What a company asks of the people who sign in."""

from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models

from ekyam.tenants.rows import TenantModel

REMEMBERED_DAYS = 30


def idle_minutes() -> int:
    """The installation's, for a company that says nothing."""
    return int(settings.EKYAM_SESSION_IDLE_MINUTES)


def absolute_hours() -> int:
    return int(settings.EKYAM_SESSION_HOURS)


class SignInPolicy(TenantModel):
    """One per company; a company without a row has the defaults. 0 days: no browser is remembered.

    A session ends after `idle_minutes` without a request, and after `absolute_hours` in any case.
    """

    prefix = "sip"

    requires_second_factor = models.BooleanField(default=False)
    remembered_days = models.PositiveSmallIntegerField(
        default=REMEMBERED_DAYS, validators=[MaxValueValidator(90)]
    )
    idle_minutes = models.PositiveIntegerField(
        default=idle_minutes, validators=[MinValueValidator(5), MaxValueValidator(7 * 24 * 60)]
    )
    absolute_hours = models.PositiveIntegerField(
        default=absolute_hours, validators=[MinValueValidator(1), MaxValueValidator(30 * 24)]
    )

    class Meta:
        verbose_name_plural = "sign-in policies"
        constraints = [
            models.UniqueConstraint(fields=["tenant"], name="sign_in_policy_is_one_per_tenant"),
            models.CheckConstraint(
                condition=models.Q(remembered_days__lte=90)
                & models.Q(idle_minutes__gte=5)
                & models.Q(absolute_hours__gte=1),
                name="sign_in_policy_is_sensible",
            ),
        ]

    def __str__(self) -> str:
        return f"How people sign in to {self.tenant_id}"
