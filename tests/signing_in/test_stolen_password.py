"""Somebody who knows the password, and nothing else, at every address that there is."""

import re
from typing import Any

import pytest
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver

from ekyam.people.models import PhoneFactor, TotpFactor
from ekyam.people.ways import count_recovery_codes
from ekyam.tenants.models import User
from tests.signing_in.conftest import HERE, add_phone, add_totp, enter_password, is_in, require
from tests.world import PASSWORD, World


@pytest.fixture
def user(world: World) -> User:
    return world.here.viewer


# Where the two rightly differ: this is the way in, and the way back out of it.
AT_THE_DOOR = ("/account/prove", "/accounts/login", "/accounts/logout", "/dev/inbox")


@pytest.mark.parametrize("kind", ["totp", "phone", "required"])
def test_a_stolen_password_alone_opens_nothing(world: World, user: User, kind: str) -> None:
    """Every address that there is, by every method, as somebody who knows the password."""
    if kind == "required":
        require(world.here.tenant)
    else:
        {"totp": add_totp, "phone": add_phone}[kind](user)
    client, stranger = enter_password(user), Client(REMOTE_ADDR=HERE)
    factors = _factors(user)
    seen, half_in = 0, dict(client.session.items())
    for address in every_address():
        if address.startswith(AT_THE_DOOR):
            continue
        for method in ("get", "post", "put", "patch", "delete"):
            keep_half_in(client, half_in)
            mine = getattr(client, method)(address)
            theirs = getattr(stranger, method)(address)
            # A door that is not for this method at all may say so to either of them.
            assert mine.status_code == 405 or _what(mine) == _what(theirs), f"{method} {address}"
            seen += 1
    assert seen > 300
    keep_half_in(client, half_in)
    assert client.get("/account/prove/").status_code == 200, "still on the way in"
    user.refresh_from_db()
    assert user.check_password(PASSWORD) and _factors(user) == factors
    assert not is_in(client)


def keep_half_in(client: Client, half_in: dict[str, Any]) -> None:
    """Some pages begin the way in anew, or end it: the thief comes back each time."""
    session = client.session
    session.update(half_in)
    session.save()


def _factors(user: User) -> list[Any]:
    """Nothing was added, and nothing taken away."""
    rows: list[Any] = [
        *TotpFactor.objects.filter(user=user),
        *PhoneFactor.objects.filter(user=user),
    ]
    return [(row.pk, row.confirmed) for row in rows] + [count_recovery_codes(user)]


def _what(answer: Any) -> tuple[int, str]:
    """Who is half signed in is sent to the second factor where a stranger is sent to sign in."""
    where = answer.get("Location", "").partition("?")[0]
    return answer.status_code, where.replace("/account/prove/", "/accounts/login/")


def every_address() -> list[str]:
    found: list[str] = []

    def walk(patterns: Any, before: str) -> None:
        for one in patterns:
            route = before + _filled(str(one.pattern))
            if isinstance(one, URLResolver):
                walk(one.url_patterns, route)
            elif isinstance(one, URLPattern):
                found.append(f"/{route}")

    walk(get_resolver().url_patterns, "")
    return found


def _filled(route: str) -> str:
    """With something in the place of each argument."""
    route = re.sub(r"<(?:\w+:)?\w+>", "1", route)
    route = re.sub(r"\(\?P<\w+>[^)]*\)", "1", route)
    return route.replace("^", "").replace("$", "").replace("\\Z", "").replace("\\", "")
