"""What an OpenID provider publishes of itself: its addresses and its keys."""

import hashlib
from typing import Any

from django.core.cache import cache

from ekyam.sso import remote
from ekyam.sso.failures import NotProven, Unfit

WELL_KNOWN = "/.well-known/openid-configuration"
KEPT_SECONDS = 600
# A key that is not known may be a new one; but nobody makes us ask more often than this.
AGAIN_SECONDS = 30
ADDRESSES = ("authorization_endpoint", "token_endpoint", "jwks_uri")


def read_configuration(issuer: str) -> dict[str, Any]:
    """Fetch the document of this very issuer. Raises Unfit."""
    try:
        found = remote.get_json(remote.check_address(issuer, "issuer").rstrip("/") + WELL_KNOWN)
    except remote.NoAnswer as error:
        raise Unfit(f"The issuer cannot be read. {error}") from error
    said = found.get("issuer")
    if said != issuer:
        raise Unfit(f"The issuer calls itself {str(said)[:200]}: enter exactly that.")
    for name in ADDRESSES:
        remote.check_address(str(found.get(name) or ""), name)
    return found


def configuration_of(issuer: str) -> dict[str, Any]:
    """The same, from the cache for ten minutes."""
    key = _key("configuration", issuer)
    found: dict[str, Any] | None = cache.get(key)
    if found is None:
        found = read_configuration(issuer)
        cache.set(key, found, KEPT_SECONDS)
    return found


def find_key(address: str, kid: str | None) -> dict[str, Any]:
    """Return the published key of this id, or the only one if none is named. Raises NotProven."""
    found = _pick(_keys(address), kid)
    if found is None and cache.add(_key("again", address), True, AGAIN_SECONDS):
        found = _pick(_keys(address, is_fresh=True), kid)
    if found is None:
        raise NotProven("The token is signed by a key that the provider does not publish.")
    return found


def _keys(address: str, *, is_fresh: bool = False) -> list[dict[str, Any]]:
    name = _key("keys", address)
    kept: list[dict[str, Any]] | None = None if is_fresh else cache.get(name)
    if kept is None:
        try:
            said = remote.get_json(address).get("keys")
        except remote.NoAnswer as error:
            raise NotProven(f"The provider's keys cannot be read. {error}") from error
        kept = [one for one in said if isinstance(one, dict)] if isinstance(said, list) else []
        cache.set(name, kept, KEPT_SECONDS)
    return kept


def _pick(keys: list[dict[str, Any]], kid: str | None) -> dict[str, Any] | None:
    fit = [one for one in keys if one.get("use", "sig") == "sig"]
    if kid is not None:
        fit = [one for one in fit if one.get("kid") == kid]
    return fit[0] if len(fit) == 1 else None


def _key(kind: str, address: str) -> str:
    return f"sso:{kind}:{hashlib.sha256(address.encode()).hexdigest()}"
