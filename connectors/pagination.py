"""Reading position: text that a plan hands back to itself between pages."""

import base64

import msgspec


def pack(**state: str | int) -> str:
    """A page mark out of a few plain values."""
    return base64.urlsafe_b64encode(msgspec.json.encode(state)).decode()


def unpack(mark: str) -> dict[str, str | int]:
    return msgspec.json.decode(base64.urlsafe_b64decode(mark)) if mark else {}
