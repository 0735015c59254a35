"""Browsers in which a person need not show the second factor again for a while."""

from datetime import datetime

from django.db import models

from ekyam.people.models.factors import Factor


class RememberedBrowser(Factor):
    """Known by a secret in its cookie, of which only the hash is kept.

    `bound_to` is a digest of the password's and the factors' state: whoever changes either is
    asked again everywhere.
    """

    way = "remembered"
    prefix = "rem"

    digest = models.CharField(max_length=64, unique=True)
    bound_to = models.CharField(max_length=64)
    expires_at = models.DateTimeField()
    address = models.CharField(max_length=45, blank=True)

    def accept(self, code: str, now: datetime) -> bool:
        """It comes as a cookie (ekyam.people.remembered), and never as a code."""
        return False
