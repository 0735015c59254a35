"""Tenants, the people who use Ekyam, and what they may do in which tenant."""

from collections.abc import Callable
from typing import Any, ClassVar
from zoneinfo import available_timezones

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.auth.models import PermissionsMixin
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models.functions import Lower
from django.utils.translation import gettext_lazy

from ekyam import ids
from ekyam.tenants.rows import TenantForeignKey, TenantModel

__all__ = ["Membership", "Role", "Tenant", "TenantForeignKey", "TenantModel", "User"]


def validate_time_zone(name: str) -> None:
    if name not in available_timezones():
        raise ValidationError("%(name)s is no time zone of the IANA list.", params={"name": name})


class Tenant(models.Model):
    """A retail company."""

    id = models.UUIDField(primary_key=True, default=ids.new, editable=False)
    name = models.CharField(max_length=200)
    slug = models.SlugField(max_length=60, unique=True)
    time_zone = models.CharField(max_length=60, default="UTC", validators=[validate_time_zone])
    created_at = models.DateTimeField(auto_now_add=True)

    def __str__(self) -> str:
        return self.name

    @property
    def public_id(self) -> str:
        return ids.public("ten", self.id)


class LowerCaseEmailField(models.EmailField):  # type: ignore[type-arg]
    """An address that is stored, and looked for, in lower case."""

    def get_prep_value(self, value: Any) -> Any:
        value = super().get_prep_value(value)
        return value.strip().lower() if isinstance(value, str) else value


class Users(BaseUserManager["User"]):
    def create_user(self, email: str, password: str | None = None, **fields: Any) -> "User":
        if not email:
            raise ValueError("A user needs an e-mail address.")
        user = self.model(email=email.strip().lower(), **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def create_superuser(self, email: str, password: str | None = None, **fields: Any) -> "User":
        return self.create_user(email, password, is_staff=True, is_superuser=True, **fields)


class User(AbstractBaseUser, PermissionsMixin):
    """A person, whose e-mail address is the name to sign in with."""

    id = models.UUIDField(primary_key=True, default=ids.new, editable=False)
    email = LowerCaseEmailField(unique=True)
    name = models.CharField(max_length=200, blank=True)
    is_staff = models.BooleanField(default=False)
    is_active = models.BooleanField(default=True)
    created_at = models.DateTimeField(auto_now_add=True)

    objects: ClassVar[Users] = Users()

    # How to find the device that this session was verified by, until somebody asks for it.
    _otp_device: Any = None
    find_otp_device: Callable[[], Any] | None = None

    EMAIL_FIELD = "email"
    USERNAME_FIELD = "email"

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(email=Lower("email")), name="user_email_is_lower_case"
            )
        ]

    def __str__(self) -> str:
        return str(self.email)

    @property
    def public_id(self) -> str:
        return ids.public("usr", self.id)

    @property
    def otp_device(self) -> Any:
        """The second factor's device, by the name that django-otp gives it; none if unverified."""
        if self.find_otp_device is not None:
            self._otp_device, self.find_otp_device = self.find_otp_device(), None
        return self._otp_device

    @otp_device.setter
    def otp_device(self, device: Any) -> None:
        self._otp_device, self.find_otp_device = device, None


class Role(models.TextChoices):
    OWNER = "owner", gettext_lazy("Owner")
    ADMIN = "admin", gettext_lazy("Admin")
    INTEGRATOR = "integrator", gettext_lazy("Integrator")
    OPERATOR = "operator", gettext_lazy("Operator")
    DEVELOPER = "developer", gettext_lazy("Developer")
    VIEWER = "viewer", gettext_lazy("Viewer")


class Membership(TenantModel):
    """What a person may do in one tenant."""

    prefix = "mem"

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="memberships")
    role = models.CharField(max_length=20, choices=Role)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["tenant", "user"], name="membership_is_one_per_tenant_and_user"
            ),
            models.CheckConstraint(
                condition=models.Q(role__in=Role.values), name="membership_role_is_known"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.user_id} {self.role} in {self.tenant_id}"
