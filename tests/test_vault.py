"""Secrets open with their key, in their place, unchanged; otherwise not at all."""

import base64
import uuid
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ekyam import vault
from ekyam.vault import Place, VaultError

OLD = "old:" + base64.b64encode(b"o" * 32).decode()
NEW = "new:" + base64.b64encode(b"n" * 32).decode()
PLACE: Place = {
    "tenant": uuid.UUID(int=1),
    "table": "connections",
    "row": uuid.UUID(int=2),
    "column": "credentials",
}
SEALED = vault.seal("a test secret", **PLACE)


@given(st.binary())
def test_it_opens_what_it_sealed(secret: bytes) -> None:
    sealed = vault.seal(secret, **PLACE)
    assert vault.open(sealed, **PLACE) == secret
    assert len(secret) < 4 or secret not in sealed


@given(st.integers(0, len(SEALED) * 8 - 1))
def test_it_refuses_when_any_bit_is_flipped(bit: int) -> None:
    broken = bytearray(SEALED)
    broken[bit // 8] ^= 1 << bit % 8
    with pytest.raises(VaultError):
        vault.open(bytes(broken), **PLACE)


@given(st.integers(0, len(SEALED) - 1))
def test_it_refuses_what_was_cut_short(length: int) -> None:
    with pytest.raises(VaultError):
        vault.open(SEALED[:length], **PLACE)


PLACES = st.fixed_dictionaries(
    {"tenant": st.uuids(), "table": st.text(), "row": st.uuids(), "column": st.text()}
)


@given(st.sampled_from(sorted(PLACE)), PLACES)
def test_it_refuses_in_any_other_place(name: str, other: dict[str, Any]) -> None:
    with pytest.raises(VaultError):
        vault.open(SEALED, **{**PLACE, name: other[name]})


def test_it_tells_apart_places_whose_names_run_together() -> None:
    one: Place = {**PLACE, "table": "ab", "column": "c"}
    other: Place = {**PLACE, "table": "a", "column": "bc"}
    sealed = vault.seal("x", **one)
    with pytest.raises(VaultError):
        vault.open(sealed, **other)


def test_it_opens_with_old_keys_and_seals_with_the_first(settings: Any) -> None:
    settings.VAULT_KEYS = [OLD]
    sealed = vault.seal("x", **PLACE)
    settings.VAULT_KEYS = [NEW, OLD]
    assert vault.open(sealed, **PLACE) == b"x"
    assert not vault.is_current(sealed)
    assert vault.is_current(vault.seal("x", **PLACE))
    settings.VAULT_KEYS = [NEW]
    with pytest.raises(VaultError, match="no key"):
        vault.open(sealed, **PLACE)


@pytest.mark.parametrize(
    "keys", [[], ["a"], ["a:"], ["a:!!"], [":" + OLD[4:]], ["a:" + base64.b64encode(b"x").decode()]]
)
def test_it_refuses_keys_that_are_none(settings: Any, keys: list[str]) -> None:
    settings.VAULT_KEYS = keys
    with pytest.raises(VaultError):
        vault.seal("x", **PLACE)
