"""Who may come in: OAuth 2.0 tokens for signed assertions, and OAuth 1.0a signatures (RFC 5849).

Settings: `token_seconds` (3600), `token_error_status` (400; 401 by account).
"""

import base64
import hashlib
import hmac
import secrets
from typing import Any
from urllib.parse import parse_qsl, quote, unquote, urlsplit

import jwt
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_public_key,
)

from connectors.catalog.netsuite.sandbox_errors import BAD_LOGIN, refuse
from connectors.sandbox.kit import Call, Refuse, Reply
from connectors.sandbox.world import World

ALGORITHMS = ["PS256", "PS384", "PS512", "ES256", "ES384", "ES512"]
ASSERTION = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
WINDOW_SECONDS = 300
KEPT_NONCES = 20_000


def seed_logins(world: World) -> None:
    """An integration with an EC certificate, and the same one's token for OAuth 1.0a."""
    key = ec.generate_private_key(ec.SECP256R1())
    private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
    public = key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    login = {"client_id": secrets.token_hex(32), "private_key": private}
    login["certificate_id"] = add_certificate(world, public.decode())
    world.table("login").put("oauth2", login)
    names = ("consumer_key", "consumer_secret", "token_id", "token_secret")
    tba = {name: secrets.token_hex(32) for name in names}
    world.table("login").put("tba", {**tba, "realm": realm_of(world)})


def realm_of(world: World) -> str:
    return world.account.upper().replace("-", "_")


def add_certificate(world: World, public_pem: str) -> str:
    """Its id on the mapping page. RSA below 3072 bits is not accepted any more."""
    key = load_pem_public_key(public_pem.encode())
    if isinstance(key, rsa.RSAPublicKey) and key.key_size < 3072:
        raise ValueError("RSA certificates need 3072 or 4096 bits.")
    kid = secrets.token_urlsafe(24)
    world.table("certificate").put(kid, {"public": public_pem})
    return kid


def give_token(world: World, call: Call) -> Reply:
    form = call.form()
    if form.get("grant_type") != "client_credentials":
        return _no_token(world, "unsupported_grant_type")
    if form.get("client_assertion_type") != ASSERTION:
        return _no_token(world, "invalid_request")
    try:
        claims = _verify(world, call, form.get("client_assertion", ""))
    except jwt.PyJWTError:
        return _no_token(world, "invalid_grant")
    token = secrets.token_urlsafe(48)
    seconds = int(world.setting("token_seconds", 3600))
    scopes = claims["scope"]
    scopes = scopes.split(",") if isinstance(scopes, str) else scopes
    world.table("token").put(token, {"ends": world.clock() + seconds, "scopes": scopes})
    body = {"access_token": token, "expires_in": str(seconds), "token_type": "bearer"}
    return Reply(200, body)


def _no_token(world: World, error: str) -> Reply:
    return Reply(int(world.setting("token_error_status", 400)), {"error": error})


def _verify(world: World, call: Call, assertion: str) -> dict[str, Any]:
    """The claims of a good assertion; raises what PyJWT raises."""
    kid = jwt.get_unverified_header(assertion).get("kid", "")
    certificate = world.table("certificate").get(kid)
    if certificate is None:
        raise jwt.InvalidKeyError("unknown kid")
    login = world.table("login").get("oauth2") or {}
    host = f"https://{world.account}.suitetalk.api.netsuite.com"
    official = host + "/services/rest/auth/oauth2/v1/token"
    claims: dict[str, Any] = jwt.decode(
        assertion,
        certificate["public"],
        algorithms=ALGORITHMS,
        audience=[call.url, official],
        issuer=login["client_id"],
        options={"require": ["iss", "aud", "exp", "iat", "scope"]},
    )
    if claims["exp"] - claims["iat"] > 3600:
        raise jwt.InvalidTokenError("exp is more than an hour after iat")
    return claims


def check_login(world: World, call: Call) -> None:
    """Raise the 401 that any wrong login is answered with, or the 403 of a missing scope."""
    kind, _, rest = call.headers.get("authorization", "").partition(" ")
    if kind.lower() == "bearer":
        _check_token(world, rest)
    elif kind.lower() == "oauth":
        _check_signature(world, call, rest)
    else:
        raise _bad_login()


def _bad_login() -> Refuse:
    return refuse(401, "INVALID_LOGIN", BAD_LOGIN)


def _check_token(world: World, token: str) -> None:
    if world.setting("_expire_tokens", False):
        world.set("_expire_tokens", False)
        world.table("token").delete(token)
    known = world.table("token").get(token)
    if known is None or known["ends"] <= world.clock():
        raise _bad_login()
    if "rest_webservices" not in [scope.strip() for scope in known["scopes"]]:
        words = "The token lacks the scope rest_webservices."
        raise refuse(403, "INSUFFICIENT_PERMISSION", words)


def _check_signature(world: World, call: Call, listed: str) -> None:
    given = _oauth_parameters(listed)
    login = world.table("login").get("tba") or {}
    known = (
        given.get("oauth_consumer_key") == login["consumer_key"]
        and given.get("oauth_token") == login["token_id"]
        and given.get("realm") == login["realm"]
        and given.get("oauth_signature_method") == "HMAC-SHA256"
        and given.get("oauth_version", "1.0") == "1.0"
    )
    if not known or not _is_fresh(world, given):
        raise _bad_login()
    signature = given.pop("oauth_signature", "")
    given.pop("realm")
    key = f"{_encode(login['consumer_secret'])}&{_encode(login['token_secret'])}".encode()
    digest = hmac.new(key, _base_string(call, given).encode(), hashlib.sha256).digest()
    if not hmac.compare_digest(base64.b64encode(digest), signature.encode()):
        raise _bad_login()
    _remember(world, given["oauth_nonce"])


def _oauth_parameters(listed: str) -> dict[str, str]:
    """RFC 5849, section 3.5.1: name="value", percent-encoded, by commas."""
    found = {}
    for part in listed.split(","):
        name, _, value = part.strip().partition("=")
        found[unquote(name)] = unquote(value.strip('"'))
    return found


def _is_fresh(world: World, given: dict[str, str]) -> bool:
    """Within five minutes, with a nonce that was not seen before."""
    try:
        age = abs(world.clock() - int(given["oauth_timestamp"]))
    except (KeyError, ValueError):
        return False
    nonce = given.get("oauth_nonce", "")
    long_enough = len(nonce) >= 11
    return age <= WINDOW_SECONDS and long_enough and world.table("nonce").get(nonce) is None


def _remember(world: World, nonce: str) -> None:
    nonces = world.table("nonce")
    if len(nonces) > KEPT_NONCES:
        old = [one for one in nonces if one["at"] < world.clock() - 2 * WINDOW_SECONDS]
        for one in old:
            nonces.delete(one["nonce"])
    nonces.put(nonce, {"nonce": nonce, "at": world.clock()})


def _base_string(call: Call, oauth: dict[str, str]) -> str:
    """RFC 5849, section 3.4.1: the query's parameters and every oauth_ one, sorted encoded."""
    parts = urlsplit(call.url)
    pairs = parse_qsl(parts.query, keep_blank_values=True) + list(oauth.items())
    encoded = sorted((_encode(name), _encode(value)) for name, value in pairs)
    flat = "&".join(f"{name}={value}" for name, value in encoded)
    address = f"{parts.scheme}://{parts.netloc.lower()}{parts.path}"
    return "&".join((call.method.upper(), _encode(address), _encode(flat)))


def _encode(text: str) -> str:
    return quote(text, safe="-._~")
