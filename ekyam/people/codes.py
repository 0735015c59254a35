"""Codes that people type: how they are made, kept as keyed hashes, and compared."""

import hashlib
import hmac
import secrets
import struct
import unicodedata

from django.conf import settings

DIGITS = 6
STEP_SECONDS = 30
LONGEST = 64  # nothing that a person types in earnest is longer


def new_digits() -> str:
    return f"{secrets.randbelow(10**DIGITS):0{DIGITS}d}"


def step_at(seconds: float) -> int:
    """The time step of RFC 6238 that this moment (since 1970) lies in."""
    return int(seconds) // STEP_SECONDS


def totp(secret: bytes, step: int, *, digits: int = DIGITS, digest: str = "sha1") -> str:
    """RFC 6238: the code of one time step. Authenticator apps know SHA-1 and six digits only."""
    mac = hmac.new(secret, struct.pack(">Q", step), digest).digest()
    at = mac[-1] & 15
    number = int.from_bytes(mac[at : at + 4], "big") & 0x7FFFFFFF
    return f"{number % 10**digits:0{digits}d}"


def tidy(typed: str) -> str:
    """What a person typed, in one spelling: no spaces, no hyphens, plain digits, small letters."""
    text = typed[:LONGEST].encode(errors="replace").decode()  # half a character is none
    plain = unicodedata.normalize("NFKC", text).lower()
    return "".join(character for character in plain if character not in " -\t\r\n")


def is_same(one: str, other: str) -> bool:
    """In constant time for texts of equal length, whatever characters are in them."""
    return hmac.compare_digest(one.encode(), other.encode())


def keyed_hash(purpose: str, *parts: str) -> str:
    """64 hexadecimal digits that nobody can try out who has the database alone."""
    text = "\0".join((purpose, *parts)).encode()
    return hmac.new(settings.SECRET_KEY.encode(), text, hashlib.sha256).hexdigest()
