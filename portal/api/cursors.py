"""Places in a list, as callers carry them: signed, and good only for the list they came from."""

import base64
import binascii

from django.core import signing

from portal.api.problems import Problem


def make_cursor(place: str, *, listing: str) -> str:
    """`listing` names the list with its filters and its company."""
    text = base64.urlsafe_b64encode(place.encode()).rstrip(b"=").decode()
    return _signer(listing).sign(text)


def read_cursor(cursor: str, *, listing: str) -> str:
    """Raises Problem for what was not made by us, for this very list."""
    try:
        text = _signer(listing).unsign(cursor)
        return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)).decode()
    except (signing.BadSignature, binascii.Error, ValueError) as error:
        raise Problem("unknown_cursor") from error


def _signer(listing: str) -> signing.Signer:
    return signing.Signer(sep=".", salt=f"portal.api.cursors:{listing}")
