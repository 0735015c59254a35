"""Without Valkey no try can be counted: so none is let by, and the page says so in plain words."""

import socket
from typing import Any

import pytest
from django.test import Client

from tests.portal.conftest import sign_in
from tests.signing_in.conftest import add_totp, code_of, enter_password, is_in
from tests.world import PASSWORD, World


@pytest.fixture
def away(settings: Any) -> Any:
    """Call it, and Valkey is gone: nobody listens where it was."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        address = f"redis://127.0.0.1:{free.getsockname()[1]}/0"

    def leave() -> None:
        settings.CACHES = {"default": {**settings.CACHES["default"], "LOCATION": address}}

    return leave


def is_plain(answer: Any) -> bool:
    said = answer.content.decode()
    assert "Nothing was changed" in said and "Traceback" not in said and PASSWORD not in said
    return bool(answer.status_code == 503 and answer["Retry-After"])


@pytest.mark.parametrize("password", [PASSWORD, "a wrong one, only for tests"])
def test_no_password_is_tried(world: World, away: Any, password: str) -> None:
    away()
    client = Client()
    form = {"login": world.here.owner.email, "password": password}
    assert is_plain(client.post("/accounts/login/", form))
    assert not is_in(client)


def test_no_code_is_tried(world: World, away: Any) -> None:
    factor = add_totp(world.here.owner)
    client = enter_password(world.here.owner)
    away()
    assert is_plain(client.post("/account/prove/", {"code": code_of(factor)}))
    assert not is_in(client)


def test_no_mail_is_sent(world: World, away: Any, mailoutbox: list[Any]) -> None:
    away()
    form = {"email": world.here.owner.email}
    assert is_plain(Client().post("/accounts/password/reset/", form))
    assert mailoutbox == []


def test_who_is_in_stays_in(world: World, away: Any) -> None:
    client = sign_in(world.here.owner)
    away()
    assert is_in(client)
    assert Client().get("/accounts/login/").status_code == 200
