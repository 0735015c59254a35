"""The tokens of applications: signed, short-lived, and shaped as RFC 9068 says."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import jwt
from django.conf import settings

from ekyam.keys import signing
from ekyam.keys.models import Application
from ekyam.tenants.rights import Right

LIFETIME_SECONDS = 600
LONGEST = 4096  # characters; ours have about 800
TYPE = "at+jwt"
NEEDED = ["iss", "aud", "exp", "iat", "sub", "jti", "client_id", "scope"]


@dataclass(frozen=True)
class Claims:
    """What a token that we have signed says; whether its application may still come in, it cannot
    know, nor whether the key `kid` still counts."""

    kid: str
    client_id: str
    rights: frozenset[Right]


def issuer() -> str:
    return str(settings.PUBLIC_URL)


def audience() -> str:
    return f"{settings.PUBLIC_URL}/api"


def make_token(application: Application, rights: frozenset[Right]) -> str:
    """`rights` were weighed by whoever calls."""
    key = signing.get_current()
    now = datetime.now(UTC)
    claims = {
        "iss": issuer(),
        "aud": audience(),
        "sub": application.public_id,
        "client_id": application.public_id,
        "iat": now,
        "exp": now + timedelta(seconds=LIFETIME_SECONDS),
        "jti": uuid4().hex,
        "scope": " ".join(sorted(rights)),
    }
    headers = {"typ": TYPE, "kid": key.kid}
    return jwt.encode(claims, signing.open_private(key), signing.ALGORITHM, headers=headers)


def read_token(text: str) -> Claims | None:
    """None for every token that is not ours, not for the API, or over; why is nobody's business."""
    if len(text) > LONGEST:
        return None
    try:
        kid = _kid_of(jwt.get_unverified_header(text))
        claims = jwt.decode(
            text,
            signing.find_public(kid),
            algorithms=[signing.ALGORITHM],
            audience=audience(),
            issuer=issuer(),
            options={"require": NEEDED, "strict_aud": True},
        )
        rights = frozenset(Right(right) for right in claims["scope"].split())
    except (jwt.PyJWTError, signing.NotPublished, ValueError, AttributeError, TypeError):
        return None
    return Claims(kid=kid, client_id=str(claims["client_id"]), rights=rights)


def _kid_of(header: dict[str, Any]) -> str:
    """An id_token is signed by the same key, and is no key to the API: its type says so."""
    is_ours = header.get("typ") == TYPE and header.get("alg") == signing.ALGORITHM
    kid = header.get("kid")
    if not is_ours or not isinstance(kid, str) or "\x00" in kid:
        raise signing.NotPublished
    return kid
