"""An OpenID provider of the tests' own, which tells the truth unless it is told to lie."""

import base64
import hashlib
import json
import secrets
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from typing import Any
from urllib.parse import unquote, urlencode

import jwt
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from jwt.algorithms import RSAAlgorithm

from tests.sso.web_server import Answer, Asked, serving

CLIENT_ID, CLIENT_SECRET = "ekyam:client", "not a secret, only for tests: 100% of it"


@cache
def rsa_key(name: str) -> rsa.RSAPrivateKey:
    """One for each name: they are slow to make."""
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


@cache
def ec_key(name: str) -> ec.EllipticCurvePrivateKey:
    return ec.generate_private_key(ec.SECP256R1())


def published(key: rsa.RSAPrivateKey, kid: str) -> dict[str, Any]:
    said = json.loads(RSAAlgorithm.to_jwk(key.public_key()))
    return {**said, "kid": kid, "use": "sig", "alg": "RS256"}


@dataclass
class Lies:
    """How a token differs from a right one. A claim of None is left out."""

    claims: dict[str, Any] = field(default_factory=dict)
    header: dict[str, Any] = field(default_factory=dict)
    key: Any = None
    algorithm: str = "RS256"
    token: str | None = None
    userinfo: dict[str, Any] | None = None
    answer: dict[str, str] = field(default_factory=dict)  # of the address that leads back


@dataclass
class OpenIdServer:
    """`person` holds the claims of whoever signs in next."""

    person: dict[str, Any]
    issuer: str = ""
    configuration: dict[str, Any] = field(default_factory=dict)
    keys: list[dict[str, Any]] = field(
        default_factory=lambda: [published(rsa_key("first"), "first")]
    )
    lies: Lies = field(default_factory=Lies)
    codes: dict[str, dict[str, str]] = field(default_factory=dict)
    asked: list[Asked] = field(default_factory=list)

    def answer(self, asked: Asked) -> Answer:
        self.asked.append(asked)
        doors: dict[str, Callable[[Asked], Answer]] = {
            "/.well-known/openid-configuration": self._configuration,
            "/authorize": self._authorize,
            "/token": self._token,
            "/userinfo": self._userinfo,
            "/keys": lambda _: Answer(json.dumps({"keys": self.keys})),
        }
        door = doors.get(asked.path)
        return door(asked) if door else Answer("", 404)

    def _configuration(self, asked: Asked) -> Answer:
        said = {
            "issuer": self.issuer,
            "authorization_endpoint": f"{self.issuer}/authorize",
            "token_endpoint": f"{self.issuer}/token",
            "userinfo_endpoint": f"{self.issuer}/userinfo",
            "jwks_uri": f"{self.issuer}/keys",
            "authorization_response_iss_parameter_supported": True,
            **self.configuration,
        }
        return Answer(json.dumps(said))

    def _authorize(self, asked: Asked) -> Answer:
        """Whoever comes is signed in already."""
        wanted = asked.query
        assert wanted["response_type"] == "code" and wanted["code_challenge_method"] == "S256"
        code = secrets.token_urlsafe(16)
        self.codes[code] = wanted
        back = {"code": code, "state": wanted["state"], "iss": self.issuer, **self.lies.answer}
        address = f"{wanted['redirect_uri']}?{urlencode(back)}"
        return Answer(status=302, headers={"location": address})

    def _token(self, asked: Asked) -> Answer:
        wanted = self.codes.pop(asked.form.get("code", ""), None)
        if wanted is None or not self._is_client(asked) or not _is_proven(asked, wanted):
            return Answer(json.dumps({"error": "invalid_grant"}), 400)
        access = secrets.token_urlsafe(16)
        body = {
            "access_token": access,
            "token_type": "Bearer",
            "id_token": self._sign(wanted, access),
        }
        return Answer(json.dumps(body))

    def _is_client(self, asked: Asked) -> bool:
        scheme, _, pair = asked.headers.get("authorization", "").partition(" ")
        said = base64.b64decode(pair).decode().split(":") if scheme == "Basic" else []
        return [unquote(one) for one in said] == [CLIENT_ID, CLIENT_SECRET]

    def _sign(self, wanted: dict[str, str], access: str) -> str:
        if self.lies.token is not None:
            return self.lies.token
        now, half = int(time.time()), hashlib.sha256(access.encode()).digest()[:16]
        claims = {
            "iss": self.issuer,
            "aud": wanted["client_id"],
            "iat": now,
            "exp": now + 300,
            "nonce": wanted["nonce"],
            "at_hash": base64.urlsafe_b64encode(half).rstrip(b"=").decode(),
            **self.person,
            **self.lies.claims,
        }
        said = {name: value for name, value in claims.items() if value is not None}
        key = self.lies.key or rsa_key("first")
        header = {"kid": "first", **self.lies.header}
        return jwt.encode(said, key, algorithm=self.lies.algorithm, headers=header)

    def _userinfo(self, asked: Asked) -> Answer:
        return Answer(json.dumps(self.lies.userinfo or self.person))


def _is_proven(asked: Asked, wanted: dict[str, str]) -> bool:
    digest = hashlib.sha256(asked.form.get("code_verifier", "").encode()).digest()
    challenge = base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
    is_same = challenge == wanted["code_challenge"]
    return is_same and asked.form.get("redirect_uri") == wanted["redirect_uri"]


@contextmanager
def openid_server(**person: Any) -> Iterator[OpenIdServer]:
    server = OpenIdServer(person)
    with serving(server.answer) as address:
        server.issuer = address
        yield server
