"""The development inbox: texts and mails that would have left, for whoever tries Ekyam out.

Kept in Valkey for a while, and only where the environment is not hardened.
"""

from collections.abc import Sequence
from typing import NamedTuple

from django.conf import settings
from django.core.cache import cache
from django.core.mail.backends.base import BaseEmailBackend
from django.core.mail.message import EmailMessage
from django.utils import timezone

KEY = "people:inbox"
MESSAGES = 20
SECONDS = 3600


class Message(NamedTuple):
    """`kind` is text or mail."""

    kind: str
    to: str
    text: str
    at: str  # ISO 8601


def keep(kind: str, to: str, text: str) -> None:
    if settings.HARDENED:
        raise RuntimeError("There is no inbox in a hardened environment.")
    message = Message(kind, to, text, timezone.now().isoformat())
    cache.set(KEY, [message, *list_messages()][:MESSAGES], SECONDS)


def list_messages() -> list[Message]:
    """The latest first."""
    return [Message(*one) for one in cache.get(KEY, [])]


class InboxBackend(BaseEmailBackend):
    """A mail back end for Django's EMAIL_BACKEND."""

    def send_messages(self, email_messages: Sequence[EmailMessage]) -> int:
        for mail in email_messages:
            keep("mail", ", ".join(mail.to), f"{mail.subject}\n\n{mail.body}")
        return len(email_messages)
