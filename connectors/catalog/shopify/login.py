"""The three ways into a shop, and the proof that a person really came back from Shopify."""

import hashlib
import hmac
from collections.abc import Mapping
from datetime import datetime
from typing import Any
from urllib.parse import quote, urlencode

from connectors.auth import Credentials, Header, Token
from connectors.errors import Unauthorized
from connectors.spec import Field, Request

TOKEN_PATH = "/admin/oauth/access_token"
HEADER = "X-Shopify-Access-Token"

SCOPES = (
    "read_orders",
    "write_orders",
    "read_customers",
    "read_products",
    "write_products",
    "read_inventory",
    "write_inventory",
    "read_locations",
    "write_fulfillments",
    "read_merchant_managed_fulfillment_orders",
    "write_merchant_managed_fulfillment_orders",
    "read_assigned_fulfillment_orders",
    "write_assigned_fulfillment_orders",
)

CLIENT_ID = Field(
    "client_id",
    "Client ID",
    help="Dev Dashboard > your app > Settings > Credentials > Client ID.",
)
CLIENT_SECRET = Field(
    "client_secret",
    "Client secret",
    help="Dev Dashboard > your app > Settings > Credentials > Secret. It also signs the webhooks.",
    secret=True,
)


def _token_request(**form: str) -> Request:
    return Request("POST", TOKEN_PATH, form=form, headers={"Accept": "application/json"})


def _identity(credentials: Credentials) -> dict[str, str]:
    return {name: credentials[name] for name in ("client_id", "client_secret")}


def refresh(credentials: Credentials, settings: Mapping[str, Any], now: datetime) -> Request:
    if not credentials.get("refresh_token"):
        raise Unauthorized("The shop has not been connected yet: send someone through Shopify.")
    return _token_request(
        **_identity(credentials),
        grant_type="refresh_token",
        refresh_token=credentials["refresh_token"],
    )


def ask_token(credentials: Credentials, settings: Mapping[str, Any], now: datetime) -> Request:
    return _token_request(**_identity(credentials), grant_type="client_credentials")


def authorize(
    settings: Mapping[str, Any], credentials: Credentials, state: str, return_address: str
) -> str:
    query = {
        "client_id": credentials["client_id"],
        "scope": ",".join(settings.get("scopes") or SCOPES),
        "redirect_uri": return_address,
        "state": state,
    }
    return f"{settings['base_url'].rstrip('/')}/admin/oauth/authorize?{urlencode(query)}"


def exchange(
    credentials: Credentials,
    settings: Mapping[str, Any],
    answer: Mapping[str, str],
    return_address: str,
) -> Request:
    """The code for a token that expires and is renewed; refuses an answer Shopify did not sign."""
    if not is_signed(answer, credentials["client_secret"]):
        raise Unauthorized("The answer is not signed by Shopify; nothing was connected.")
    if answer.get("shop", "").split(".", 1)[0] != settings.get("shop"):
        raise Unauthorized(f"Another shop answered: {answer.get('shop', '')!r}.")
    if not answer.get("code"):
        raise Unauthorized("Shopify gave no code; the access was not granted.")
    return _token_request(**_identity(credentials), code=answer["code"], expiring="1")


def is_signed(answer: Mapping[str, str], secret: str) -> bool:
    """HMAC over the sorted query; Shopify's own libraries differ in escaping, so both pass."""
    given = answer.get("hmac", "")
    pairs = sorted((k, v) for k, v in answer.items() if k not in ("hmac", "signature"))
    raw = "&".join(f"{name}={value}" for name, value in pairs)
    escaped = urlencode(pairs, quote_via=quote)
    return any(
        hmac.compare_digest(_digest(secret, text).encode(), given.encode())
        for text in (raw, escaped)
        if secret
    )


def _digest(secret: str, text: str) -> str:
    return hmac.new(secret.encode(), text.encode(), hashlib.sha256).hexdigest()


METHODS = (
    Token(
        name="oauth",
        label="Sign in at Shopify (recommended)",
        fields=(CLIENT_ID, CLIENT_SECRET),
        request=refresh,
        header=HEADER,
        prefix="",
        authorize=authorize,
        exchange=exchange,
    ),
    Token(
        name="client_credentials",
        label="App of your own organisation (client credentials)",
        fields=(CLIENT_ID, CLIENT_SECRET),
        request=ask_token,
        header=HEADER,
        prefix="",
    ),
    Header(
        name="access_token",
        label="Custom app made in the shop's admin before 2026",
        fields=(
            Field(
                "access_token",
                "Admin API access token",
                help="Admin > Settings > Apps > Develop apps > your app > API credentials.",
                secret=True,
                pattern=r"shp[a-z]{2}_\w+",
            ),
            Field(
                "client_secret",
                "API secret key",
                help="On the same page; it signs the webhooks.",
                secret=True,
            ),
        ),
        header=HEADER,
        secret="access_token",
    ),
)
