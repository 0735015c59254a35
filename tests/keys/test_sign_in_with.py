"""Signing in to a company's application with Ekyam: who gets in, and what a code is good for."""

import base64
import hashlib
from typing import Any
from urllib.parse import parse_qs, urlsplit

import jwt
import pytest
from allauth.idp.oidc.models import Client as AllauthClient
from allauth.idp.oidc.models import Token
from django.test import Client

from ekyam.keys.authenticate import seat_of
from ekyam.keys.models import ApplicationSecret
from ekyam.keys.operations import Made, revoke_application
from ekyam.keys.tasks import keep_keys
from ekyam.people.standing import PROVIDER
from ekyam.tenants.models import Membership, Role, User
from ekyam.tenants.rights import Right
from ekyam.tenants.scope import tenant_scope
from tests.keys.conftest import BACK, Desk, new_address
from tests.portal.conftest import sign_in
from tests.signing_in.conftest import mailed
from tests.world import add_member

VERIFIER = "v" * 64
CHALLENGE = base64.urlsafe_b64encode(hashlib.sha256(VERIFIER.encode()).digest()).decode()[:43]
Till = Made[ApplicationSecret]


@pytest.fixture
def till(desk: Desk) -> Till:
    return desk.application(asks=False)


def asked(till: Till, **changed: str | None) -> dict[str, str]:
    said = {
        "response_type": "code",
        "client_id": till.row.application.public_id,
        "redirect_uri": BACK,
        "scope": "openid profile email",
        "state": "a state & more",
        "nonce": "n-1",
        "code_challenge": CHALLENGE,
        "code_challenge_method": "S256",
    }
    return {name: value for name, value in {**said, **changed}.items() if value is not None}


def go(person: User, till: Till, **changed: str | None) -> Any:
    return sign_in(person).get("/oauth/authorize", asked(till, **changed))


def told(answer: Any) -> dict[str, str]:
    """What the application is told by the address that the person is sent to."""
    assert answer.status_code == 302, answer.content
    assert answer["Location"].startswith(BACK + "?")
    return {
        name: values[0] for name, values in parse_qs(urlsplit(answer["Location"]).query).items()
    }


def redeem(till: Till, code: str, /, **changed: str | None) -> Any:
    said = {
        "grant_type": "authorization_code",
        "code": code,
        "redirect_uri": BACK,
        "code_verifier": VERIFIER,
        "client_id": till.row.application.public_id,
        "client_secret": till.secret,
    }
    kept = {name: value for name, value in {**said, **changed}.items() if value is not None}
    return Client(REMOTE_ADDR=new_address()).post("/oauth/token", kept)


def code_for(person: User, till: Till) -> str:
    return told(go(person, till))["code"]


def test_it_lets_a_member_sign_in(desk: Desk, till: Till, settings: Any) -> None:
    said = told(go(desk.person, till))
    assert said["state"] == "a state & more"
    answer = redeem(till, said["code"])
    given = answer.json()
    assert answer.status_code == 200 and answer["Cache-Control"] == "no-store"
    assert set(given) == {"access_token", "expires_in", "id_token", "scope", "token_type"}
    keys = jwt.PyJWKSet.from_dict(Client().get("/.well-known/jwks.json").json())
    key = keys[jwt.get_unverified_header(given["id_token"])["kid"]]
    client_id = till.row.application.public_id
    claims = jwt.decode(
        given["id_token"], key, ["RS256"], audience=client_id, issuer=settings.PUBLIC_URL
    )
    assert claims["nonce"] == "n-1" and claims["sub"] == desk.person.public_id
    assert claims["email"] == desk.person.email and claims["name"]
    assert (claims["company"], claims["role"]) == ("Juniper Home", "owner")
    assert desk.entries("application.signed_in")[0].actor == desk.person.email


def test_it_tells_no_more_than_was_asked(desk: Desk, till: Till) -> None:
    code = told(go(desk.person, till, scope="openid"))["code"]
    claims = jwt.decode(redeem(till, code).json()["id_token"], options={"verify_signature": False})
    assert not {"email", "name", "role", "company"} & claims.keys()


def test_it_asks_first_who_is_not_signed_in(till: Till) -> None:
    answer = Client().get("/oauth/authorize", asked(till))
    assert answer.status_code == 302
    assert answer["Location"].startswith("/accounts/login/?next=/oauth/authorize")


def test_it_keeps_out_people_of_another_company(desk: Desk, other: Desk, till: Till) -> None:
    answer = go(other.person, till)
    assert answer.status_code == 403 and "Juniper" not in answer.content.decode()
    entries = desk.entries("application.sign_in_refused")
    assert len(entries) == 1 and other.person.email not in str(vars(entries[0]))
    assert desk.entries("application.signed_in") == []


def test_it_keeps_out_whom_another_companys_provider_vouches_for(
    desk: Desk, other: Desk, till: Till
) -> None:
    """Their provider signs anybody in whom it likes: it must open no application of this one."""
    client = sign_in(desk.person)
    session = client.session
    session[PROVIDER] = str(other.tenant.pk)
    session.save()
    answer = client.get("/oauth/authorize", asked(till))
    assert answer.status_code == 403 and "vouches for another company" in answer.content.decode()
    assert desk.entries("application.signed_in") == []
    session[PROVIDER] = str(desk.tenant.pk)
    session.save()
    assert "code" in told(client.get("/oauth/authorize", asked(till)))


def test_whoever_belongs_to_both_is_told_of_as_in_this_one(
    desk: Desk, other: Desk, till: Till
) -> None:
    with tenant_scope(desk.tenant):
        Membership.objects.create(tenant=desk.tenant, user=other.person, role=Role.VIEWER)
    given = redeem(till, code_for(other.person, till)).json()
    claims = jwt.decode(given["id_token"], options={"verify_signature": False})
    assert (claims["company"], claims["role"]) == ("Juniper Home", "viewer")


def leave(person: User, desk: Desk) -> None:
    with tenant_scope(desk.tenant):
        Membership.objects.filter(user=person).delete()


def test_a_code_of_somebody_who_left_opens_nothing(desk: Desk, till: Till) -> None:
    person = add_member(desk.tenant, Role.OPERATOR)
    code = code_for(person, till)
    leave(person, desk)
    answer = redeem(till, code)
    assert (answer.status_code, answer.json()["error"]) == (400, "invalid_grant")


def who(access_token: str) -> Any:
    headers = {"Authorization": f"Bearer {access_token}"}
    return Client(REMOTE_ADDR=new_address()).get("/oauth/userinfo", headers=headers)


def test_it_says_who_signed_in_while_they_are_members(desk: Desk, till: Till) -> None:
    person = add_member(desk.tenant, Role.OPERATOR)
    token = redeem(till, code_for(person, till)).json()["access_token"]
    answer = who(token)
    assert answer.json()["email"] == person.email and answer.json()["role"] == "operator"
    leave(person, desk)
    assert who(token).status_code == 401


@pytest.mark.parametrize("shown", ["", "x", "eyJ.eyJ.x", "\x00", "é", "x" * 10_000])
def test_it_says_nothing_by_what_is_no_token(db: None, shown: str) -> None:
    answer = who(shown)
    assert answer.status_code == 401 and answer.json()["code"] == "unauthenticated"


def test_its_tokens_open_nothing_of_the_api(desk: Desk, till: Till, address: str) -> None:
    """Signing in to an application gives it no access to what Ekyam holds."""
    given = redeem(till, code_for(desk.person, till)).json()
    assert seat_of(f"Bearer {given['access_token']}", address) is None
    assert seat_of(f"Bearer {given['id_token']}", address) is None


UNFIT_BACK = [
    BACK + "/",
    BACK + "?more=1",
    BACK + "#part",
    BACK.replace("https", "http"),
    BACK.replace("till.", "evil."),
    BACK.replace("/signed", "/../signed"),
    BACK.upper(),
    "https://till.example@evil.example/signed-in",
    "javascript:alert(1)",
    "//evil.example",
    "\x00",
    "",
]


@pytest.mark.parametrize("back", [*UNFIT_BACK, None])
def test_it_sends_nobody_elsewhere(desk: Desk, till: Till, back: str | None) -> None:
    assert go(desk.person, till, redirect_uri=back).status_code == 400


def test_it_takes_no_other_port_of_loopback(desk: Desk) -> None:
    """allauth by itself would: to us an address is one address."""
    till = desk.application("Local", redirects=["http://127.0.0.1:9000/in"], asks=False)
    back = "http://127.0.0.1:9000/in"
    assert go(desk.person, till, redirect_uri=back).status_code == 302
    assert go(desk.person, till, redirect_uri=back.replace("9000", "9001")).status_code == 400


@pytest.mark.parametrize("client_id", ["", "app_1", "app_00000000000000000000000000", "\x00", None])
def test_it_knows_no_other_application(desk: Desk, till: Till, client_id: str | None) -> None:
    assert go(desk.person, till, client_id=client_id).status_code == 400


@pytest.mark.parametrize(
    ("changed", "error"),
    [
        ({"response_type": "token"}, "unsupported_response_type"),
        ({"response_type": "code id_token"}, "unsupported_response_type"),
        ({"response_type": None}, "unsupported_response_type"),
        ({"code_challenge": None}, "invalid_request"),
        ({"code_challenge": "short"}, "invalid_request"),
        ({"code_challenge": CHALLENGE + "="}, "invalid_request"),
        ({"code_challenge_method": "plain"}, "invalid_request"),
        ({"code_challenge_method": None}, "invalid_request"),
        ({"scope": "profile"}, "invalid_scope"),
        ({"scope": "openid look"}, "invalid_scope"),
        ({"scope": None}, "invalid_scope"),
        ({"nonce": "n" * 1001}, "invalid_request"),
        ({"prompt": "none login"}, "invalid_request"),
    ],
)
def test_it_sends_back_what_it_does_not_do(
    desk: Desk, till: Till, changed: dict[str, str | None], error: str
) -> None:
    said = told(go(desk.person, till, **changed))
    assert said == {"error": error, "state": "a state & more"}


@pytest.mark.parametrize(
    "more",
    [
        {"claims": "[]"},
        {"claims": '{"sub": 1}'},
        {"id_token_hint": "x"},
        {"resource": "https://elsewhere.example"},
        {"response_mode": "fragment"},
        {"request": "x"},
        {"max_age": "0"},
    ],
    ids=str,
)
def test_it_passes_nothing_on_that_it_does_not_know(
    desk: Desk, till: Till, more: dict[str, str]
) -> None:
    assert redeem(till, told(go(desk.person, till, **more))["code"]).status_code == 200


@pytest.mark.parametrize("state", ["", "\r\nSet-Cookie: a=b", "a%ZZ+é&code=1#x", "'\"<script>"])
def test_it_gives_the_state_back_as_it_came(desk: Desk, till: Till, state: str) -> None:
    answer = go(desk.person, till, state=state)
    assert told(answer).get("state", "") == state
    assert not set(answer["Location"]) & set('\r\n <>"')


def test_it_refuses_what_is_said_twice(desk: Desk, till: Till) -> None:
    twice = {**asked(till), "redirect_uri": [BACK, "https://evil.example/"]}
    assert sign_in(desk.person).get("/oauth/authorize", twice).status_code == 400


def test_it_has_a_person_prove_themselves_anew_and_goes_on(desk: Desk, till: Till) -> None:
    """prompt=login, by whoever is signed in: with their factor, or their mailbox without one."""
    client = sign_in(desk.person)
    page = client.get("/oauth/authorize", asked(till, prompt="login"), follow=True)
    assert page.redirect_chain[-1][0].startswith("/account/prove/")
    client.post("/account/prove/send/")
    form = {"code": mailed(), "next": page.context["next"]}
    answer = client.post("/account/prove/", form)
    assert answer["Location"].startswith("/oauth/authorize?")
    assert "code" in told(client.get(answer["Location"]))


def test_it_answers_silently_or_not_at_all(desk: Desk, till: Till) -> None:
    said = told(Client().get("/oauth/authorize", asked(till, prompt="none")))
    assert said["error"] == "login_required"
    assert "code" in told(go(desk.person, till, prompt="none"))
    asks = desk.application("Asks")
    assert told(go(desk.person, asks, prompt="none"))["error"] == "consent_required"


def consent(client: Client, till: Till, action: str = "grant") -> Any:
    page = client.get("/oauth/authorize", asked(till))
    assert page.status_code == 200
    form = {"request": page.context["form"]["request"].value(), "scopes": ["openid", "profile"]}
    return client.post("/oauth/authorize", {**form, "action": action})


def test_it_asks_the_person(desk: Desk) -> None:
    till = desk.application()
    client = sign_in(desk.person)
    page = client.get("/oauth/authorize", asked(till))
    assert page.status_code == 200 and "Your e-mail address" in page.content.decode()
    policy = page["Content-Security-Policy"]
    assert "form-action 'self' https://till.example;" in policy + ";"
    assert "no-store" in page["Cache-Control"]
    assert told(consent(client, till, "cancel")) == {
        "error": "access_denied",
        "state": "a state & more",
    }
    assert redeem(till, told(consent(client, till))["code"]).status_code == 200


def test_it_takes_no_answer_from_another_site(desk: Desk) -> None:
    till = desk.application()
    client = Client(enforce_csrf_checks=True)
    client.force_login(desk.person, backend="django.contrib.auth.backends.ModelBackend")
    assert consent(client, till).status_code == 403


def test_the_answer_of_another_company_gives_no_code(desk: Desk, other: Desk) -> None:
    """The signed question of a member, answered by somebody who is none."""
    till = desk.application()
    page = sign_in(desk.person).get("/oauth/authorize", asked(till))
    form = {"request": page.context["form"]["request"].value(), "scopes": ["openid"]}
    answer = sign_in(other.person).post("/oauth/authorize", {**form, "action": "grant"})
    assert answer.status_code == 403


@pytest.mark.parametrize("signed", ["", "x", "x:y", "é"])
def test_it_takes_no_question_that_it_did_not_ask(desk: Desk, signed: str) -> None:
    form = {"request": signed, "scopes": ["openid"], "action": "grant"}
    answer = sign_in(desk.person).post("/oauth/authorize", form)
    assert answer.status_code == (403 if signed else 400)
    assert sign_in(desk.person).post("/oauth/authorize", {}).status_code == 400


def test_a_revoked_application_signs_nobody_in(desk: Desk, till: Till) -> None:
    token = redeem(till, code_for(desk.person, till)).json()["access_token"]
    code = code_for(desk.person, till)
    with tenant_scope(desk.tenant):
        revoke_application(till.row.application)
    assert redeem(till, code).status_code == 401
    assert who(token).status_code == 401
    assert go(desk.person, till).status_code == 400
    assert not AllauthClient.objects.exists() and not Token.objects.exists()


def test_signing_in_goes_on_when_the_maker_has_left(desk: Desk) -> None:
    """What people do is theirs; what the application does by itself was the maker's."""
    maker = add_member(desk.tenant, Role.DEVELOPER)
    till = Desk(desk.tenant, maker, "developer").application(rights=[Right.LOOK], asks=False)
    leave(maker, desk)
    assert redeem(till, code_for(desk.person, till)).status_code == 200
    answer = redeem(till, "", grant_type="client_credentials", code=None)
    assert answer.status_code == 401


def test_allauth_keeps_no_secret_and_no_token(desk: Desk, till: Till) -> None:
    given = redeem(till, code_for(desk.person, till)).json()
    client = AllauthClient.objects.get()
    assert client.type == "public" and not client.check_secret(till.secret)
    assert not client.check_secret("")
    rows = list(Token.objects.values_list("type", "hash"))
    assert [kind for kind, _ in rows] == ["at"] and given["access_token"] not in str(rows)


def test_tokens_that_have_ended_are_forgotten(desk: Desk, till: Till) -> None:
    redeem(till, code_for(desk.person, till))
    Token.objects.update(expires_at="2020-01-01T00:00:00Z")
    keep_keys()
    assert not Token.objects.exists()
