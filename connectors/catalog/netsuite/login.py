"""How Ekyam logs in: OAuth 2.0 with a signed assertion, or the older token-based login."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from connectors.auth import OAuth1, Token
from connectors.errors import Unauthorized
from connectors.spec import Field, Request

TOKEN_PATH = "/services/rest/auth/oauth2/v1/token"
ASSERTION = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
LIFETIME = timedelta(minutes=5)  # NetSuite allows up to 60
CURVES = {"secp256r1": "ES256", "secp384r1": "ES384", "secp521r1": "ES512"}


def token_request(
    credentials: Mapping[str, str], settings: Mapping[str, Any], now: datetime
) -> Request:
    """The token request: an assertion signed by the tenant's own key."""
    address = str(settings["base_url"]).rstrip("/") + TOKEN_PATH
    form = {
        "grant_type": "client_credentials",
        "client_assertion_type": ASSERTION,
        "client_assertion": _assertion(credentials, address, now),
    }
    return Request("POST", address, form=form)


def _assertion(credentials: Mapping[str, str], audience: str, now: datetime) -> str:
    claims = {
        "iss": credentials["client_id"],
        "scope": ["rest_webservices"],
        "aud": audience,
        "iat": int(now.timestamp()),
        "exp": int((now + LIFETIME).timestamp()),
    }
    pem = credentials["private_key"].replace("\\n", "\n").strip()
    headers = {"kid": credentials["certificate_id"]}
    try:
        return jwt.encode(claims, pem, algorithm=_algorithm(pem), headers=headers)
    except (ValueError, TypeError, jwt.PyJWTError) as error:
        words = "The private key cannot be used: it must be an unencrypted PEM of RSA or EC."
        raise Unauthorized(words, detail=type(error).__name__) from error


def _algorithm(pem: str) -> str:
    """The key decides; plain RS256 is refused by NetSuite."""
    key = load_pem_private_key(pem.encode(), password=None)
    if isinstance(key, rsa.RSAPrivateKey):
        return "PS256"
    if isinstance(key, ec.EllipticCurvePrivateKey) and key.curve.name in CURVES:
        return CURVES[key.curve.name]
    raise ValueError("neither RSA nor a NIST curve")


OAUTH2 = Token(
    name="oauth2",
    label="OAuth 2.0 with a certificate (recommended)",
    fields=(
        Field(
            "client_id",
            "Client id",
            help="Setup > Integration > Manage Integrations > your integration, shown once.",
            secret=True,
        ),
        Field(
            "certificate_id",
            "Certificate id",
            help="Setup > Integration > OAuth 2.0 Client Credentials Setup, column Certificate ID.",
        ),
        Field(
            "private_key",
            "Private key (PEM)",
            help="The private half of the certificate that you uploaded there.",
            secret=True,
        ),
    ),
    request=token_request,
)

TBA = OAuth1(
    name="tba",
    label="Token-based authentication (existing integrations)",
    fields=(
        Field(
            "realm",
            "Account id",
            help="Setup > Company > Company Information, as shown there: 1234567 or 1234567_SB1.",
            pattern=r"[A-Za-z0-9_-]+",
        ),
        Field("consumer_key", "Consumer key", help="From the integration record.", secret=True),
        Field("consumer_secret", "Consumer secret", help="Shown once beside it.", secret=True),
        Field("token_id", "Token id", help="Setup > Users/Roles > Access Tokens.", secret=True),
        Field("token_secret", "Token secret", help="Shown once beside it.", secret=True),
    ),
)
