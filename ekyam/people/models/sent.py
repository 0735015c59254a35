"""Codes that are sent: to a mobile phone, as a factor, and to the mailbox, before the first one."""

import secrets
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import models

from ekyam.people import codes
from ekyam.people.models.factors import Factor

LIFETIME = timedelta(minutes=5)
TRIES = 5
PAUSE = timedelta(seconds=30)
PER_HOUR = 5
HOUR = timedelta(hours=1)
NO_DIGEST = "-" * 64


class TooSoon(Exception):
    """Another code may be sent `at` that moment; `is_live`: the last one is still good."""

    def __init__(self, at: datetime, *, is_live: bool) -> None:
        super().__init__(f"Another code can be sent at {at:%H:%M:%S} UTC.")
        self.at, self.is_live = at, is_live


class SentCode(models.Model):
    """The one code that is under way, as a keyed hash. Issue and accept want the row locked."""

    digest = models.CharField(max_length=64, blank=True)
    salt = models.CharField(max_length=32, blank=True)
    expires_at = models.DateTimeField(null=True)
    tries_left = models.PositiveSmallIntegerField(default=0)
    sent_at: Any = models.JSONField(default=list)  # seconds since 1970, of the last hour

    class Meta:
        abstract = True

    def next_sending(self, now: datetime) -> datetime:
        """When a code may be sent at the earliest."""
        sent = self._lately(now)
        earliest = [now]
        if sent:
            earliest.append(sent[-1] + PAUSE)
        if len(sent) >= PER_HOUR:
            earliest.append(sent[-PER_HOUR] + HOUR)
        return max(earliest)

    def issue(self, now: datetime) -> str:
        """A new code, in place of the last one; or raise TooSoon."""
        if (at := self.next_sending(now)) > now:
            raise TooSoon(at, is_live=self.is_live(now))
        code = codes.new_digits()
        self.salt = secrets.token_hex(16)
        self.digest = self._digest(code)
        self.expires_at, self.tries_left = now + LIFETIME, TRIES
        self.sent_at = [one.timestamp() for one in (*self._lately(now), now)]
        self.save()
        return code

    def is_live(self, now: datetime) -> bool:
        """Whether there is a code that has been sent and can still be entered."""
        return bool(self.digest) and self.expires_at is not None and now < self.expires_at

    def accept_sent(self, code: str, now: datetime) -> bool:
        """A wrong code takes one try away; a right one, or the last try, uses the code up."""
        is_right = codes.is_same(self._digest(code), self.digest or NO_DIGEST)
        is_right = is_right and self.is_live(now)
        self.tries_left = max(0, self.tries_left - 1)
        if is_right or not self.tries_left:
            self.digest = ""
        self.save()
        return is_right

    def _lately(self, now: datetime) -> list[datetime]:
        times = [datetime.fromtimestamp(one, tz=now.tzinfo) for one in self.sent_at]
        return [time for time in times if time > now - HOUR]

    def _digest(self, code: str) -> str:
        return codes.keyed_hash("sent", self._meta.label_lower, str(self.pk), self.salt, code)


class PhoneFactor(SentCode, Factor):
    """A mobile phone that gets a code by text message. `number` is E.164: +919876543210."""

    way = "sms"

    number = models.CharField(max_length=16)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["user"],
                condition=models.Q(confirmed=True),
                name="phone_is_one_per_person",
            )
        ]

    @property
    def ending(self) -> str:
        """All that is shown of the number to whoever has not proved yet who they are."""
        return f"···{self.number[-2:]}"

    def accept(self, code: str, now: datetime) -> bool:
        if not self.accept_sent(code, now):
            return False
        self.last_used_at = now
        self.save(update_fields=["last_used_at"])
        return True


class MailedCode(SentCode):
    """A code for the mailbox: no factor, but asked for before somebody makes their first one.

    Else a stolen password would be enough to bring a factor of one's own along.
    """

    user = models.OneToOneField(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="mailed_code"
    )

    def __str__(self) -> str:
        return f"The code mailed to {self.user_id}"
