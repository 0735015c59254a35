"""The codes that a person brings back to an application: sealed on the way out, taken once.

allauth keeps a code in Valkey as it is. What an application is given is that code sealed for it by
our vault, so that whoever reads Valkey has nothing to redeem.
"""

import base64
import binascii
import hashlib
from dataclasses import dataclass

from allauth.idp.oidc.adapter import get_adapter
from allauth.idp.oidc.models import Token
from django.core.cache import cache

from ekyam import vault
from ekyam.keys.models import Application

# Longer than a token that was given for a code lives, and that lives longer than the code.
KEPT_SECONDS = 900


@dataclass(frozen=True)
class Redeemed:
    """`is_first` is true for one of all that bring the same code, however many come at once."""

    code: str
    mark: str
    is_first: bool


def seal_code(application: Application, code: str) -> str:
    sealed = vault.seal(code, **_place(application))
    return base64.urlsafe_b64encode(sealed).decode().rstrip("=")


def open_code(application: Application, sealed: str) -> Redeemed | None:
    """None for what was never sealed for this application. Raises RedisError."""
    try:
        padded = sealed + "=" * (-len(sealed) % 4)
        raw = base64.b64decode(padded.encode("ascii"), altchars=b"-_", validate=True)
        code = vault.open(raw, **_place(application)).decode()
    except (binascii.Error, ValueError, vault.VaultError):
        return None
    mark = f"code_used:{hashlib.sha256(code.encode()).hexdigest()}"
    return Redeemed(code, mark, is_first=cache.add(mark, "", timeout=KEPT_SECONDS))


def keep_what_it_gave(redeemed: Redeemed, access_token: str, *, unwanted: str) -> None:
    """So that it can be taken back; what is unwanted goes at once."""
    adapter = get_adapter()
    Token.objects.filter(hash=adapter.hash_token(unwanted)).delete()
    cache.set(redeemed.mark, adapter.hash_token(access_token), timeout=KEPT_SECONDS)


def revoke_what_it_gave(redeemed: Redeemed) -> None:
    """A code that comes twice has been read by another: RFC 6749, section 4.1.2."""
    if given := cache.get(redeemed.mark):
        Token.objects.filter(hash=given).delete()


def _place(application: Application) -> vault.Place:
    return {
        "tenant": application.tenant_id,
        "table": "sign_in",
        "row": application.pk,
        "column": "code",
    }
