"""Codes of an authenticator app."""

import base64
import secrets
from datetime import datetime
from urllib.parse import quote, urlencode

from django.db import models

from ekyam import vault
from ekyam.people import codes
from ekyam.people.models.factors import Factor
from ekyam.tenants.sealed import SealedRow

SECRET_BYTES = 20
ISSUER = "Ekyam"


class TotpFactor(SealedRow, Factor):
    """RFC 6238, with six digits, 30 seconds and SHA-1, as every app knows it.

    A code of the step before is taken too, for people type slowly (section 5.2), none that is yet
    to come, and none twice: `last_step` only grows.
    """

    way = "totp"
    sealed_columns = ("secret",)

    secret = models.BinaryField(editable=False)
    last_step = models.BigIntegerField(default=0)

    def _place(self, column: str) -> "vault.Place":
        """A person belongs to no company: the secret is sealed for the person."""
        return {
            "tenant": self.user_id,
            "table": self._meta.db_table,
            "row": self.key,
            "column": column,
        }

    def make_secret(self) -> None:
        self.seal("secret", secrets.token_bytes(SECRET_BYTES))

    def accept(self, code: str, now: datetime) -> bool:
        secret, current = self.unseal("secret") or b"", codes.step_at(now.timestamp())
        found = 0
        for step in (current - 1, current):  # both are looked at, whichever it is
            if codes.is_same(codes.totp(secret, step), code) and step > self.last_step:
                found = step
        if found:
            self.last_step, self.last_used_at = found, now
            self.save(update_fields=["last_step", "last_used_at"])
        return bool(found)

    def spelled(self) -> str:
        """The secret as people type it into an app that cannot see."""
        return base64.b32encode(self.unseal("secret") or b"").decode()

    def address(self) -> str:
        """What the QR code says to the app."""
        label = quote(f"{ISSUER}:{self.user.email}")
        told = {"secret": self.spelled(), "issuer": ISSUER, "digits": codes.DIGITS, "period": 30}
        return f"otpauth://totp/{label}?{urlencode(told)}"
