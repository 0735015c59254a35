"""What a code is good for: once, for one application, with all that belongs to it."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from django.core.cache import cache
from django.db import connections

from ekyam.keys import signing
from tests.keys.conftest import Desk
from tests.keys.test_sign_in_with import Till, code_for, redeem, who


@pytest.fixture
def till(desk: Desk) -> Till:
    return desk.application(asks=False)


@pytest.mark.parametrize(
    "changed",
    [
        {"code": ""},
        {"code": "x"},
        {"code": "\x00é"},
        {"code": None},
        {"code_verifier": "w" * 64},
        {"code_verifier": ""},
        {"code_verifier": None},
        {"redirect_uri": "https://evil.example/"},
        {"redirect_uri": None},
    ],
    ids=str,
)
def test_a_code_needs_all_that_belongs_to_it(
    desk: Desk, till: Till, changed: dict[str, str | None]
) -> None:
    code = code_for(desk.person, till)
    answer = redeem(till, code, **changed)
    assert answer.status_code == 400 and answer.json()["error"] in (
        "invalid_grant",
        "invalid_request",
    )


def test_a_code_needs_the_secret_too(desk: Desk, till: Till) -> None:
    code = code_for(desk.person, till)
    assert redeem(till, code, client_secret=None).status_code == 401
    assert redeem(till, code, client_secret=till.secret[:-1]).status_code == 401
    assert redeem(till, code).status_code == 200


def test_a_code_is_of_one_application(desk: Desk, other: Desk, till: Till) -> None:
    code = code_for(desk.person, till)
    for thief in (desk.application("Thief"), other.application("Thief")):
        assert redeem(thief, code).json()["error"] == "invalid_grant"
    assert redeem(till, code).status_code == 200


def test_a_code_that_comes_twice_ends_what_it_gave(desk: Desk, till: Till) -> None:
    code = code_for(desk.person, till)
    token = redeem(till, code).json()["access_token"]
    assert who(token).status_code == 200
    assert redeem(till, code).json()["error"] == "invalid_grant"
    assert who(token).status_code == 401


def test_valkey_has_no_code_that_could_be_redeemed(desk: Desk, till: Till) -> None:
    code = code_for(desk.person, till)
    connection = cache._cache.get_client()  # type: ignore[attr-defined]
    codes = f"{cache.key_prefix}:1:allauth.idp.oidc.authorization_code".encode()
    for key in connection.scan_iter("*"):
        assert code.encode() not in key
        if key.startswith(codes):
            plain = key.rpartition(b":")[2].rstrip(b"]").decode()
            assert redeem(till, plain).json()["error"] == "invalid_grant"


@pytest.mark.django_db(transaction=True)
def test_a_code_is_good_for_one_of_ten_that_come_at_once(desk: Desk, till: Till) -> None:
    code = code_for(desk.person, till)
    signing.get_current()

    def once(_: int) -> int:
        try:
            return int(redeem(till, code).status_code)
        finally:
            connections.close_all()

    with ThreadPoolExecutor(10) as threads:
        statuses = sorted(threads.map(once, range(10)))
    assert statuses == [200] + [400] * 9
