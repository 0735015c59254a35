"""What makes an id token a proof: signature, issuer, audience, time, nonce, and whose it is."""

import base64
import hashlib
import hmac
import time
from collections.abc import Mapping
from typing import Any

import jwt

from ekyam.foreign_json import check_plain
from ekyam.sso.discovery import find_key
from ekyam.sso.failures import NotProven
from ekyam.sso.models import IdentityProvider

# Signatures by a public key alone: neither "none" nor one by a secret that both sides hold.
ALGORITHMS = (
    *("RS256", "RS384", "RS512"),
    *("PS256", "PS384", "PS512"),
    *("ES256", "ES384", "ES512"),
)
LEEWAY_SECONDS = 60
OLDEST_SECONDS = 600
UNREADABLE = (jwt.PyJWTError, ArithmeticError, LookupError, TypeError, ValueError, RecursionError)
REQUIRED = ("iss", "sub", "aud", "exp", "iat", "nonce")
MOST_CHARACTERS = 64 * 1024


def read_id_token(
    token: Any,
    *,
    provider: IdentityProvider,
    configuration: Mapping[str, Any],
    nonce: str,
    access_token: Any,
) -> dict[str, Any]:
    """Return the claims of a token that is for us, for this attempt, and of now.

    Raises NotProven.
    """
    if not isinstance(token, str) or len(token) > MOST_CHARACTERS:
        raise NotProven("The provider's answer holds no id token.")
    try:
        header = jwt.get_unverified_header(token)
        claims = _verify(token, header, provider, str(configuration["jwks_uri"]))
        check_plain(claims)
    except UNREADABLE as error:
        raise NotProven(f"The id token is not valid: {type(error).__name__}.") from error
    _check_for_us(claims, provider.client_id)
    _check_age(claims)
    if not _is_same(claims["nonce"], nonce):
        raise NotProven("The id token is of another sign-in: its nonce is not ours.")
    if "at_hash" in claims and not _is_same(
        claims["at_hash"], _half_hash(access_token, header["alg"])
    ):
        raise NotProven("The id token is of another access token.")
    return claims


def _verify(
    token: str, header: Mapping[str, Any], provider: IdentityProvider, keys: str
) -> dict[str, Any]:
    algorithm, kid = header.get("alg"), header.get("kid")
    if algorithm not in ALGORITHMS:
        raise NotProven("The id token is signed in a way that is not accepted.")
    found = find_key(keys, kid if isinstance(kid, str) else None)
    if found.get("alg", algorithm) != algorithm:
        raise NotProven("The id token's signature is of another kind than its key.")
    claims: dict[str, Any] = jwt.decode(
        token,
        jwt.PyJWK.from_dict(found, algorithm=algorithm),
        algorithms=[algorithm],
        audience=provider.client_id,
        issuer=provider.issuer,
        leeway=LEEWAY_SECONDS,
        options={"require": list(REQUIRED)},
    )
    return claims


def _check_for_us(claims: Mapping[str, Any], client_id: str) -> None:
    audience = claims["aud"] if isinstance(claims["aud"], list) else [claims["aud"]]
    party = claims.get("azp")
    if (len(audience) > 1 or party is not None) and party != client_id:
        raise NotProven("The id token was made for another application.")
    if not isinstance(claims["sub"], str) or not 0 < len(claims["sub"]) <= 255:
        raise NotProven("The id token does not say who it is about.")


def _check_age(claims: Mapping[str, Any]) -> None:
    if int(claims["iat"]) < time.time() - OLDEST_SECONDS - LEEWAY_SECONDS:
        raise NotProven("The id token is too old.")


def _half_hash(access_token: Any, algorithm: str) -> str:
    """OpenID Connect Core, 3.1.3.6: the left half of the token's hash."""
    digest = hashlib.new(f"sha{algorithm[2:]}", str(access_token).encode()).digest()
    return base64.urlsafe_b64encode(digest[: len(digest) // 2]).rstrip(b"=").decode()


def _is_same(said: Any, wanted: str) -> bool:
    return isinstance(said, str) and hmac.compare_digest(said.encode(), wanted.encode())
