"""Where people are signed in, and when they were last seen."""

import uuid
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Max
from django.utils import timezone

from ekyam.sessions.browsers import describe
from ekyam.sessions.models import Session
from ekyam.sessions.rows import live, proves
from ekyam.tenants.models import User

# Where a session keeps the company that was chosen, by who belongs to several.
COMPANY_KEY = "tenant"


@dataclass(frozen=True)
class SignedIn:
    """`is_here`: the browser that asks."""

    id: str
    browser: str
    address: str
    begun_at: datetime
    last_seen_at: datetime
    ends_at: datetime
    is_here: bool = False


def list_sessions(
    user: User, *, here: str = "", company: uuid.UUID | None = None
) -> list[SignedIn]:
    """The live ones, the latest seen first; `here` is the public id of the asking one.

    With a company: only those in which the person has chosen to act in it.
    """
    rows = live(timezone.now()).filter(user=user).order_by("-last_seen_at")
    read = [(row, row.read()) for row in rows]
    return [
        _show(row, here)
        for row, data in read
        if proves(data, user) and company in (None, _company_of(data))
    ]


def _company_of(data: dict[str, Any]) -> uuid.UUID | None:
    chosen = data.get(COMPANY_KEY)
    return uuid.UUID(chosen) if chosen else None


def _show(row: Session, here: str) -> SignedIn:
    return SignedIn(
        id=row.public_id,
        browser=describe(row.browser),
        address=row.address,
        begun_at=row.begun_at,
        last_seen_at=row.last_seen_at,
        ends_at=row.expire_date,
        is_here=row.public_id == here,
    )


def last_seen(users: Collection[User]) -> dict[uuid.UUID, datetime]:
    """By the person's id, to the minute; who was never signed in is left out."""
    rows = Session.objects.filter(user__in=users).values_list("user")
    seen = dict(rows.annotate(at=Max("last_seen_at")))
    for user in users:
        at = max(filter(None, (seen.get(user.pk), user.last_login)), default=None)
        if at is not None:
            seen[user.pk] = at
    return seen
