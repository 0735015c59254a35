"""Passwords that are long enough, and guessed all the same."""

import re
from functools import lru_cache

from django.contrib.auth.password_validation import CommonPasswordValidator
from django.core.exceptions import ValidationError
from django.utils.translation import gettext

from ekyam.tenants.models import User

# How people dress up a word: P@ssw0rd is password.
DRESSED = str.maketrans("@4301!5$7+8", "aaeoiissttb")
ROWS = ("abcdefghijklmnopqrstuvwxyz", "0123456789", "qwertyuiop", "asdfghjkl", "zxcvbnm")
FEWEST_CHARACTERS = 5
SHORTEST_REST = 8


class GuessableValidator:
    """Refuses a common word in disguise, rows of the keyboard, repetition, and our own name."""

    def validate(self, password: str, user: User | None = None) -> None:
        if is_guessable(password, own_words=_words_of(user)):
            raise ValidationError(self.get_help_text(), code="password_is_guessable")

    def get_help_text(self) -> str:
        return gettext(
            "Programs guess such a password: a common word with signs or years, your own name, a"
            " row of keys, or the same again and again. Four words without a connection are better."
        )


def is_guessable(password: str, *, own_words: tuple[str, ...] = ()) -> bool:
    lower = password.lower()
    if len(set(lower)) < FEWEST_CHARACTERS or _is_repeated(lower):
        return True
    if len(_without_rows(lower)) < SHORTEST_REST:
        return True
    cores = {_core(lower), _core(lower).translate(DRESSED), _core(lower.translate(DRESSED))}
    return any(core in _common() or _is_named(core, own_words) for core in cores)


def _is_named(core: str, words: tuple[str, ...]) -> bool:
    """Whether little is left of it without what everybody knows of the person."""
    rest = core
    for word in words:
        rest = rest.replace(word, "")
    rest = _core(rest)
    return rest != core and (len(rest) < SHORTEST_REST or rest in _common())


def _core(text: str) -> str:
    """Without the numbers and signs that are put before and after."""
    return re.sub(r"^[\W\d_]+|[\W\d_]+$", "", text)


def _without_rows(text: str) -> str:
    """Cut out every run of four or more neighbours on the keyboard or in the alphabet."""
    for row in ROWS:
        for line in (row, row[::-1]):
            for length in range(len(line), 3, -1):
                for at in range(len(line) - length + 1):
                    text = text.replace(line[at : at + length], "")
    return text


def _is_repeated(text: str) -> bool:
    return re.fullmatch(r"(.{1,10}?)\1+.{0,2}", text) is not None


def _words_of(user: User | None) -> tuple[str, ...]:
    """Longest first: an address is taken out before a name that is in it."""
    said = f"{user.email} {user.name}" if user else ""
    words = [word for word in re.split(r"[\W_]+", said.lower()) if len(word) > 3]
    return tuple(sorted({*words, "ekyam"}, key=len, reverse=True))


@lru_cache(maxsize=1)
def _common() -> frozenset[str]:
    return frozenset(CommonPasswordValidator().passwords)
