"""How a secret of ours is written: ekm_<kind>_<prefix>_<secret><checksum>.

    ekm_live_7QmP0cXz41Ab_0pJ3...30 characters...Zk9fT2aB

The prefix is public: it finds the row, and is shown in lists. The secret is 30 characters of base
62, 178 random bits. The checksum is the CRC-32 of all that stands before it, 6 characters of base
62: a slip of the pen is refused without a query, and whoever scans code for lost secrets can tell
one of ours from a text that only looks like it. It guards nothing else.

What is kept is the SHA-256 of the whole. A slow hash would add nothing: it makes guessing dear
where a person chose the secret, and nobody guesses 178 random bits.
"""

import hashlib
import re
import secrets
import string
import zlib
from enum import StrEnum
from typing import NamedTuple

from django.conf import settings

ALPHABET = string.digits + string.ascii_uppercase + string.ascii_lowercase
PREFIX_LENGTH = 12
SECRET_LENGTH = 30  # log2(62) * 30 = 178 bits
CHECKSUM_LENGTH = 6  # 62 ** 6 > 2 ** 32
_PART = "[0-9A-Za-z]"


class Kind(StrEnum):
    LIVE = "live"  # an API key of production
    TEST = "test"  # an API key of any other installation
    APPLICATION = "app"  # a secret of an application


_SHAPE = re.compile(
    rf"(ekm_({'|'.join(Kind)})_({_PART}{{{PREFIX_LENGTH}}})_{_PART}{{{SECRET_LENGTH}}})"
    rf"({_PART}{{{CHECKSUM_LENGTH}}})"
)


class Written(NamedTuple):
    """A secret as it was presented, whole and well-formed; nobody has yet said that it is right."""

    kind: Kind
    prefix: str
    digest: str


def kind_of_keys() -> Kind:
    """So that a key of staging, used in production, is refused by its looks."""
    return Kind.LIVE if settings.EKYAM_ENVIRONMENT == "production" else Kind.TEST


def write_new(kind: Kind) -> str:
    """Return a new secret: to be shown once, and kept as its digest only."""
    body = f"ekm_{kind}_{_random(PREFIX_LENGTH)}_{_random(SECRET_LENGTH)}"
    return body + _checksum(body)


def read(text: str) -> Written | None:
    """None for what nobody can have been given."""
    found = _SHAPE.fullmatch(text)
    if found is None or _checksum(found[1]) != found[4]:
        return None
    return Written(Kind(found[2]), found[3], digest_of(text))


def digest_of(text: str) -> str:
    """SHA-256, in hexadecimal."""
    return hashlib.sha256(text.encode()).hexdigest()


def _random(length: int) -> str:
    return "".join(secrets.choice(ALPHABET) for _ in range(length))


def _checksum(body: str) -> str:
    number, written = zlib.crc32(body.encode()), ""
    for _ in range(CHECKSUM_LENGTH):
        number, digit = divmod(number, len(ALPHABET))
        written = ALPHABET[digit] + written
    return written
