"""Codes: the vectors of RFC 6238, and what people type."""

import hashlib
from collections import Counter

import pytest

from ekyam.people import codes

# RFC 6238, appendix B: the same 20 bytes, repeated to the length of each digest.
SEED = b"12345678901234567890"
SEEDS = {"sha1": SEED, "sha256": (SEED * 2)[:32], "sha512": (SEED * 4)[:64]}
VECTORS = [
    (59, "94287082", "46119246", "90693936"),
    (1111111109, "07081804", "68084774", "25091201"),
    (1111111111, "14050471", "67062674", "99943326"),
    (1234567890, "89005924", "91819424", "93441116"),
    (2000000000, "69279037", "90698825", "38618901"),
    (20000000000, "65353130", "77737706", "47863826"),
]


@pytest.mark.parametrize(("moment", "sha1", "sha256", "sha512"), VECTORS)
def test_it_passes_the_vectors(moment: int, sha1: str, sha256: str, sha512: str) -> None:
    step = codes.step_at(moment)
    for digest, expected in (("sha1", sha1), ("sha256", sha256), ("sha512", sha512)):
        assert codes.totp(SEEDS[digest], step, digits=8, digest=digest) == expected
    assert codes.totp(SEED, step) == sha1[-6:]


@pytest.mark.parametrize(
    ("typed", "tidied"),
    [
        (" 123 456 ", "123456"),
        ("123-456", "123456"),
        ("\uff11\uff12\uff13\uff14\uff15\uff16", "123456"),
        ("7FK2M-Q9WXE", "7fk2mq9wxe"),
        ("", ""),
        ("9" * 10_000, "9" * 64),
        ("\x00é\ud800", "\x00é?"),
    ],
)
def test_it_reads_what_people_type(typed: str, tidied: str) -> None:
    assert codes.tidy(typed) == tidied


def test_it_makes_codes_of_six_digits() -> None:
    made = [codes.new_digits() for _ in range(2000)]
    assert all(len(one) == 6 and one.isascii() and one.isdigit() for one in made)
    assert Counter(made).most_common(1)[0][1] < 5


def test_it_hashes_with_a_key_and_by_purpose() -> None:
    one = codes.keyed_hash("sent", "a", "b")
    assert one not in (codes.keyed_hash("other", "a", "b"), codes.keyed_hash("sent", "ab", ""))
    assert one != hashlib.sha256(b"sent\0a\0b").hexdigest()
