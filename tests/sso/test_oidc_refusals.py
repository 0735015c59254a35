"""Whatever proves nobody gets one plain answer, opens nothing, and is in the company's log."""

import time
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import jwt
import pytest
import requests
from django.test import Client

from ekyam.sso.models import Identity, IdentityProvider
from ekyam.tenants.models import User
from ekyam.tenants.scope import tenant_scope
from tests.sso.conftest import Visitor, is_plain_refusal, is_signed_in, told
from tests.sso.openid_server import CLIENT_ID, Lies, OpenIdServer, ec_key, openid_server, rsa_key
from tests.world import World

NOW, DAY = int(time.time()), 86400

LIES = {
    "another issuer": Lies(claims={"iss": "https://evil.example"}),
    "no issuer": Lies(claims={"iss": None}),
    "another audience": Lies(claims={"aud": "another client"}),
    "several audiences and no party": Lies(claims={"aud": [CLIENT_ID, "another"]}),
    "another authorised party": Lies(claims={"azp": "another client"}),
    "expired": Lies(claims={"iat": NOW - 400, "exp": NOW - 100}),
    "no end": Lies(claims={"exp": None}),
    "not yet valid": Lies(claims={"nbf": NOW + DAY}),
    "too old": Lies(claims={"iat": NOW - 86400}),
    "from the future": Lies(claims={"iat": NOW + DAY}),
    "no time": Lies(claims={"iat": None}),
    "another nonce": Lies(claims={"nonce": "of another sign-in"}),
    "no nonce": Lies(claims={"nonce": None}),
    "a nonce that is no text": Lies(claims={"nonce": 7}),
    "no subject": Lies(claims={"sub": None}),
    "an empty subject": Lies(claims={"sub": ""}),
    "an endless end": Lies(claims={"exp": float("inf")}),
    "a nonce of half a character": Lies(claims={"nonce": "\ud800"}),
    "a subject that cannot be kept": Lies(claims={"sub": "a\x00b"}),
    "a name that cannot be kept": Lies(claims={"name": "a\x00b"}),
    "a hash of half a character": Lies(claims={"at_hash": "\ud800"}),
    "half a character from userinfo": Lies(
        claims={"email": None}, userinfo={"sub": "\ud800", "email": "x"}
    ),
    "another access token": Lies(claims={"at_hash": "AAAA"}),
    "signed by a stranger": Lies(key=rsa_key("stranger")),
    "an unknown key": Lies(header={"kid": "stranger"}, key=rsa_key("stranger")),
    "an elliptic signature under an RSA key": Lies(algorithm="ES256", key=ec_key("stranger")),
    "another algorithm than the key's": Lies(algorithm="PS256"),
    "no token": Lies(token=""),
    "no token at all": Lies(token="."),
    "three dots": Lies(token="..."),
    "not base64": Lies(token="%%%.%%%.%%%"),
    "no JSON": Lies(token="YWJj.YWJj.YWJj"),
    "a huge token": Lies(token="a" * 100_000),
    "claims of another person": Lies(
        claims={"email": None}, userinfo={"sub": "00u2", "email": "x"}
    ),
    "the answer of another provider": Lies(answer={"iss": "https://evil.example"}),
    "an error": Lies(answer={"error": "access_denied"}),
    "a strange error": Lies(answer={"error": "<script>\u202e" * 50}),
    "no code": Lies(answer={"code": ""}),
    "another code": Lies(answer={"code": "guessed"}),
}


@pytest.mark.parametrize("lies", LIES.values(), ids=LIES)
def test_it_refuses(visitor: Visitor, openid: OpenIdServer, world: World, lies: Lies) -> None:
    openid.lies = lies
    assert is_plain_refusal(visitor.sign_in())
    assert not is_signed_in(visitor.client)
    assert not User.objects.filter(email="asha@juniper.example").exists()
    (entry,) = told(world.here.tenant, "person.sign_in_refused")
    assert entry.after["reason"] and entry.after["proven"] is False


def test_it_gives_the_same_answer_to_all(visitor: Visitor, openid: OpenIdServer) -> None:
    answers = set()
    for lies in (LIES["expired"], LIES["signed by a stranger"], LIES["no token"], LIES["no code"]):
        openid.lies = lies
        answers.add(visitor.sign_in().content)
    assert len(answers) == 1


def forged(server: OpenIdServer, algorithm: str, key: Any, **header: Any) -> str:
    claims = {
        **server.person,
        "iss": server.issuer,
        "aud": CLIENT_ID,
        "exp": NOW + 300,
        "iat": NOW,
        "nonce": "",
    }
    return jwt.encode(claims, key, algorithm=algorithm, headers={"kid": "first", **header})


def test_it_takes_no_signature_for_none(visitor: Visitor, openid: OpenIdServer) -> None:
    openid.lies.token = forged(openid, "none", None)
    assert is_plain_refusal(visitor.sign_in())


def test_it_takes_no_secret_for_a_public_key(visitor: Visitor, openid: OpenIdServer) -> None:
    """HS256 with what everybody can read as the secret."""
    secret = "a secret of the right length, which in an attack would be the public key"
    openid.lies.token = forged(openid, "HS256", secret)
    assert is_plain_refusal(visitor.sign_in())


def test_it_takes_no_key_out_of_the_token_itself(visitor: Visitor, openid: OpenIdServer) -> None:
    from tests.sso.openid_server import published

    own = published(rsa_key("stranger"), "own")
    openid.lies = Lies(key=rsa_key("stranger"), header={"jwk": own, "jku": "https://evil.example"})
    assert is_plain_refusal(visitor.sign_in())


def test_it_takes_an_answer_once(visitor: Visitor) -> None:
    back = requests.get(visitor.leave(), allow_redirects=False, timeout=5).headers["location"]
    assert visitor.come_back(back).status_code == 302
    assert is_plain_refusal(visitor.come_back(back))


def test_it_takes_no_answer_in_another_browser(visitor: Visitor) -> None:
    """Somebody else's answer, slipped to a victim, would sign the victim in as the attacker."""
    back = requests.get(visitor.leave(), allow_redirects=False, timeout=5).headers["location"]
    victim = Visitor(Client(), visitor.provider)
    assert is_plain_refusal(victim.come_back(back))
    victim.leave()
    assert is_plain_refusal(victim.come_back(back))
    assert not is_signed_in(victim.client)


def test_it_takes_no_code_of_another_sign_in(visitor: Visitor) -> None:
    """A code that was stolen elsewhere does not fit this browser's verifier."""
    theirs = requests.get(visitor.leave(), allow_redirects=False, timeout=5).headers["location"]
    mine = Visitor(Client(), visitor.provider)
    state = parse_qs(urlsplit(mine.leave()).query)["state"][0]
    code = parse_qs(urlsplit(theirs).query)["code"][0]
    answer = {"code": code, "state": state, "iss": visitor.provider.issuer}
    path = urlsplit(theirs).path
    assert is_plain_refusal(mine.client.get(f"{path}?{urlencode(answer)}"))


def test_it_takes_no_answer_after_ten_minutes(
    visitor: Visitor, monkeypatch: pytest.MonkeyPatch
) -> None:
    back = requests.get(visitor.leave(), allow_redirects=False, timeout=5).headers["location"]
    later = time.time() + 601
    monkeypatch.setattr("ekyam.sso.attempts.time.time", lambda: later)
    assert is_plain_refusal(visitor.come_back(back))


def test_it_takes_no_answer_of_one_provider_at_the_door_of_another(
    visitor: Visitor, openid: OpenIdServer, world: World
) -> None:
    with tenant_scope(world.there.tenant):
        other = IdentityProvider(
            tenant=world.there.tenant,
            label="Theirs",
            kind="oidc",
            issuer=openid.issuer,
            client_id=CLIENT_ID,
        )
        other.save()
    back = requests.get(visitor.leave(), allow_redirects=False, timeout=5).headers["location"]
    moved = back.replace(visitor.provider.public_id, other.public_id)
    assert is_plain_refusal(visitor.come_back(moved))


@pytest.mark.parametrize(
    "query",
    ["", "state=", "code=x", "state=x&code=y", "state=%01&code=%ff", "state=a&state=b&code[]=1"],
)
def test_it_refuses_what_is_no_answer(visitor: Visitor, query: str) -> None:
    answer = visitor.client.get(f"/sso/{visitor.provider.public_id}/return/?{query}")
    assert is_plain_refusal(answer)


@pytest.mark.parametrize("id", ["idp_0", "idp_" + "z" * 26, "x", "con_01"])
def test_it_knows_no_provider_of_another_name(db: None, id: str) -> None:
    for door in ("start", "return", "finish", "metadata"):
        assert Client().get(f"/sso/{id}/{door}/").status_code == 404
    assert Client().post(f"/sso/{id}/acs/", {"SAMLResponse": "x"}).status_code == 404


def test_it_slows_down_who_is_refused_again_and_again(
    visitor: Visitor, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Frozen, so that no minute ends in between."""
    now = time.time()
    monkeypatch.setattr("ekyam.sso.limits.time.time", lambda: now)
    address = f"/sso/{visitor.provider.public_id}/return/?state=x"
    answers = [visitor.client.get(address).status_code for _ in range(22)]
    assert answers[:20] == [403] * 20 and answers[20:] == [429] * 2
    with tenant_scope(visitor.provider.tenant_id):
        assert not Identity.objects.exists()
    assert len(told(world.here.tenant, "person.sign_in_refused")) == 20


def test_it_keeps_the_client_secret_sealed(visitor: Visitor) -> None:
    from tests.sso.openid_server import CLIENT_SECRET

    with tenant_scope(visitor.provider.tenant_id):
        row = IdentityProvider.objects.get()
        assert row.client_secret and CLIENT_SECRET.encode() not in bytes(row.client_secret)
        assert row.unseal("client_secret") == CLIENT_SECRET.encode()


def test_it_sends_nothing_to_private_addresses(visitor: Visitor, settings: Any) -> None:
    """The provider's document names the addresses, so each of them is checked."""
    settings.SSO_PRIVATE_URLS = []
    assert visitor.client.get(f"/sso/{visitor.provider.public_id}/start/").status_code == 502


def test_it_follows_no_document_to_a_private_address(
    visitor: Visitor, openid: OpenIdServer, settings: Any
) -> None:
    with openid_server() as inside:
        openid.configuration = {"token_endpoint": f"{inside.issuer}/token"}
        answer = visitor.client.get(f"/sso/{visitor.provider.public_id}/start/")
        assert answer.status_code == 502
        assert inside.asked == []
