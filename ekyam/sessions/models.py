"""A browser that somebody is signed in with: one row, which is the whole truth about it."""

from typing import Any

from django.conf import settings
from django.contrib.sessions.backends.base import SessionBase
from django.contrib.sessions.base_session import AbstractBaseSession
from django.db import models
from django.utils import timezone

from ekyam import ids


class Session(AbstractBaseSession):
    """`session_key` is a digest of the browser's key: who reads the table can enter nowhere.

    `user` and what follows are columns of what `session_data` would only say sealed up. Without a
    user it is a visit before signing in.
    """

    prefix = "ses"

    session_key = models.CharField(max_length=64, primary_key=True)
    id = models.UUIDField(default=ids.new, unique=True, editable=False)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, null=True, related_name="sessions"
    )
    begun_at = models.DateTimeField(default=timezone.now)
    last_seen_at = models.DateTimeField(default=timezone.now)
    address = models.CharField(max_length=45, blank=True)
    browser = models.CharField(max_length=400, blank=True)

    class Meta(AbstractBaseSession.Meta):
        abstract = False

    @property
    def public_id(self) -> str:
        return ids.public(self.prefix, self.id)

    @classmethod
    def get_session_store_class(cls) -> type[SessionBase]:
        from ekyam.sessions.store import SessionStore

        return SessionStore

    def read(self) -> dict[str, Any]:
        """What the session remembers; nothing if it was signed with a key that is gone."""
        return dict(self.get_decoded())
