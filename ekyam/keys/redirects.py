"""The addresses that people are sent back to: whole, exact, and nobody else's to listen to."""

import re
from urllib.parse import parse_qsl, urlsplit

from django.utils.translation import gettext

MOST = 10
LONGEST = 500
LOOPBACK = ("127.0.0.1", "::1", "localhost")
# Printable ASCII as RFC 3986 has it, without what would end a header, a policy or an attribute.
_PLAIN = re.compile(r"[A-Za-z0-9\-._~:/?\[\]@!$&()*+=%]+")


class UnfitRedirect(ValueError):
    """This is no address to send a person to with a code; the message says why."""


def read_redirects(text: str) -> list[str]:
    """One a line. Raises UnfitRedirect."""
    lines = list(dict.fromkeys(line.strip() for line in text.splitlines() if line.strip()))
    if len(lines) > MOST:
        raise UnfitRedirect(gettext("There may be {most} addresses at most.").format(most=MOST))
    for line in lines:
        _check(line)
    return lines


def origin_of(redirect: str) -> str:
    """Scheme, host and port."""
    parts = urlsplit(redirect)
    return f"{parts.scheme}://{parts.netloc}"


def _check(line: str) -> None:
    if len(line) > LONGEST or not _PLAIN.fullmatch(line):
        raise UnfitRedirect(
            gettext("{line} has characters in it that an address cannot have.").format(
                line=line[:80]
            )
        )
    try:
        parts = urlsplit(line)
        host, _ = parts.hostname or "", parts.port
    except ValueError as error:
        raise UnfitRedirect(gettext("{line} is not an address.").format(line=line)) from error
    if not host or parts.username is not None or "*" in line:
        raise UnfitRedirect(
            gettext("{line} must be one whole address, without a name or a *.").format(line=line)
        )
    if {"code", "state", "error"} & dict(parse_qsl(parts.query, keep_blank_values=True)).keys():
        raise UnfitRedirect(
            gettext("{line} has something in it that Ekyam adds itself.").format(line=line)
        )
    is_local = parts.scheme == "http" and host in LOOPBACK
    if parts.scheme != "https" and not is_local:
        raise UnfitRedirect(
            gettext("{line} must begin with https://; http:// is for 127.0.0.1 only.").format(
                line=line
            )
        )
