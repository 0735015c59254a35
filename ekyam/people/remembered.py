"""Remembering a browser: a signed cookie with a secret, and a row that can be taken back."""

import hashlib
import secrets
from datetime import timedelta

from django.conf import settings
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.utils import timezone

from ekyam.addresses import address_of
from ekyam.people import codes
from ekyam.people.models import RememberedBrowser
from ekyam.people.ways import list_factors
from ekyam.tenants.models import User

COOKIE = "__Host-remembered" if settings.HARDENED else "remembered"
SALT = "ekyam.people.remembered"


def remember(
    request: HttpRequest, response: HttpResponseBase, user: User, *, days: int, browser: str
) -> RememberedBrowser:
    """Set the cookie on the response, and keep its hash."""
    secret = secrets.token_urlsafe(32)
    row = RememberedBrowser.objects.create(
        user=user,
        name=browser[:64],
        digest=_digest(secret),
        bound_to=_state_of(user),
        expires_at=timezone.now() + timedelta(days=days),
        address=address_of(request),
    )
    response.set_signed_cookie(
        COOKIE,
        secret,
        salt=SALT,
        max_age=days * 24 * 3600,
        secure=settings.SESSION_COOKIE_SECURE,
        httponly=True,
        samesite="Lax",
    )
    return row


def find_remembered(request: HttpRequest, user: User, *, days: int) -> RememberedBrowser | None:
    """The row of the request's cookie, if it is this person's, in time, and nothing has changed.

    `days`: how long the companies of the person allow now, which may be less than it was.
    """
    secret = request.get_signed_cookie(COOKIE, default="", salt=SALT)
    if not secret or not days:
        return None
    now = timezone.now()
    row: RememberedBrowser | None = RememberedBrowser.objects.filter(
        user=user,
        digest=_digest(str(secret)),
        expires_at__gt=now,
        created_at__gt=now - timedelta(days=days),
        bound_to=_state_of(user),
    ).first()
    if row:
        row.last_used_at, row.address = now, address_of(request)
        row.save(update_fields=["last_used_at", "address"])
    return row


def list_remembered(user: User) -> list[RememberedBrowser]:
    """Those that still count; the others are dropped."""
    state, now = _state_of(user), timezone.now()
    rows = RememberedBrowser.objects.filter(user=user)
    rows.exclude(bound_to=state, expires_at__gt=now).delete()
    return list(rows.order_by("-created_at"))


def _digest(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()


def _state_of(user: User) -> str:
    """Another text as soon as the password, or any factor, is another one."""
    factors = sorted(factor.public_id for factor in list_factors(user))
    return codes.keyed_hash("remembered", str(user.pk), user.password, *factors)
