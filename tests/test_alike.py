"""What is refused is refused alike: by the same work, whatever it is that is wrong with it.

Work is counted, which no busy machine disturbs: passwords that are hashed, sentences that the
database is told, secrets that are compared.
"""

import hmac
import re
import time
from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial
from typing import Any, ClassVar

import pytest
from django.contrib.auth.hashers import MD5PasswordHasher
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from ekyam.keys import spelling
from ekyam.keys.authenticate import find_caller, seat_of
from ekyam.keys.models import ApiKey, ApplicationSecret
from ekyam.people.models import TotpFactor
from ekyam.people.operations import renew_recovery_codes
from ekyam.people.prove import prove_by_code
from ekyam.people.send import mail_code, text_code
from ekyam.people.ways import Way
from ekyam.tenants.models import Role, User
from ekyam.tenants.scope import tenant_scope
from tests.keys.callers import token_of
from tests.keys.conftest import Desk, new_address
from tests.signing_in.conftest import HERE, add_phone, add_totp, code_of, mailed, texted
from tests.sso.conftest import make_provider
from tests.world import PASSWORD, World, add_member

pytestmark = pytest.mark.usefixtures("_texts_to_the_console")


@pytest.fixture
def _texts_to_the_console(settings: Any) -> None:
    settings.SMS_GATEWAY = "console"


class Counting(MD5PasswordHasher):
    """Says how often a password was hashed."""

    times: ClassVar[int] = 0

    def encode(self, password: str, salt: str) -> str:
        Counting.times += 1
        return super().encode(password, salt)


@pytest.fixture
def hashed(settings: Any, world: World) -> Callable[[str, str], int]:
    """How often a sign-in by this address and password hashes one."""
    settings.PASSWORD_HASHERS = ["tests.test_alike.Counting"]

    def knock(email: str, password: str) -> int:
        before = Counting.times
        answer = Client().post("/accounts/login/", {"login": email, "password": password})
        assert answer.status_code == 200 and "not correct" in answer.content.decode()
        return Counting.times - before

    return knock


def test_a_password_is_hashed_once_whoever_it_may_be(
    world: World, hashed: Callable[[str, str], int]
) -> None:
    tenant = world.here.tenant
    without = add_member(tenant, Role.VIEWER, "came by a provider")
    without.email = "without@elsewhere.example"
    without.set_unusable_password()
    without.save()
    bound = add_member(world.there.tenant, Role.VIEWER, "bound")
    provider = make_provider(
        world.there.tenant, "marigold.example", kind="oidc", issuer="https://x.example"
    )
    with tenant_scope(world.there.tenant):
        provider.is_required = True
        provider.save()
    assert hashed(world.here.owner.email, "a wrong one") == 1
    assert hashed("nobody@juniper.example", "a wrong one") == 1
    assert hashed(without.email, "a wrong one") == 1
    assert hashed(bound.email, PASSWORD) == 1
    assert hashed(bound.email, "a wrong one") == 1


def test_a_reset_mails_whoever_asks(world: World, mailoutbox: list[Any]) -> None:
    """A mail takes longer than all the rest: so one goes out in either case."""
    for email in (world.here.owner.email, "nobody@juniper.example"):
        answer = Client().post("/accounts/password/reset/", {"email": email})
        assert answer["Location"] == "/accounts/password/reset/done/"
    assert len(mailoutbox) == 2


# Numbers, ids and times differ from one sentence to the next; the sentence does not.
LITERAL = re.compile(r"\bs\d+_x\d+|'(?:[^']|'')*'|\b[\d.]+\b|%\w+")


def work_of(deed: Callable[[], object]) -> list[str]:
    with CaptureQueriesContext(connection) as asked:
        assert not deed()
    return [LITERAL.sub("?", query["sql"]) for query in asked.captured_queries]


@pytest.fixture
def person(world: World) -> User:
    return world.here.viewer


def work_of_codes(person: User, way: Way, codes: dict[str, str], now: datetime) -> dict[str, Any]:
    return {
        what: work_of(partial(prove_by_code, person, way, code, address=HERE, now=now))
        for what, code in codes.items()
    }


def are_alike(works: dict[str, list[str]]) -> bool:
    first, *others = works
    for other in others:
        assert works[first] == works[other], (first, other)
    return len(works) > 2 and len(works[first]) > 2


MALFORMED = {"malformed": "no code", "empty": "", "too long": "9" * 5000, "odd": "１２é\x00"}


def test_codes_of_an_app_are_refused_alike(person: User) -> None:
    factor, now = add_totp(person), timezone.now()
    used = code_of(factor, now)
    assert prove_by_code(person, Way.TOTP, used, address=HERE, now=now)
    old = {"expired": code_of(factor, now, steps=-5), "yet to come": code_of(factor, now, steps=5)}
    codes = {"wrong": wrong(used), "used": used, **old, **MALFORMED}
    assert are_alike(work_of_codes(person, Way.TOTP, codes, now))


def test_an_app_compares_both_steps_whatever_it_is_shown(
    person: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    factor, now = add_totp(person), timezone.now()
    used = code_of(factor, now)
    assert factor.accept(used, now)
    compared: list[str] = []

    def compare(one: str, other: str) -> bool:
        compared.append(other)
        return hmac.compare_digest(one.encode(), other.encode())

    monkeypatch.setattr("ekyam.people.codes.is_same", compare)
    for code in (used, wrong(used), "x", ""):
        compared.clear()
        assert not TotpFactor.objects.get().accept(code, now)
        assert compared == [code, code]


def wrong(code: str) -> str:
    return f"{(int(code) + 1) % 10**6:06d}"


def test_codes_by_text_are_refused_alike(person: User) -> None:
    phone, now = add_phone(person), timezone.now()
    text_code(phone, address=HERE, now=now)
    used = texted()
    assert prove_by_code(person, Way.SMS, used, address=HERE, now=now)
    works = work_of_codes(person, Way.SMS, {"used": used}, now)
    later = now + timedelta(minutes=1)
    text_code(phone, address=HERE, now=later)
    good = texted()
    works |= work_of_codes(person, Way.SMS, {"wrong": wrong(good), "malformed": "x"}, later)
    works |= work_of_codes(person, Way.SMS, {"expired": good}, later + timedelta(minutes=5))
    assert are_alike(works)


def test_codes_by_mail_are_refused_alike(person: User) -> None:
    now = timezone.now()
    mail_code(person, now=now)
    good = mailed()
    works = work_of_codes(person, Way.MAIL, {"wrong": wrong(good), **MALFORMED}, now)
    works |= work_of_codes(person, Way.MAIL, {"expired": good}, now + timedelta(minutes=5))
    assert are_alike(works)


def test_recovery_codes_are_refused_alike(person: User) -> None:
    add_totp(person)
    (used, *_), now = renew_recovery_codes(person, address=HERE), timezone.now()
    assert prove_by_code(person, Way.RECOVERY, used, address=HERE, now=now)
    codes = {"wrong": "00000-00000", "used": used, **MALFORMED}
    assert are_alike(work_of_codes(person, Way.RECOVERY, codes, now))


@pytest.fixture
def desk(world: World) -> Desk:
    return Desk(world.here.tenant, world.here.owner)


def misspell(secret: str) -> str:
    """The same prefix, and another secret with the right checksum."""
    body = secret[: -spelling.SECRET_LENGTH - spelling.CHECKSUM_LENGTH] + "0" * 30
    return body + spelling._checksum(body)


def wrong_keys(desk: Desk) -> dict[str, str]:
    over, revoked, good = desk.key("over"), desk.key("revoked"), desk.key("good")
    with tenant_scope(desk.tenant):
        past = timezone.now() - timedelta(days=1)
        ApiKey.objects.filter(pk=over.row.pk).update(expires_at=past)
        ApiKey.objects.filter(pk=revoked.row.pk).update(revoked_at=past)
    return {
        "nobody's": spelling.write_new(spelling.kind_of_keys()),
        "wrong": misspell(good.secret),
        "expired": over.secret,
        "revoked": revoked.secret,
        "malformed": "ekm_test_x",
        "a token": "eyJ.eyJ.x",
    }


def test_a_key_that_is_nobodys_costs_what_a_wrong_one_does(desk: Desk) -> None:
    """Once its company has been told, which is once a minute."""
    found = wrong_keys(desk)
    works = {}
    for what in ("nobody's", "wrong", "expired", "revoked"):
        address = new_address()
        assert seat_of(f"Bearer {found[what]}", address) is None
        works[what] = work_of(partial(seat_of, f"Bearer {found[what]}", address))
    assert are_alike(works)


def test_every_refusal_of_a_program_lasts_as_long(desk: Desk, settings: Any) -> None:
    """The first one of a minute is written down for the company: that is not heard."""
    settings.EKYAM_KEY_REFUSAL_SECONDS = 0.2
    for what, key in wrong_keys(desk).items():
        assert lasts(partial(seat_of, f"Bearer {key}", new_address())) >= 0.2, what
    till = desk.application()
    client_id = till.row.application.public_id
    with tenant_scope(desk.tenant):
        ApplicationSecret.objects.update(revoked_at=timezone.now())
    pairs = {
        "unknown": ("app_00000000000000000000000000", till.secret),
        "no id": ("x", "x"),
        "malformed": (client_id, "x"),
        "wrong": (client_id, misspell(till.secret)),
        "revoked": (client_id, till.secret),
    }
    for what, (id_, secret) in pairs.items():
        assert lasts(partial(find_caller, id_, secret, new_address())) >= 0.2, what


def lasts(deed: Callable[[], object]) -> float:
    began = time.monotonic()
    assert deed() is None
    return time.monotonic() - began


@pytest.mark.parametrize("kind", ["key", "token"])
def test_what_is_right_is_checked_by_two_queries(desk: Desk, kind: str) -> None:
    address = new_address()
    shown = desk.key().secret if kind == "key" else token_of(desk.application(), address)
    assert seat_of(f"Bearer {shown}", address)
    with CaptureQueriesContext(connection) as asked:
        assert seat_of(f"Bearer {shown}", address)
    said = [query["sql"] for query in asked.captured_queries]
    assert len([sql for sql in said if "SAVEPOINT" not in sql and "set_config" not in sql]) == 1
