"""Signatures over raw bytes, compared in constant time; no secret, no door."""

import base64
import hashlib
import hmac
from collections.abc import Callable, Mapping

Verify = Callable[[Mapping[str, str], bytes, Mapping[str, str]], bool]


def hmac_sha256(header: str, secret: str, encoding: str = "base64") -> Verify:
    """HMAC-SHA256 of the body in `header`, keyed by the credential `secret`.

    During a rotation the credential `<secret>_old` is accepted too. `encoding` is base64 or hex.
    """

    def verify(headers: Mapping[str, str], body: bytes, credentials: Mapping[str, str]) -> bool:
        given = headers.get(header.lower(), "")
        keys = [credentials.get(secret, ""), credentials.get(f"{secret}_old", "")]
        return any(_matches(key, body, given, encoding) for key in keys if key)

    return verify


def _matches(key: str, body: bytes, given: str, encoding: str) -> bool:
    return hmac.compare_digest(sign_sha256(key, body, encoding).encode(), given.encode())


def sign_sha256(key: str, body: bytes, encoding: str = "base64") -> str:
    digest = hmac.new(key.encode(), body, hashlib.sha256).digest()
    return base64.b64encode(digest).decode() if encoding == "base64" else digest.hex()
