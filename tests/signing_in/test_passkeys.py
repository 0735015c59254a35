"""Passkeys: what is signed for this site, this challenge and this person, and nothing else."""

import json
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from ekyam.audit.models import AuditEntry
from ekyam.people import limits, passkeys
from ekyam.people.models import Passkey
from ekyam.tenants.models import User
from ekyam.tenants.scope import tenant_scope
from tests.signing_in.authenticator import PRESENT, Authenticator
from tests.signing_in.conftest import HERE, add_totp, code_of, enter_password, is_in
from tests.world import World

ORIGIN, HOST = "https://ekyam.example", "ekyam.example"


@pytest.fixture(autouse=True)
def _site(settings: Any) -> None:
    settings.PUBLIC_URL = ORIGIN


@pytest.fixture
def user(world: World) -> User:
    return world.here.viewer


def device(**more: Any) -> Authenticator:
    return Authenticator(**{"origin": ORIGIN, "host": HOST, **more})


def options(client: Client, address: str = "/account/prove/passkey/") -> dict[str, Any]:
    answer = client.post(address)
    assert answer.status_code == 200
    found: dict[str, Any] = answer.json()
    return found


def set_up(user: User, **more: Any) -> Authenticator:
    """Added on the security page, by somebody who came in by the app."""
    made = device(**more)
    client = enter_password(user)
    client.post("/account/prove/", {"code": code_of(add_totp(user))})
    answer = made.create(options(client, "/account/set-up/passkey/options/"))
    form = {"credential": answer, "name": "My laptop"}
    assert client.post("/account/set-up/passkey/", form).status_code == 302
    return made


def test_setting_one_up_is_no_wrong_code(user: User) -> None:
    """Ten wrong codes are too many; passkeys that were made are none of them."""
    now = timezone.now()
    set_up(user)
    for _ in range(10):
        limits.count_try(str(user.pk), HERE, now)


def at_the_second_factor(user: User) -> Client:
    client = enter_password(user)
    client.post("/account/prove/way/", {"way": "passkey"})
    return client


def prove(client: Client, credential: str) -> int:
    return int(client.post("/account/prove/", {"credential": credential}).status_code)


def is_refused(client: Client, credential: str) -> bool:
    """The page is there again and says so, and whoever asked is as little in as before."""
    answer = client.post("/account/prove/", {"credential": credential})
    said = "This is not right, or has expired, or was used before." in answer.content.decode()
    return answer.status_code == 200 and said and not is_in(client)


def test_it_is_a_second_factor(user: User) -> None:
    made = set_up(user)
    client = at_the_second_factor(user)
    assert prove(client, made.get(options(client))) == 302
    assert is_in(client)
    kept = Passkey.objects.get(user=user)
    assert (kept.name, kept.sign_count, kept.transports) == ("My laptop", 1, ["internal"])


def test_it_is_password_and_second_factor_in_one(world: World, user: User) -> None:
    made = set_up(user)
    client = Client(REMOTE_ADDR=HERE)
    answer = made.get(options(client, "/account/passkey/options/"))
    form = {"credential": answer, "next": "/orders/"}
    assert client.post("/account/passkey/", form)["Location"] == "/orders/"
    assert is_in(client)
    with tenant_scope(world.here.tenant):
        last = AuditEntry.objects.filter(action="person.signed_in").latest("number")
    assert last.after == {"by": "passkey"}


def test_it_wants_finger_face_or_pin_in_place_of_the_password(user: User) -> None:
    made = set_up(user)
    made.flags = PRESENT
    client = Client(REMOTE_ADDR=HERE)
    answer = made.get(options(client, "/account/passkey/options/"))
    client.post("/account/passkey/", {"credential": answer})
    assert not is_in(client)


@pytest.mark.parametrize("address", ["/account/prove/", "/account/passkey/"])
def test_it_takes_an_answer_once(user: User, address: str) -> None:
    made = set_up(user)
    client = at_the_second_factor(user)
    where = "/account/prove/passkey/" if "prove" in address else "/account/passkey/options/"
    answer = made.get(options(client, where))
    # The same session as two requests at once would see it: the challenge is still in it.
    before = dict(client.session.items())
    client.post(address, {"credential": answer})
    assert is_in(client)
    thief = at_the_second_factor(user)
    session = thief.session
    session[passkeys.SESSION_KEY] = before[passkeys.SESSION_KEY]
    session.save()
    thief.post(address, {"credential": answer})
    assert not is_in(thief)


def forged(made: Authenticator, asked: dict[str, Any]) -> str:
    return device(id=made.id).get(asked)


def of_another_site(made: Authenticator, asked: dict[str, Any]) -> str:
    made.origin = "https://ekyam.example.evil.example"
    return made.get(asked)


def for_another_host(made: Authenticator, asked: dict[str, Any]) -> str:
    made.host = "evil.example"
    return made.get(asked)


def for_another_challenge(made: Authenticator, asked: dict[str, Any]) -> str:
    return made.get({**asked, "challenge": "AAAAAAAAAAAAAAAAAAAAAA"})


def unknown(made: Authenticator, asked: dict[str, Any]) -> str:
    return device().get(asked)


def absent(made: Authenticator, asked: dict[str, Any]) -> str:
    made.flags = 0
    return made.get(asked)


def of_a_copy(made: Authenticator, asked: dict[str, Any]) -> str:
    """One that counts less than the last answer did is not the same one."""
    Passkey.objects.update(sign_count=1000)
    return made.get(asked)


def a_registration(made: Authenticator, asked: dict[str, Any]) -> str:
    return made.create(asked)


BAD = [
    forged,
    of_another_site,
    for_another_host,
    for_another_challenge,
    unknown,
    absent,
    of_a_copy,
    a_registration,
]


@pytest.mark.parametrize("bad", BAD)
def test_it_refuses_what_is(user: User, bad: Any) -> None:
    made = set_up(user)
    client = at_the_second_factor(user)
    assert is_refused(client, bad(made, options(client)))


@pytest.mark.parametrize(
    "typed",
    [
        "",
        "null",
        "[]",
        "{}",
        "[" * 10_000,
        '{"id": 1}',
        json.dumps({"id": "a", "rawId": "é", "type": "public-key", "response": {}}),
        json.dumps(
            {
                "id": "a",
                "rawId": "a",
                "type": "public-key",
                "response": {
                    "clientDataJSON": "x",
                    "authenticatorData": "x",
                    "signature": "x",
                    "userHandle": "é",
                },
            }
        ),
    ],
)
def test_it_answers_plainly_to_what_is_no_answer(user: User, typed: str) -> None:
    set_up(user)
    client = at_the_second_factor(user)
    options(client)
    assert is_refused(client, typed)
    anybody = Client(REMOTE_ADDR=HERE)
    options(anybody, "/account/passkey/options/")
    assert anybody.post("/account/passkey/", {"credential": typed}).status_code == 302
    assert not is_in(anybody)


def test_it_takes_nobody_elses(world: World, user: User) -> None:
    set_up(user)
    theirs = set_up(world.here.owner)
    client = at_the_second_factor(user)
    assert is_refused(client, theirs.get(options(client)))


def test_it_takes_no_challenge_of_another_use(user: User) -> None:
    """One that anybody may ask for does not serve where a certain person is asked."""
    made = set_up(user)
    client = at_the_second_factor(user)
    assert is_refused(client, made.get(options(client, "/account/passkey/options/")))


def test_it_keeps_no_passkey_twice_and_none_of_another_site(user: User) -> None:
    made = set_up(user)
    client = at_the_second_factor(user)
    prove(client, made.get(options(client)))
    for bad in (made, device(origin="https://evil.example"), device(host="evil.example")):
        answer = bad.create(options(client, "/account/set-up/passkey/options/"))
        refused = client.post("/account/set-up/passkey/", {"credential": answer})
        assert "The passkey was not made." in refused.content.decode()
    assert Passkey.objects.count() == 1


def test_it_is_not_offered_where_the_site_has_no_name(user: User, settings: Any) -> None:
    settings.PUBLIC_URL = "http://127.0.0.1:8000"
    client = enter_password(user)
    assert "Passkey" not in client.get("/account/security/").content.decode()
    assert client.post("/account/passkey/options/").status_code == 404
