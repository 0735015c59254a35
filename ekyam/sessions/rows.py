"""Which sessions live, and how they end."""

from datetime import datetime, timedelta
from typing import Any

from django.contrib.auth import HASH_SESSION_KEY
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.crypto import constant_time_compare

from ekyam.sessions.models import Session
from ekyam.tenants.models import User

# An ended session tells for so long when its person was last seen.
KEPT = timedelta(days=30)


def live(now: datetime) -> QuerySet[Session]:
    return Session.objects.filter(expire_date__gt=now)


def end(sessions: QuerySet[Session]) -> int:
    """At once and for good: its next request is a stranger's. Return how many ended."""
    sessions.filter(user=None).delete()
    return sessions.filter(user__isnull=False).update(expire_date=timezone.now(), session_data="")


def proves(data: dict[str, Any], user: User) -> bool:
    """By a digest of the password: whoever signed in by an older one is out."""
    return constant_time_compare(data.get(HASH_SESSION_KEY, ""), user.get_session_auth_hash())


def sweep() -> None:
    now = timezone.now()
    Session.objects.filter(user=None, expire_date__lt=now).delete()
    Session.objects.filter(expire_date__lt=now - KEPT).delete()
