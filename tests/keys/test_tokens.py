"""The tokens of applications: how they are got, what they open, and every way to forge one."""

import base64
import hashlib
import hmac
import json
import time
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from django.test import Client
from django.utils import timezone
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from ekyam.audit.actors import Kind
from ekyam.keys import signing, spelling
from ekyam.keys.authenticate import seat_of
from ekyam.keys.models import Application, ApplicationSecret, SigningKey
from ekyam.keys.operations import (
    Made,
    TwoAreLive,
    follow_secret,
    revoke_application,
    revoke_secret,
)
from ekyam.keys.tokens import read_token
from ekyam.tenants.models import Membership, Role
from ekyam.tenants.rights import Right
from ekyam.tenants.scope import tenant_scope
from tests.keys.conftest import Desk
from tests.world import add_member

Till = Made[ApplicationSecret]
GRANT = {"grant_type": "client_credentials"}


@pytest.fixture
def till(desk: Desk) -> Till:
    return desk.application()


def basic(client_id: str, secret: str) -> str:
    return "Basic " + base64.b64encode(f"{client_id}:{secret}".encode()).decode()


def ask(address: str, header: str = "", **said: str) -> Any:
    headers = {"Authorization": header} if header else None
    return Client(REMOTE_ADDR=address).post("/oauth/token", {**GRANT, **said}, headers=headers)


def ask_as(till: Till, address: str, **said: str) -> Any:
    return ask(address, basic(till.row.application.public_id, till.secret), **said)


def token_of(till: Till, address: str, **said: str) -> str:
    answer = ask_as(till, address, **said)
    assert answer.status_code == 200, answer.content
    return str(answer.json()["access_token"])


def seat_by(token: str, address: str) -> Any:
    return seat_of(f"Bearer {token}", address)


def test_it_gives_a_token_by_the_header_and_by_the_body(till: Till, address: str) -> None:
    by_header = ask_as(till, address)
    application = till.row.application
    by_body = ask(address, client_id=application.public_id, client_secret=till.secret)
    for answer in (by_header, by_body):
        said = answer.json()
        assert answer.status_code == 200 and answer["Cache-Control"] == "no-store"
        assert said["token_type"] == "Bearer" and said["expires_in"] == 600
        assert said["scope"] == "look operate" and "refresh_token" not in said
        seat = seat_by(said["access_token"], address)
        assert seat.tenant == application.tenant and seat.person == "Till"
        assert seat.rights == {Right.LOOK, Right.OPERATE}
        assert (seat.actor.kind, seat.actor.id) == (Kind.APPLICATION, application.public_id)


def test_its_token_is_shaped_as_rfc_9068_says(till: Till, address: str, settings: Any) -> None:
    token = token_of(till, address)
    header = jwt.get_unverified_header(token)
    keys = {key["kid"]: key for key in Client().get("/.well-known/jwks.json").json()["keys"]}
    assert header["typ"] == "at+jwt" and header["alg"] == "RS256"
    claims = jwt.decode(
        token, jwt.PyJWK(keys[header["kid"]]), ["RS256"], audience=f"{settings.PUBLIC_URL}/api"
    )
    client_id = till.row.application.public_id
    assert claims["iss"] == settings.PUBLIC_URL
    assert claims["sub"] == claims["client_id"] == client_id
    assert claims["exp"] - claims["iat"] == 600 and claims["jti"]


def test_it_gives_less_if_less_is_asked_for(till: Till, address: str) -> None:
    seat = seat_by(token_of(till, address, scope="look"), address)
    assert seat.rights == {Right.LOOK}


@pytest.mark.parametrize("scope", ["connect", "look connect", "own", "*", "openid", "\x00", "é"])
def test_it_gives_no_more_than_the_application_has(till: Till, address: str, scope: str) -> None:
    answer = ask_as(till, address, scope=scope)
    assert (answer.status_code, answer.json()["error"]) == (400, "invalid_scope")


def test_it_gives_nothing_to_an_application_without_rights(desk: Desk, address: str) -> None:
    answer = ask_as(desk.application(rights=[]), address)
    assert (answer.status_code, answer.json()["error"]) == (400, "unauthorized_client")


@pytest.mark.parametrize("grant", ["password", "refresh_token", "implicit", "", "x" * 1999])
def test_it_knows_two_grants_only(till: Till, address: str, grant: str) -> None:
    answer = ask_as(till, address, grant_type=grant)
    assert answer.status_code == 400
    assert answer.json()["error"] in ("unsupported_grant_type", "invalid_request")


WRONG: dict[str, Callable[[str, str], dict[str, str]]] = {
    "nothing": lambda id_, secret: {},
    "no secret": lambda id_, secret: {"client_id": id_},
    "a wrong secret": lambda id_, secret: {
        "client_id": id_,
        "client_secret": spelling.write_new(spelling.Kind.APPLICATION),
    },
    "a malformed secret": lambda id_, secret: {"client_id": id_, "client_secret": secret[:-1]},
    "another application": lambda id_, secret: {
        "client_id": "app_00000000000000000000000000",
        "client_secret": secret,
    },
    "no application": lambda id_, secret: {"client_id": "\x00' OR 1", "client_secret": secret},
    "a bearer": lambda id_, secret: {"header": f"Bearer {secret}"},
    "no base64": lambda id_, secret: {"header": "Basic ***"},
    "not UTF-8": lambda id_, secret: {"header": "Basic /w=="},
    "no colon": lambda id_, secret: {"header": "Basic " + base64.b64encode(b"app").decode()},
    "twice": lambda id_, secret: {"header": basic(id_, secret), "client_secret": secret},
    "two names": lambda id_, secret: {"header": basic(id_, secret), "client_id": "app_1"},
}


@pytest.mark.parametrize("how", WRONG)
def test_it_says_the_same_to_all_that_is_wrong(till: Till, address: str, how: str) -> None:
    answer = ask(address, **WRONG[how](till.row.application.public_id, till.secret))
    assert answer.status_code == 401 and answer["WWW-Authenticate"].startswith("Basic")
    assert answer.json() == {
        "error": "invalid_client",
        "error_description": "Who calls is not known here.",
        "type": "about:blank",
        "title": "Who calls is not known here.",
        "status": 401,
        "code": "unauthenticated",
    }


def test_it_does_not_take_the_secret_of_another_application(desk: Desk, address: str) -> None:
    one, two = desk.application(), desk.application("Second till")
    answer = ask(address, basic(one.row.application.public_id, two.secret))
    assert answer.status_code == 401
    assert desk.entries("application.refused")[0].after == {"why": "wrong secret"}


def test_it_reads_nothing_from_the_address(till: Till, address: str) -> None:
    id_ = till.row.application.public_id
    where = f"/oauth/token?client_id={id_}&client_secret={till.secret}"
    assert Client(REMOTE_ADDR=address).post(where, GRANT).status_code == 401
    assert Client(REMOTE_ADDR=address).get(where).status_code == 405


def test_it_refuses_what_is_said_twice_or_too_long(till: Till, address: str) -> None:
    assert ask_as(till, address, scope="x" * 2001).status_code == 400
    twice: Any = ["look", "operate"]
    assert ask_as(till, address, scope=twice).status_code == 400


def test_two_secrets_are_live(till: Till, address: str) -> None:
    application = till.row.application
    with tenant_scope(application.tenant_id):
        second = follow_secret(application)
        with pytest.raises(TwoAreLive):
            follow_secret(application)
    assert token_of(till, address) and token_of(second, address)
    with tenant_scope(application.tenant_id):
        assert revoke_secret(till.row)
    assert ask_as(till, address).status_code == 401
    assert token_of(second, address)


def test_a_secret_expires(till: Till, address: str) -> None:
    with tenant_scope(till.row.tenant_id):
        ApplicationSecret.objects.update(expires_at=timezone.now())
    assert ask_as(till, address).status_code == 401


def test_a_revoked_application_ends_with_its_tokens(desk: Desk, till: Till, address: str) -> None:
    token = token_of(till, address)
    with tenant_scope(desk.tenant):
        assert revoke_application(till.row.application)
        assert not revoke_application(till.row.application)
    assert seat_by(token, address) is None
    assert ask_as(till, address).status_code == 401


def test_its_tokens_do_no_more_than_its_maker_may_today(desk: Desk, address: str) -> None:
    maker = add_member(desk.tenant, Role.INTEGRATOR)
    till = Desk(desk.tenant, maker, "integrator").application(rights=[Right.LOOK, Right.CONNECT])
    token = token_of(till, address)
    with tenant_scope(desk.tenant):
        mine = Membership.objects.filter(user=maker)
        mine.update(role=Role.VIEWER)
    assert seat_by(token, address).rights == {Right.LOOK}
    assert ask_as(till, address).json()["scope"] == "look"
    with tenant_scope(desk.tenant):
        mine.delete()
    assert seat_by(token, address) is None
    assert ask_as(till, address).status_code == 401


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
        {"exp": int(time.time()) - 1},
        {"exp": None},
        {"exp": "soon"},
        {"iat": int(time.time()) + 3600},
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


def test_its_keys_rotate_and_old_tokens_hold(till: Till, address: str) -> None:
    old = token_of(till, address)
    first = signing.get_current()
    second = signing.rotate()
    assert signing.get_current() == first
    published = {key["kid"] for key in Client().get("/.well-known/jwks.json").json()["keys"]}
    assert published == {first.kid, second.kid}
    pass_time(minutes=16)
    assert signing.get_current() == second
    assert jwt.get_unverified_header(token_of(till, address))["kid"] == second.kid
    assert seat_by(old, address) is not None
    pass_time(minutes=20)
    assert seat_by(old, address) is None
    assert [key.kid for key in signing.list_published()] == [second.kid]


def pass_time(**time: int) -> None:
    """As if the signing keys had been there for longer; tokens are let live."""
    for key in SigningKey.objects.all():
        key.signs_from -= timedelta(**time)
        key.ends_at = key.ends_at and key.ends_at - timedelta(**time)
        key.save()


def test_a_leaked_key_ends_at_once(till: Till, address: str) -> None:
    old = token_of(till, address)
    signing.rotate(has_leaked=True)
    assert seat_by(old, address) is None
    assert seat_by(token_of(till, address), address) is not None


def test_its_keys_rotate_by_age(till: Till, address: str) -> None:
    first = signing.get_current()
    signing.rotate_if_old()
    assert SigningKey.objects.count() == 1
    pass_time(days=91)
    signing.rotate_if_old()
    signing.rotate_if_old()
    assert SigningKey.objects.count() == 2
    pass_time(days=1)
    signing.rotate_if_old()
    assert not SigningKey.objects.filter(pk=first.pk).exists()


def test_its_private_keys_are_sealed(till: Till) -> None:
    key = signing.get_current()
    assert b"PRIVATE" not in bytes(key.private_pem)
    assert signing.open_private(key).key_size == 2048


def test_it_tells_where_everything_is(db: None, settings: Any) -> None:
    url = settings.PUBLIC_URL
    for name in ("oauth-authorization-server", "openid-configuration"):
        answer = Client().get(f"/.well-known/{name}")
        said = answer.json()
        assert said["issuer"] == url and said["jwks_uri"] == f"{url}/.well-known/jwks.json"
        assert said["token_endpoint"] == f"{url}/oauth/token"
        assert said["code_challenge_methods_supported"] == ["S256"]
        assert answer["Access-Control-Allow-Origin"] == "*"
        assert Client().get(said["jwks_uri"].removeprefix(url)).status_code == 200


def test_it_never_publishes_what_is_private(db: None) -> None:
    for key in Client().get("/.well-known/jwks.json").json()["keys"]:
        assert set(key) == {"kty", "use", "alg", "kid", "n", "e"}


def test_a_token_is_no_other_companys(desk: Desk, other: Desk, address: str) -> None:
    mine, theirs = desk.application(), other.application()
    assert seat_by(token_of(mine, address), address).tenant == desk.tenant
    assert seat_by(token_of(theirs, address), address).tenant == other.tenant
    with tenant_scope(desk.tenant):
        assert Application.objects.count() == 1
