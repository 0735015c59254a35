"""Sessions: their key, their lifetimes, their end at once, and what they cost a page."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from unittest import mock

import pytest
from django.conf import settings
from django.contrib.sessions.backends.base import UpdateError
from django.db import connection
from django.test import Client, override_settings
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from ekyam.sessions.browsers import describe
from ekyam.sessions.models import Session
from ekyam.sessions.rows import sweep
from ekyam.sessions.store import SessionStore, digest
from ekyam.tenants.models import Membership, User
from ekyam.tenants.scope import tenant_scope
from tests.portal.conftest import sign_in
from tests.world import PASSWORD, World

FIREFOX = "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:128.0) Gecko/20100101 Firefox/128.0"
HERE = "203.0.113.7"


class Clock:
    """The time, as sessions and Django's signing see it; moved by hand."""

    def __init__(self) -> None:
        self.passed = timedelta()
        self._now = timezone.now

    def __call__(self) -> datetime:
        return self._now() + self.passed

    def pass_by(self, **time: float) -> None:
        self.passed += timedelta(**time)


@pytest.fixture
def clock() -> Iterator[Clock]:
    clock = Clock()
    with mock.patch.object(timezone, "now", clock):
        yield clock


def enter(user: User, **extra: str) -> Client:
    """By the form, as a browser does."""
    client = Client(headers={"user-agent": FIREFOX}, REMOTE_ADDR=HERE)
    answer = client.post("/accounts/login/", {"login": user.email, "password": PASSWORD})
    assert answer.status_code == 302
    return client


def is_in(client: Client) -> bool:
    return client.get("/team/").status_code == 200


def only() -> Session:
    return Session.objects.get()


def test_it_keeps_who_where_and_when(world: World) -> None:
    client = enter(world.here.owner)
    row = only()
    assert row.user == world.here.owner
    assert (row.address, describe(row.browser)) == (HERE, "Firefox on Windows")
    assert row.begun_at <= row.last_seen_at <= timezone.now()
    assert is_in(client)


def test_its_key_is_in_no_table(world: World) -> None:
    key = enter(world.here.owner).cookies[settings.SESSION_COOKIE_NAME].value
    assert only().session_key == digest(key) != key
    client = Client()
    client.cookies[settings.SESSION_COOKIE_NAME] = only().session_key
    assert not is_in(client)


def test_it_has_another_key_after_signing_in(world: World) -> None:
    """Whoever planted a key before has nothing of it."""
    client = Client()
    session = client.session
    session["planted"] = "yes"
    session.save()
    planted = client.cookies[settings.SESSION_COOKIE_NAME].value
    client.post("/accounts/login/", {"login": world.here.owner.email, "password": PASSWORD})
    assert client.cookies[settings.SESSION_COOKIE_NAME].value != planted
    assert is_in(client)
    thief = Client()
    thief.cookies[settings.SESSION_COOKIE_NAME] = planted
    assert not is_in(thief)


def test_it_takes_no_key_that_it_did_not_give(world: World) -> None:
    client = Client()
    client.cookies[settings.SESSION_COOKIE_NAME] = "chosen0by0somebody0else000000000"
    client.post("/accounts/login/", {"login": world.here.owner.email, "password": PASSWORD})
    assert client.cookies[settings.SESSION_COOKIE_NAME].value != "chosen0by0somebody0else000000000"


def test_it_ends_when_idle(world: World, clock: Clock) -> None:
    client = sign_in(world.here.owner)
    for _ in range(5):
        clock.pass_by(minutes=settings.EKYAM_SESSION_IDLE_MINUTES - 1)
        assert is_in(client)
    clock.pass_by(minutes=settings.EKYAM_SESSION_IDLE_MINUTES)
    assert not is_in(client)


def test_it_ends_altogether_however_busy(world: World, clock: Clock) -> None:
    client, minutes = sign_in(world.here.owner), 0
    while minutes < settings.EKYAM_SESSION_HOURS * 60 - 30:
        clock.pass_by(minutes=30)
        minutes += 30
        assert is_in(client)
    clock.pass_by(minutes=30)
    assert not is_in(client)


def test_it_is_no_new_day_when_only_the_key_changes(world: World, clock: Clock) -> None:
    client = sign_in(world.here.owner)
    begun = only().begun_at
    clock.pass_by(minutes=10)
    store = SessionStore(client.cookies[settings.SESSION_COOKIE_NAME].value)
    store.cycle_key()
    store.save()
    row = Session.objects.get(expire_date__gt=clock())
    assert row.begun_at == begun and row.session_key == digest(store.session_key or "")


def test_a_stricter_rule_holds_within_a_minute(world: World, clock: Clock) -> None:
    client = sign_in(world.here.owner)
    clock.pass_by(minutes=20)
    with override_settings(EKYAM_SESSION_IDLE_MINUTES=15):
        assert not is_in(client)
    assert not is_in(client)


def test_a_page_that_is_left_open_is_nobody(world: World, clock: Clock) -> None:
    """It asks for its live part by itself; that keeps no session alive."""
    client, htmx = sign_in(world.here.owner), {"HX-Request": "true"}
    for _ in range(3):
        clock.pass_by(minutes=settings.EKYAM_SESSION_IDLE_MINUTES / 3)
        client.get("/orders/rec_0/part/", headers=htmx)
    assert not is_in(client)


def test_it_is_written_once_a_minute_at_most(world: World, clock: Clock) -> None:
    client = sign_in(world.here.owner)
    assert is_in(client)

    def writes() -> int:
        with CaptureQueriesContext(connection) as asked:
            assert is_in(client)
        return sum(query["sql"].startswith("UPDATE") for query in asked.captured_queries)

    assert [writes() for _ in range(3)] == [0, 0, 0]
    clock.pass_by(seconds=61)
    assert [writes() for _ in range(3)] == [1, 0, 0]


def test_set_expiry_can_shorten_it(world: World, clock: Clock) -> None:
    client = sign_in(world.here.owner)
    session = client.session
    session.set_expiry(600)
    session.save()
    clock.pass_by(minutes=11)
    assert not is_in(client)


def test_it_ends_at_once_with_a_new_password(world: World) -> None:
    client, user = sign_in(world.here.owner), world.here.owner
    user.set_password("quite another one")
    user.save()
    assert not is_in(client)


def test_it_ends_at_once_when_the_person_is_deactivated(world: World) -> None:
    client = sign_in(world.here.owner)
    User.objects.filter(pk=world.here.owner.pk).update(is_active=False)
    assert not is_in(client)


def test_it_shows_nothing_of_a_company_that_was_left_at_once(world: World) -> None:
    client = sign_in(world.here.viewer)
    assert is_in(client)
    with tenant_scope(world.here.tenant):
        Membership.objects.get(user=world.here.viewer).delete()
    assert client.get("/team/")["Location"] == "/tenants/"


def test_it_ends_by_signing_out(world: World) -> None:
    client = enter(world.here.owner)
    key = client.cookies[settings.SESSION_COOKIE_NAME].value
    client.post("/accounts/logout/")
    again = Client()
    again.cookies[settings.SESSION_COOKIE_NAME] = key
    assert not is_in(again)


def test_what_was_ended_is_not_brought_back_by_who_still_works_in_it(world: World) -> None:
    """A request that had read the session before it was ended cannot write it anew."""
    client = sign_in(world.here.owner)
    slow = SessionStore(client.cookies[settings.SESSION_COOKIE_NAME].value)
    slow["tenant"] = "what it was about to remember"
    Session.objects.update(expire_date=timezone.now())
    with pytest.raises(UpdateError):
        slow.save()
    assert not is_in(client)


def test_it_takes_what_a_browser_may_call_itself(world: World) -> None:
    client = Client(headers={"user-agent": "odd\0 browser" * 200})
    client.force_login(world.here.owner, backend=settings.AUTHENTICATION_BACKENDS[0])
    client.post("/account/sessions/end/", {"session": "others"})
    assert is_in(client) and "\0" not in only().browser


def test_it_needs_no_valkey(world: World) -> None:
    client = sign_in(world.here.owner)
    nowhere = {"default": {**settings.CACHES["default"], "LOCATION": "redis://127.0.0.1:1/0"}}
    with override_settings(CACHES=nowhere):
        assert is_in(client)


def test_old_ones_are_swept(world: World, clock: Clock) -> None:
    """What tells when a person was last seen stays for a month."""
    sign_in(world.here.owner)
    anonymous = SessionStore()
    anonymous["visited"] = True
    anonymous.save()
    clock.pass_by(days=2)
    sweep()
    assert only().user == world.here.owner
    clock.pass_by(days=30)
    sweep()
    assert not Session.objects.exists()


@pytest.mark.parametrize(
    ("agent", "words"),
    [
        (FIREFOX, "Firefox on Windows"),
        (
            "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like"
            " Gecko) Version/17.4 Safari/605.1.15",
            "Safari on macOS",
        ),
        (
            "Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko)"
            " Chrome/126.0.0.0 Mobile Safari/537.36",
            "Chrome on Android",
        ),
        (
            "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko)"
            " Chrome/126.0.0.0 Safari/537.36 Edg/126.0.0.0",
            "Edge on Windows",
        ),
        (
            "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML,"
            " like Gecko) CriOS/126.0 Mobile/15E148 Safari/604.1",
            "Chrome on iPhone",
        ),
        ("", "An unknown browser"),
        ("<script>", "An unknown browser"),
    ],
)
def test_it_names_browsers_in_words(agent: str, words: str) -> None:
    assert describe(agent) == words
