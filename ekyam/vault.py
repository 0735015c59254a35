"""Secrets at rest: AES-256-GCM, bound to the place where each one is kept.

A sealed secret is: version (1 byte), length of the key id (1 byte), key id, nonce (12 bytes),
ciphertext with tag. The header and the place are associated data, so a secret that is moved to
another tenant, row or column does not open.
"""

import base64
import binascii
import os
from functools import lru_cache
from typing import NamedTuple, TypedDict
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.conf import settings

VERSION = 1
NONCE_BYTES = 12
KEY_BYTES = 32


class VaultError(Exception):
    """This does not open: no such key, or not the bytes, or not the place they were sealed for."""


class Place(TypedDict):
    """Where a secret is kept."""

    tenant: UUID
    table: str
    row: UUID
    column: str


class _Keys(NamedTuple):
    current: bytes
    ciphers: dict[bytes, AESGCM]


def seal(plaintext: bytes | str, *, tenant: UUID, table: str, row: UUID, column: str) -> bytes:
    """Seal a secret with the current key, for this place alone."""
    keys = _keys()
    header = bytes([VERSION, len(keys.current)]) + keys.current
    data = plaintext.encode() if isinstance(plaintext, str) else plaintext
    nonce = os.urandom(NONCE_BYTES)
    place = _associated_data(header, str(tenant), table, str(row), column)
    return header + nonce + keys.ciphers[keys.current].encrypt(nonce, data, place)


def open(sealed: bytes, *, tenant: UUID, table: str, row: UUID, column: str) -> bytes:
    """Return the secret, or raise VaultError; any key of VAULT_KEYS will do."""
    sealed = bytes(sealed)
    header = _header(sealed)
    cipher = _keys().ciphers.get(header[2:])
    if cipher is None:
        raise VaultError(f"The vault has no key {header[2:]!r}.")
    nonce = sealed[len(header) : len(header) + NONCE_BYTES]
    place = _associated_data(header, str(tenant), table, str(row), column)
    try:
        return cipher.decrypt(nonce, sealed[len(header) + NONCE_BYTES :], place)
    except (InvalidTag, ValueError) as error:
        raise VaultError("The secret was changed, or moved from where it was sealed.") from error


def is_current(sealed: bytes) -> bool:
    """Return whether the key that new secrets get has sealed this one."""
    return _header(bytes(sealed))[2:] == _keys().current


def _header(sealed: bytes) -> bytes:
    if len(sealed) < 2 or sealed[0] != VERSION or len(sealed) < 2 + sealed[1] + NONCE_BYTES:
        raise VaultError("This is not a sealed secret.")
    return sealed[: 2 + sealed[1]]


def _associated_data(header: bytes, *place: str) -> bytes:
    """Join with lengths, so that no two places read alike."""
    parts = [header, *(part.encode() for part in place)]
    return b"".join(len(part).to_bytes(4, "big") + part for part in parts)


def _keys() -> _Keys:
    return _read_keys(tuple(settings.VAULT_KEYS))


@lru_cache(maxsize=8)
def _read_keys(entries: tuple[str, ...]) -> _Keys:
    keys: dict[bytes, AESGCM] = {}
    for entry in entries:
        name, separator, encoded = entry.strip().partition(":")
        try:
            key = base64.b64decode(encoded, validate=True)
        except binascii.Error as error:
            raise VaultError(f"The vault key {name!r} is not base64.") from error
        if not separator or not 0 < len(name.encode()) < 256 or len(key) != KEY_BYTES:
            raise VaultError(f"A vault key is written id:base64 of {KEY_BYTES} bytes.")
        keys[name.encode()] = AESGCM(key)
    if not keys:
        raise VaultError("The vault has no key: set VAULT_KEYS.")
    return _Keys(next(iter(keys)), keys)
