"""Every way to forge a token that we know of, each beside one that is right."""

import base64
import hashlib
import hmac
import json
import time
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from ekyam.keys import signing
from ekyam.keys.tokens import read_token
from tests.keys.callers import Till, seat_by, token_of


def claims_of(till: Till, settings: Any, **changed: Any) -> dict[str, Any]:
    id_ = till.row.application.public_id
    now = int(time.time())
    claims = {
        "iss": settings.PUBLIC_URL,
        "aud": f"{settings.PUBLIC_URL}/api",
        "sub": id_,
        "client_id": id_,
        "iat": now,
        "exp": now + 600,
        "jti": "1",
        "scope": "look",
    }
    return {k: v for k, v in {**claims, **changed}.items() if v is not None}


def signed(claims: dict[str, Any], **headers: Any) -> str:
    """By our own key, as only we could."""
    key = signing.get_current()
    head = {"typ": "at+jwt", "kid": key.kid, **headers}
    return jwt.encode(claims, signing.open_private(key), "RS256", headers=head)


def test_what_we_sign_ourselves_is_taken(till: Till, address: str, settings: Any) -> None:
    """Else the forgeries below would prove nothing."""
    assert seat_by(signed(claims_of(till, settings)), address) is not None


@pytest.mark.parametrize(
    "changed",
    [
        {"exp": 1_700_000_000},
        {"exp": None},
        {"exp": "soon"},
        {"iat": 4_000_000_000},
        {"iss": "https://elsewhere.example"},
        {"iss": None},
        {"aud": "https://elsewhere.example/api"},
        {"aud": None},
        {"aud": ["http://127.0.0.1:8000/api", "another"]},
        {"client_id": None},
        {"client_id": "app_00000000000000000000000000"},
        {"client_id": 7},
        {"client_id": "\x00"},
        {"scope": "everything"},
        {"scope": ["look"]},
        {"scope": None},
        {"sub": None},
        {"jti": None},
    ],
    ids=str,
)
def test_it_refuses_other_claims(
    till: Till, address: str, settings: Any, changed: dict[str, Any]
) -> None:
    assert seat_by(signed(claims_of(till, settings, **changed)), address) is None


@pytest.mark.parametrize(
    "headers",
    [{"kid": "unknown"}, {"kid": ""}, {"kid": "\x00"}, {"typ": "JWT"}, {"typ": ""}],
    ids=str,
)
def test_it_refuses_another_header(
    till: Till, address: str, settings: Any, headers: dict[str, str]
) -> None:
    assert seat_by(signed(claims_of(till, settings), **headers), address) is None


simple = st.none() | st.integers() | st.text()
anything = st.recursive(simple, lambda some: st.lists(some) | st.dictionaries(st.text(), some))


def part(value: dict[str, Any]) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")


def test_it_refuses_a_token_that_nobody_signed(till: Till, address: str, settings: Any) -> None:
    kid = signing.get_current().kid
    for alg in ("none", "None", "NONE", "nOnE"):
        head = part({"alg": alg, "typ": "at+jwt", "kid": kid})
        assert seat_by(f"{head}.{part(claims_of(till, settings))}.", address) is None


def test_it_refuses_what_was_signed_with_the_public_key(
    till: Till, address: str, settings: Any
) -> None:
    """HS256 with our public key as the secret, in each spelling that a library may give it."""
    key = signing.get_current()
    public = signing.open_private(key).public_key()
    pem = public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    for secret in (pem, pem.strip(), json.dumps(key.public).encode()):
        head = part({"alg": "HS256", "typ": "at+jwt", "kid": key.kid})
        body = f"{head}.{part(claims_of(till, settings))}"
        mac = hmac.new(secret, body.encode(), hashlib.sha256).digest()
        forged = f"{body}.{base64.urlsafe_b64encode(mac).decode().rstrip('=')}"
        assert seat_by(forged, address) is None


def test_it_refuses_another_key(till: Till, address: str, settings: Any) -> None:
    """Under our kid; and one that the token itself brings along."""
    theirs = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    ours = signing.get_current()
    jwk = jwt.algorithms.RSAAlgorithm.to_jwk(theirs.public_key(), as_dict=True)
    for more in ({}, {"jwk": jwk}, {"jku": "https://evil.example/jwks.json"}):
        head = {"typ": "at+jwt", "kid": ours.kid, **more}
        forged = jwt.encode(claims_of(till, settings), theirs, "RS256", headers=head)
        assert seat_by(forged, address) is None


def test_it_refuses_a_token_whose_parts_were_changed(till: Till, address: str) -> None:
    head, body, mark = token_of(till, address).split(".")
    more = json.loads(base64.urlsafe_b64decode(body + "=="))
    more["scope"] = "look operate connect"
    for forged in (f"{head}.{part(more)}.{mark}", f"{head}.{body}.", f"{head}.{body}", f".{body}."):
        assert seat_by(forged, address) is None


@hypothesis_settings(
    max_examples=100,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(text=st.text() | st.lists(st.text(), min_size=3, max_size=3).map(".".join))
def test_it_never_breaks_on_what_is_no_token(db: None, text: str) -> None:
    assert read_token(text) is None


@hypothesis_settings(
    max_examples=100,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(
    head=st.dictionaries(st.sampled_from(["alg", "typ", "kid", "crit", "b64"]), anything),
    claims=anything,
)
def test_it_never_breaks_on_what_looks_like_one(db: None, head: Any, claims: Any) -> None:
    head = {"alg": "RS256", "typ": "at+jwt", "kid": "unknown", **head}
    assert read_token(f"{part(head)}.{part(claims)}.AAAA") is None
