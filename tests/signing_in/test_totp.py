"""Codes of an authenticator app: each one once, also when they come at the same time."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier

import pytest
from django.db import connections
from django.test import Client

from ekyam import vault
from ekyam.people import limits
from ekyam.people.models import TotpFactor
from ekyam.people.prove import prove_by_code
from ekyam.people.ways import Way
from ekyam.tenants.models import User
from ekyam.tenants.sealed import reseal
from tests.signing_in.conftest import HERE, NOW, add_totp, code_of, enter_password, is_in
from tests.world import World, build_world

STEP = timedelta(seconds=30)


@pytest.fixture
def user(world: World) -> User:
    return world.here.viewer


def prove(user: User, code: str, *, later: timedelta = timedelta()) -> bool:
    return bool(prove_by_code(user, Way.TOTP, code, address=HERE, now=NOW + later))


def test_it_takes_a_code_once(user: User) -> None:
    code = code_of(add_totp(user), NOW)
    assert prove(user, code)
    assert not prove(user, code)
    assert not prove(user, code, later=STEP)


def test_it_takes_the_code_of_the_step_before_and_no_older_one(user: User) -> None:
    factor = add_totp(user)
    assert not prove(user, code_of(factor, NOW, steps=-2))
    assert prove(user, code_of(factor, NOW, steps=-1))


def test_it_takes_no_code_that_is_yet_to_come(user: User) -> None:
    factor = add_totp(user)
    assert not prove(user, code_of(factor, NOW, steps=1))


def test_it_takes_no_older_code_after_a_newer_one(user: User) -> None:
    factor = add_totp(user)
    assert prove(user, code_of(factor, NOW))
    assert not prove(user, code_of(factor, NOW, steps=-1))
    assert prove(user, code_of(factor, NOW, steps=1), later=STEP)


@pytest.mark.parametrize(
    "typed", ["", "abcdef", "12345", "1234567", "\U0001d7d9\U0001d7da", "\x00", "é" * 99, "-1"]
)
def test_it_answers_plainly_to_what_is_no_code(user: User, typed: str) -> None:
    add_totp(user)
    assert not prove(user, typed)


def test_it_takes_nobody_elses_code(world: World) -> None:
    mine, theirs = add_totp(world.here.viewer), add_totp(world.here.owner)
    assert not prove(world.here.viewer, code_of(theirs, NOW))
    assert prove(world.here.viewer, code_of(mine, NOW))


def test_it_refuses_everything_after_ten_wrong_ones(user: User) -> None:
    factor = add_totp(user)
    for _ in range(10):
        assert not prove(user, "000000")
    with pytest.raises(limits.TooMany) as caught:
        prove(user, code_of(factor, NOW))
    assert caught.value.minutes == 15
    later = timedelta(minutes=15)
    assert prove(user, code_of(factor, NOW + later), later=later)


def test_it_counts_right_codes_against_nobody(user: User) -> None:
    factor = add_totp(user)
    for number in range(12):
        assert prove(user, code_of(factor, NOW + number * STEP), later=number * STEP)


def test_it_seals_the_secret_and_seals_it_anew(user: User, settings: object) -> None:
    factor = add_totp(user)
    secret = factor.unseal("secret")
    assert secret and len(secret) == 20 and secret not in bytes(factor.secret)
    other = add_totp(user)
    other.secret = factor.secret  # moved to another row, it does not open
    with pytest.raises(vault.VaultError):
        other.unseal("secret")
    old = settings.VAULT_KEYS  # type: ignore[attr-defined]
    new = "new:" + "A" * 43 + "="
    settings.VAULT_KEYS = [new, *old]  # type: ignore[attr-defined]
    assert reseal(TotpFactor) == 2
    settings.VAULT_KEYS = [new]  # type: ignore[attr-defined]
    assert TotpFactor.objects.get(pk=factor.pk).unseal("secret") == secret


@pytest.mark.django_db(transaction=True)
def test_fifty_at_once_with_one_right_code_are_one_success() -> None:
    user = build_world().here.viewer
    code = code_of(add_totp(user), NOW)
    barrier = Barrier(50)

    def submit(number: int) -> bool:
        try:
            barrier.wait(timeout=30)
            # Each from elsewhere, so that no limit helps; of the person, eleven may be wrong.
            found = prove_by_code(user, Way.TOTP, code, address=f"198.51.100.{number}", now=NOW)
            return bool(found)
        except limits.TooMany:
            return False
        finally:
            connections.close_all()

    with ThreadPoolExecutor(50) as threads:
        assert sum(threads.map(submit, range(50))) == 1


@pytest.mark.django_db(transaction=True)
def test_fifty_who_know_the_password_and_one_code_are_one_who_is_in(
    monkeypatch: pytest.MonkeyPatch, settings: object
) -> None:
    """The same through the pages, and without any limit, so that only the lock is left."""
    for name in ("WRONG_CODES_OF_PERSON", "WRONG_CODES_FROM_ADDRESS"):
        monkeypatch.setattr(limits, name, ())
    settings.ACCOUNT_RATE_LIMITS = False  # type: ignore[attr-defined]
    user = build_world().here.viewer
    factor = add_totp(user)
    clients = [enter_password(user, Client(REMOTE_ADDR=HERE)) for _ in range(50)]
    code, barrier = code_of(factor), Barrier(50)

    def submit(client: Client) -> int:
        try:
            barrier.wait(timeout=30)
            return client.post("/account/prove/", {"code": code}).status_code
        finally:
            connections.close_all()

    with ThreadPoolExecutor(50) as threads:
        answers = list(threads.map(submit, clients))
    assert sorted(answers) == [*[200] * 49, 302]
    assert sum(is_in(client) for client in clients) == 1
