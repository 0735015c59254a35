"""The keys that tokens are signed with: made, published before they sign, and taken away after.

RS256 throughout, for that is what every relying party of OpenID Connect must understand.
"""

import hashlib
import json
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any

from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)
from django.db import connection as db
from django.db import transaction
from django.db.models import Exists, Q, QuerySet
from django.utils import timezone
from jwt.algorithms import RSAAlgorithm
from jwt.utils import base64url_encode

from ekyam.keys.models import SigningKey

ALGORITHM = "RS256"
BITS = 2048
# Whoever verifies may keep the published keys for as long as this, and so a new key waits longer
# before it signs, and an old one stays published until the last token that it signed has ended.
PUBLISHED_SECONDS = 300
LEAD = timedelta(minutes=15)
KEPT_AFTER = timedelta(minutes=20)
LONGEST_AGE = timedelta(days=90)

_ONE_AT_A_TIME = "SELECT pg_advisory_xact_lock(hashtextextended('ekyam.keys.signing', 0))"


def list_published(now: datetime | None = None) -> QuerySet[SigningKey]:
    """Those that tokens may be verified with, the next one already among them."""
    now = now or timezone.now()
    return SigningKey.objects.filter(Q(ends_at=None) | Q(ends_at__gt=now)).order_by("-signs_from")


def get_current() -> SigningKey:
    """The key that signs now. The first one is made when it is first asked for."""
    return _find_current(timezone.now()) or _make_first()


class NotPublished(Exception):
    """There is no key of this name that anything may be verified with."""


@lru_cache(maxsize=16)
def find_public(kid: str) -> Any:
    """The public key of that name, or raise NotPublished.

    It is read once in a process: a name is its key's digest, and never another's. Whether it still
    counts is to be asked each time (`is_published`), along with another question.
    """
    row = list_published().filter(kid=kid).first()
    if row is None:
        raise NotPublished(kid)
    return RSAAlgorithm.from_jwk(row.public)


def is_published(kid: str) -> Exists:
    return Exists(list_published().filter(kid=kid))


def open_private(key: SigningKey) -> rsa.RSAPrivateKey:
    pem = key.unseal("private_pem")
    assert pem is not None
    return _load(pem)


@transaction.atomic
def rotate(*, lead: timedelta = LEAD, has_leaked: bool = False) -> SigningKey:
    """Make the key that signs after `lead`. If the old ones leaked, their tokens end now."""
    _wait_for_others()
    now = timezone.now()
    new = _make(now if has_leaked else now + lead)
    older = SigningKey.objects.exclude(pk=new.pk).filter(Q(ends_at=None) | Q(ends_at__gt=now))
    if has_leaked:
        older.update(ends_at=now)
    else:
        older.filter(ends_at=None).update(ends_at=new.signs_from + KEPT_AFTER)
    return new


@transaction.atomic
def rotate_if_old() -> None:
    """Once the newest key has signed for 90 days; and forget those that nothing is verified by."""
    _wait_for_others()
    now = timezone.now()
    newest = SigningKey.objects.order_by("-signs_from").first()
    if newest and newest.signs_from + LONGEST_AGE < now:
        rotate()
    SigningKey.objects.filter(ends_at__lt=now).delete()


@transaction.atomic
def _make_first() -> SigningKey:
    _wait_for_others()
    now = timezone.now()
    return _find_current(now) or _make(now)


def _find_current(now: datetime) -> SigningKey | None:
    return list_published(now).filter(signs_from__lte=now).first()


def _wait_for_others() -> None:
    with db.cursor() as cursor:
        cursor.execute(_ONE_AT_A_TIME)


def _make(signs_from: datetime) -> SigningKey:
    private = rsa.generate_private_key(public_exponent=65537, key_size=BITS)
    numbers: dict[str, str] = RSAAlgorithm.to_jwk(private.public_key(), as_dict=True)
    kid = _thumbprint(numbers)
    public = {"kty": "RSA", "use": "sig", "alg": ALGORITHM, "kid": kid}
    key = SigningKey(
        kid=kid, public={**public, "n": numbers["n"], "e": numbers["e"]}, signs_from=signs_from
    )
    key.seal(
        "private_pem", private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    )
    key.save(force_insert=True)
    return key


def _thumbprint(jwk: dict[str, str]) -> str:
    """RFC 7638: the name that anybody would give the same key."""
    text = json.dumps({name: jwk[name] for name in ("e", "kty", "n")}, separators=(",", ":"))
    return base64url_encode(hashlib.sha256(text.encode()).digest()).decode()


@lru_cache(maxsize=4)
def _load(pem: bytes) -> rsa.RSAPrivateKey:
    """To check the primes again takes longer than to sign; we made them ourselves."""
    key = load_pem_private_key(pem, password=None, unsafe_skip_rsa_key_validation=True)
    assert isinstance(key, rsa.RSAPrivateKey)
    return key
