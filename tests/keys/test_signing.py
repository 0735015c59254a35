"""The keys that tokens are signed with: published, rotated, taken back, and never shown."""

import base64
from datetime import timedelta
from typing import Any

import jwt
import pytest
from django.core.management import call_command
from django.test import Client

from ekyam.keys import signing
from ekyam.keys.models import SigningKey
from ekyam.tenants.sealed import reseal_all
from tests.keys.callers import Till, seat_by, token_of


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
    assert seat_by(old, address) is not None  # so that this process knows its key
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


def test_its_private_keys_get_a_new_vault_key(db: None, settings: Any) -> None:
    first = signing.get_current()
    fresh = "new:" + base64.b64encode(b"k" * 32).decode()
    settings.VAULT_KEYS = [fresh, *settings.VAULT_KEYS]
    assert reseal_all() == 1
    settings.VAULT_KEYS = [fresh]
    assert signing.open_private(signing.get_current()).key_size == 2048
    assert signing.get_current() == first


def test_it_rotates_by_a_command(db: None, capsys: pytest.CaptureFixture[str]) -> None:
    first = signing.get_current()
    call_command("rotate_signing_key")
    assert signing.get_current() == first and signing.list_published().count() == 2
    call_command("rotate_signing_key", "--leaked")
    assert signing.get_current() != first and signing.list_published().count() == 1
    assert signing.get_current().kid in capsys.readouterr().out
