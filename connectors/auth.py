"""Ways to prove who we are: each says what it needs, how to get a token, and how to sign."""

import base64
import hashlib
import hmac
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, ClassVar
from urllib.parse import parse_qsl, quote, urlsplit

from connectors.errors import Unauthorized
from connectors.spec import Field, Request, Response

Credentials = Mapping[str, str]


@dataclass(frozen=True)
class Header:
    """A fixed secret in a header, such as an access token of a custom app."""

    name: str
    label: str
    fields: tuple[Field, ...]
    header: str
    secret: str
    prefix: str = ""
    needs_token: ClassVar[bool] = False
    has_consent: ClassVar[bool] = False

    def sign(self, request: Request, url: str, credentials: Credentials, now: datetime) -> Request:
        return request.with_headers({self.header: self.prefix + credentials[self.secret]})


@dataclass(frozen=True)
class Token:
    """An access token that expires, fetched or refreshed by a request of the connector's making.

    `request(credentials, settings, now)` builds the token request; what `read` returns is merged
    into the credentials in one transaction, so a rotated refresh token is never lost. The merged
    names are `access_token`, `refresh_token` and `expires_at` (ISO 8601, UTC).
    `authorize(settings, credentials, state, return_address)` is where a person is sent first, for
    methods that need consent, with the names of the permissions that are needed as the setting
    `scopes`; `exchange(credentials, settings, answer, return_address)` turns the
    query that comes back into the first token request, or raises Unauthorized.
    """

    name: str
    label: str
    fields: tuple[Field, ...]
    request: Callable[[Credentials, Mapping[str, Any], datetime], Request]
    header: str = "Authorization"
    prefix: str = "Bearer "
    authorize: Callable[[Mapping[str, Any], Credentials, str, str], str] | None = None
    exchange: Callable[[Credentials, Mapping[str, Any], Mapping[str, str], str], Request] | None = (
        None
    )
    needs_token: ClassVar[bool] = True

    @property
    def has_consent(self) -> bool:
        """Whether a person is sent to the vendor, and comes back."""
        return self.authorize is not None

    def sign(self, request: Request, url: str, credentials: Credentials, now: datetime) -> Request:
        return request.with_headers({self.header: self.prefix + credentials["access_token"]})

    def read(self, response: Response, now: datetime) -> dict[str, str]:
        """The token answer of RFC 6749, section 5; `expires_in` may be a number or a text."""
        answer = response.json() if response.body else {}
        if response.status != 200 or not answer.get("access_token"):
            reason = answer.get("error_description") or answer.get("error") or response.status
            raise Unauthorized(f"No access token was given: {reason}.")
        found = {"access_token": str(answer["access_token"])}
        if answer.get("refresh_token"):
            found["refresh_token"] = str(answer["refresh_token"])
        if answer.get("expires_in"):
            lifetime = timedelta(seconds=int(answer["expires_in"]))
            found["expires_at"] = (now + lifetime).isoformat()
        if answer.get("scope"):
            found["scope"] = str(answer["scope"])
        return found


@dataclass(frozen=True)
class OAuth1:
    """OAuth 1.0a, one-legged, HMAC-SHA256 (RFC 5849, section 3.4): NetSuite's token-based login.

    The base string holds the query's and the oauth_ parameters, not a JSON body, nor the realm.
    """

    name: str
    label: str
    fields: tuple[Field, ...]
    realm: str = "realm"
    nonce: Callable[[], str] = field(default=lambda: secrets.token_hex(16))
    needs_token: ClassVar[bool] = False
    has_consent: ClassVar[bool] = False

    def sign(self, request: Request, url: str, credentials: Credentials, now: datetime) -> Request:
        oauth = {
            "oauth_consumer_key": credentials["consumer_key"],
            "oauth_token": credentials["token_id"],
            "oauth_nonce": self.nonce(),
            "oauth_timestamp": str(int(now.timestamp())),
            "oauth_signature_method": "HMAC-SHA256",
            "oauth_version": "1.0",
        }
        key = "&".join(_escape(credentials[name]) for name in ("consumer_secret", "token_secret"))
        base = oauth1_base(request.method, url, oauth)
        digest = hmac.new(key.encode(), base.encode(), hashlib.sha256).digest()
        oauth["oauth_signature"] = base64.b64encode(digest).decode()
        listed = ", ".join(f'{name}="{_escape(value)}"' for name, value in oauth.items())
        realm = _escape(credentials[self.realm])
        return request.with_headers({"Authorization": f'OAuth realm="{realm}", {listed}'})


def oauth1_base(method: str, url: str, oauth: Mapping[str, str]) -> str:
    """The signature base string for this method, whole URL (query included) and parameters."""
    parts = urlsplit(url)
    pairs = [*parse_qsl(parts.query, keep_blank_values=True), *oauth.items()]
    listed = "&".join(sorted(f"{_escape(name)}={_escape(value)}" for name, value in pairs))
    address = f"{parts.scheme}://{parts.netloc}{parts.path}"
    return "&".join((method.upper(), _escape(address), _escape(listed)))


def _escape(text: str) -> str:
    return quote(text, safe="-._~")
