"""The code flow of OpenID Connect: send a person to the provider, and prove what comes back."""

import base64
import hashlib
import hmac
import secrets
import time
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote, urlencode

from ekyam.sso import remote
from ekyam.sso.attempts import Attempt
from ekyam.sso.claims import Person, read_oidc
from ekyam.sso.discovery import configuration_of
from ekyam.sso.failures import NotProven, Unfit
from ekyam.sso.id_token import read_id_token
from ekyam.sso.models import IdentityProvider

RETURN_DOOR = "sso_return"
SCOPE = "openid email profile"


def begin(provider: IdentityProvider, *, purpose: str, next: str) -> tuple[Attempt, str]:
    """Return what to keep, and the address to go to. Raises Unfit."""
    configuration = configuration_of(provider.issuer)
    attempt = Attempt(
        provider=provider.public_id,
        state=secrets.token_urlsafe(32),
        purpose=purpose,
        next=next,
        nonce=secrets.token_urlsafe(32),
        verifier=secrets.token_urlsafe(48),
        begun_at=time.time(),
    )
    asked = {
        "response_type": "code",
        "client_id": provider.client_id,
        "redirect_uri": provider.address(RETURN_DOOR),
        "scope": _scope(configuration),
        "state": attempt.state,
        "nonce": attempt.nonce,
        "code_challenge": challenge_of(attempt.verifier),
        "code_challenge_method": "S256",
    }
    address = str(configuration["authorization_endpoint"])
    return attempt, f"{address}{'&' if '?' in address else '?'}{urlencode(asked)}"


def complete(provider: IdentityProvider, attempt: Attempt, answer: Mapping[str, str]) -> Person:
    """Trade the code, and prove the token. Sends requests: call it outside of transactions.

    Raises NotProven.
    """
    try:
        configuration = configuration_of(provider.issuer)
    except Unfit as error:
        raise NotProven(str(error)) from error
    _check_answer(answer, configuration)
    tokens = _trade(provider, configuration, attempt, answer["code"])
    claims = read_id_token(
        tokens.get("id_token"),
        provider=provider,
        configuration=configuration,
        nonce=attempt.nonce,
        access_token=tokens.get("access_token"),
    )
    return read_oidc(_complete(claims, provider, configuration, tokens), provider.group_claim)


def challenge_of(verifier: str) -> str:
    """RFC 7636, S256."""
    digest = hashlib.sha256(verifier.encode()).digest()
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()


def _scope(configuration: Mapping[str, Any]) -> str:
    """Groups have a scope of their own where the provider says so, as Okta's do."""
    known = configuration.get("scopes_supported")
    return f"{SCOPE} groups" if isinstance(known, list) and "groups" in known else SCOPE


def _check_answer(answer: Mapping[str, str], configuration: Mapping[str, Any]) -> None:
    """RFC 9207: an answer of another provider than the one that was asked says so."""
    issuer = answer.get("iss")
    must_say = configuration.get("authorization_response_iss_parameter_supported") is True
    if issuer != configuration["issuer"] and (issuer is not None or must_say):
        raise NotProven("The answer does not come from the provider that was asked.")
    if error := answer.get("error"):
        raise NotProven(f"The provider answers {error[:60]!a}.")
    if not answer.get("code"):
        raise NotProven("The provider's answer holds no code.")


def _trade(
    provider: IdentityProvider, configuration: Mapping[str, Any], attempt: Attempt, code: str
) -> dict[str, Any]:
    form = {
        "grant_type": "authorization_code",
        "code": code,
        "redirect_uri": provider.address(RETURN_DOOR),
        "code_verifier": attempt.verifier,
    }
    headers = {}
    secret = (provider.unseal("client_secret") or b"").decode()
    if secret and _takes_basic(configuration):
        pair = f"{quote(provider.client_id, safe='')}:{quote(secret, safe='')}"
        headers["authorization"] = f"Basic {base64.b64encode(pair.encode()).decode()}"
    else:
        form["client_id"] = provider.client_id
        if secret:
            form["client_secret"] = secret
    try:
        return remote.post_form(str(configuration["token_endpoint"]), form, **headers)
    except remote.NoAnswer as error:
        raise NotProven(f"The code was not taken. {error}") from error


def _takes_basic(configuration: Mapping[str, Any]) -> bool:
    """The default of OpenID Connect Discovery where nothing is said."""
    known = configuration.get("token_endpoint_auth_methods_supported")
    return not isinstance(known, list) or "client_secret_basic" in known


def _complete(
    claims: dict[str, Any],
    provider: IdentityProvider,
    configuration: Mapping[str, Any],
    tokens: Mapping[str, Any],
) -> dict[str, Any]:
    """Ask for what the token lacks; it must be about the same person, and changes nothing."""
    address, token = configuration.get("userinfo_endpoint"), tokens.get("access_token")
    wanted = {"email", "name", provider.group_claim} - {""}
    if wanted <= claims.keys() or not address or not isinstance(token, str):
        return claims
    try:
        more = remote.get_json(str(address), authorization=f"Bearer {token}")
    except remote.NoAnswer as error:
        raise NotProven(f"The person's claims cannot be read. {error}") from error
    if not hmac.compare_digest(str(more.get("sub")).encode(), str(claims["sub"]).encode()):
        raise NotProven("The claims are about another person than the token.")
    return {**more, **claims}
