"""Passkeys: what WebAuthn wants to be kept of a credential."""

import hashlib
from datetime import datetime
from typing import Any

from django.db import models

from ekyam.people.models.factors import Factor


class Passkey(Factor):
    """The public half of a credential that a phone, a computer or a security key holds."""

    way = "passkey"

    credential_id = models.BinaryField(editable=False)
    # What is looked for: an id of up to 1023 bytes is no key for an index.
    credential_digest = models.CharField(max_length=64, unique=True)
    public_key = models.BinaryField(editable=False)
    sign_count = models.BigIntegerField(default=0)
    transports: Any = models.JSONField(default=list)

    @staticmethod
    def digest_of(credential_id: bytes) -> str:
        return hashlib.sha256(credential_id).hexdigest()

    def accept(self, code: str, now: datetime) -> bool:
        """A passkey answers a challenge (ekyam.people.passkeys), and never says a code."""
        return False
