"""How a key is written: what is not one of ours is refused before anybody asks the database."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ekyam.keys import spelling
from ekyam.keys.spelling import Kind
from ekyam.logs import redact_text

kinds = st.sampled_from(Kind)
characters = st.characters() | st.sampled_from(spelling.ALPHABET + "_")


@given(kind=kinds)
def test_it_reads_what_it_writes(kind: Kind) -> None:
    text = spelling.write_new(kind)
    written = spelling.read(text)
    assert written is not None and written.kind == kind
    assert text.startswith(f"ekm_{kind}_{written.prefix}_")
    assert written.digest == spelling.digest_of(text)


@given(kind=kinds, place=st.integers(0, 200), character=characters)
def test_it_refuses_every_changed_character(kind: Kind, place: int, character: str) -> None:
    text = spelling.write_new(kind)
    place %= len(text)
    changed = text[:place] + character + text[place + 1 :]
    assert (spelling.read(changed) is None) == (changed != text)


def test_it_refuses_every_changed_character_of_one_key() -> None:
    text = spelling.write_new(Kind.LIVE)
    for place in range(len(text)):
        for character in spelling.ALPHABET + "_-":
            if character != text[place]:
                assert spelling.read(text[:place] + character + text[place + 1 :]) is None


@given(text=st.text() | st.text(alphabet=spelling.ALPHABET + "_").map("ekm_live_".__add__))
def test_it_refuses_what_nobody_was_given(text: str) -> None:
    assert spelling.read(text) is None


@pytest.mark.parametrize("more", [" ", "\n", "\x00", "0", "\u0661"])
def test_it_refuses_what_is_longer(more: str) -> None:
    assert spelling.read(spelling.write_new(Kind.LIVE) + more) is None


def test_it_has_more_than_160_random_bits() -> None:
    assert 62**spelling.SECRET_LENGTH > 2**160
    made = {spelling.write_new(Kind.LIVE) for _ in range(1000)}
    assert len({text[9:] for text in made}) == 1000


def test_it_marks_keys_of_production(settings: Any) -> None:
    assert spelling.kind_of_keys() == Kind.TEST
    settings.EKYAM_ENVIRONMENT = "production"
    assert spelling.kind_of_keys() == Kind.LIVE


@given(kind=kinds)
def test_it_is_blanked_in_logs(kind: Kind) -> None:
    text = spelling.write_new(kind)
    assert text.rpartition("_")[2] not in redact_text(f"shown: {text}, and more")
