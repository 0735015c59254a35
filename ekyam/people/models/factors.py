"""What every second factor has in common, and the recovery codes."""

import secrets
from datetime import datetime
from typing import Any, ClassVar, Self, TypeVar

from django.db import models
from django.utils import timezone
from django_otp.models import Device

from ekyam import ids
from ekyam.people import codes

CODES = 10
# Ten of 32 characters: 50 bits, and none that is easily taken for another.
ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"
LENGTH = 10
Found = TypeVar("Found", bound=models.Model)


class Factors(models.Manager[Found]):
    """What django-otp asks of the manager of a device."""

    def devices_for_user(self, user: Any, confirmed: bool | None = None) -> models.QuerySet[Found]:
        rows = self.filter(user=user)
        return rows if confirmed is None else rows.filter(confirmed=confirmed)


class Factor(Device, models.Model):  # type: ignore[misc]
    """A device of django-otp with a public id. `accept` wants the row locked, and saves it."""

    way: ClassVar[str] = ""
    prefix: ClassVar[str] = "fac"

    key = models.UUIDField(default=ids.new, unique=True, editable=False)
    created_at = models.DateTimeField(auto_now_add=True)
    last_used_at = models.DateTimeField(null=True)

    objects: ClassVar[Factors[Self]] = Factors()

    class Meta:
        abstract = True

    @property
    def public_id(self) -> str:
        return ids.public(self.prefix, self.key)

    def accept(self, code: str, now: datetime) -> bool:
        """Whether the code is right; a right one is used up by this."""
        raise NotImplementedError

    def verify_token(self, token: Any) -> bool:
        """As django-otp asks for it."""
        return self.accept(codes.tidy(str(token)), timezone.now())


class RecoverySheet(Factor):
    """The recovery codes of a person, as a device that can vouch for a session."""

    way = "recovery"

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["user"], name="recovery_sheet_is_one_per_person")
        ]

    def write(self) -> list[str]:
        """New codes in place of the old ones; only here can they be read."""
        self.codes.all().delete()
        made = [_new_code() for _ in range(CODES)]
        RecoveryCode.objects.bulk_create(
            RecoveryCode(sheet=self, digest=self._digest(codes.tidy(code))) for code in made
        )
        return made

    def accept(self, code: str, now: datetime) -> bool:
        used, _ = self.codes.filter(digest=self._digest(code)).delete()
        if used:
            self.last_used_at = now
            self.save(update_fields=["last_used_at"])
        return bool(used)

    def _digest(self, code: str) -> str:
        return codes.keyed_hash("recovery", str(self.key), code)


class RecoveryCode(models.Model):
    """One unused code, as a keyed hash."""

    sheet = models.ForeignKey(RecoverySheet, on_delete=models.CASCADE, related_name="codes")
    digest = models.CharField(max_length=64)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["sheet", "digest"], name="recovery_code_is_one")
        ]

    def __str__(self) -> str:
        return f"A code of sheet {self.sheet_id}"


def _new_code() -> str:
    text = "".join(secrets.choice(ALPHABET) for _ in range(LENGTH))
    return f"{text[:5]}-{text[5:]}"
