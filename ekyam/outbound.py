"""The one door to the outside: deadlines, size caps, no redirects, and public addresses only."""

import os
import socket
import ssl
import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache, lru_cache
from http.client import HTTPException
from ipaddress import ip_address

import urllib3
from urllib3.exceptions import HTTPError, LocationParseError, ProtocolError
from urllib3.exceptions import TimeoutError as HTTPTimeout
from urllib3.util import Url, parse_url

from ekyam.networks import is_refused
from ekyam.sockets import RefusedAddress, exchange, make_pools, shake_hands

PORTS = {"http": 80, "https": 443}
CHUNK = 64 * 1024
_STANDARD_HEADERS = {"accept-encoding": "gzip", "user-agent": "Ekyam"}


class OutboundError(Exception):
    """No response was had. `sent` says whether the request may have reached the remote."""

    def __init__(self, message: str, *, sent: bool) -> None:
        super().__init__(message)
        self.sent = sent


class Unreachable(OutboundError):
    """No name, no connection, no answer in time, or an answer that broke off."""


class Refused(OutboundError):
    """We do not send this: the URL is unfit, or leads to an address that is not public."""


class TooLarge(OutboundError):
    """The response is larger than the caller would take."""


@dataclass(frozen=True)
class Response:
    """What came back; `headers` finds names in any case."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    duration_ms: int
    url: str


def send(
    method: str,
    url: str,
    *,
    headers: Mapping[str, str] | None = None,
    body: bytes | None = None,
    deadline_seconds: float = 30.0,
    max_response_bytes: int = 10 * 1024 * 1024,
    allow: frozenset[tuple[str, int]] = frozenset(),
) -> Response:
    """Send one request, once; a redirect is a response like any other.

    `allow` holds the (host, port) pairs that may be private, such as the sandbox's.
    Raises Unreachable, Refused or TooLarge. The deadline is for all of it, look-up to last byte.
    """
    target = _check(url)
    pools = _pools((str(target.host), _port_of(target)) in allow)
    started = time.monotonic()
    exchange.begin(deadline_seconds)
    try:
        answer = pools.urlopen(
            method,
            target.url,
            body=body,
            headers={**_STANDARD_HEADERS, **_lower(headers or {})},
            retries=False,
            redirect=False,
            preload_content=False,
            timeout=urllib3.Timeout(connect=deadline_seconds, read=deadline_seconds),
        )
        content = _read(answer, max_response_bytes)
    except RefusedAddress as error:
        raise Refused(str(error), sent=False) from error
    except (HTTPError, OSError) as error:
        raise Unreachable(_in_words(error), sent=exchange.is_sent) from error
    except (ValueError, TypeError) as error:
        raise Refused(f"The request cannot be written: {error}", sent=exchange.is_sent) from error
    duration_ms = round((time.monotonic() - started) * 1000)
    return Response(answer.status, answer.headers, content, duration_ms, url)


@dataclass(frozen=True)
class Certificate:
    """What a host proves itself by, and until when."""

    host: str
    issuer: str
    expires_at: datetime


def read_certificate(
    url: str,
    *,
    deadline_seconds: float = 10.0,
    allow: frozenset[tuple[str, int]] = frozenset(),
) -> Certificate | None:
    """None for a URL without TLS. Raises Unreachable (also where the certificate is not to be
    trusted) and Refused; `allow` is as for `send`."""
    target = _check(url)
    if target.scheme != "https":
        return None
    host, port = str(target.host), _port_of(target)
    exchange.begin(deadline_seconds)
    try:
        shown = shake_hands(host.strip("[]"), port, allows_private=(host, port) in allow)
    except RefusedAddress as error:
        raise Refused(str(error), sent=False) from error
    except ssl.SSLCertVerificationError as error:
        words = f"The certificate of {host} is not to be trusted: {error.verify_message}."
        raise Unreachable(words, sent=False) from error
    except OSError as error:
        raise Unreachable(_in_words(error), sent=False) from error
    issuer = {name: value for part in shown.get("issuer", ()) for name, value in part}
    ends = datetime.fromtimestamp(ssl.cert_time_to_seconds(shown["notAfter"]), UTC)
    named = issuer.get("organizationName") or issuer.get("commonName") or ""
    return Certificate(host, str(named), ends)


def refuse_unfit(url: str) -> None:
    """Raise Refused for what a tenant may not name as an address of its own.

    It must be https and must not name a private address, however it is written. Where a name leads
    is looked up when something is sent, and judged then: it may lead elsewhere tomorrow.
    """
    target = _check(url)
    host = str(target.host).strip("[]").rstrip(".").lower()
    if target.scheme != "https":
        raise Refused("The URL must start with https://.", sent=False)
    for address in _numeric(host, _port_of(target)):
        if is_refused(ip_address(address)):
            where = host if host == address else f"{host} is {address}, which"
            raise Refused(f"{where} is not a public address.", sent=False)
        return
    if "." not in host or host.rpartition(".")[2] in _LOCAL_NAMES:
        raise Refused(f"{host} is not a name of the public internet.", sent=False)


_LOCAL_NAMES = {"localhost", "local", "internal", "lan", "home", "corp", "intranet"}


def _numeric(host: str, port: int) -> list[str]:
    """The address that is written so, by the rules of those who connect; none for a name."""
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_NUMERICHOST)
    except socket.gaierror:
        return []
    except (OSError, UnicodeError, ValueError) as error:
        raise Refused(f"The host cannot be read: {error}", sent=False) from error
    return [str(answer[4][0]).partition("%")[0] for answer in found]


def allowance(*urls: str) -> frozenset[tuple[str, int]]:
    """Return the (host, port) pairs of these URLs; an empty URL allows nothing."""
    targets = [_check(url) for url in urls if url]
    return frozenset((str(target.host), _port_of(target)) for target in targets)


def forget_connections() -> None:
    """Start over with no open connection."""
    _pools.cache_clear()


# A connection shared by two processes would mix up their answers.
os.register_at_fork(after_in_child=forget_connections)


@cache
def _pools(allows_private: bool) -> urllib3.PoolManager:
    return make_pools(allows_private=allows_private)


@lru_cache(maxsize=4096)
def _check(url: str) -> Url:
    try:
        target = parse_url(url)
    except LocationParseError:
        # Without its words: they repeat the address, which may have a password in it.
        words = "This is no URL: look at its host and its port."
        raise Refused(words, sent=False) from None
    if target.scheme not in PORTS or not target.host:
        raise Refused("A URL must start with http:// or https:// and a host.", sent=False)
    if target.auth is not None:
        raise Refused("A URL must not hold a name or a password.", sent=False)
    return target._replace(fragment=None)


def _port_of(target: Url) -> int:
    return target.port or PORTS[str(target.scheme)]


def _lower(headers: Mapping[str, str]) -> dict[str, str]:
    return {name.lower(): value for name, value in headers.items()}


def _read(answer: urllib3.BaseHTTPResponse, max_bytes: int) -> bytes:
    """Read to the end, so that the connection can be used again; break off when it is too much."""
    chunks, size = [], 0
    try:
        for chunk in answer.stream(CHUNK, decode_content=True):
            size += len(chunk)
            if size > max_bytes:
                raise TooLarge(f"The response is larger than {max_bytes} bytes.", sent=True)
            chunks.append(chunk)
    except BaseException:
        answer.close()
        raise
    answer.release_conn()
    return b"".join(chunks)


# What a person can make something of; the first kind that fits. The rest keeps its own words.
_WORDS: tuple[tuple[type[Exception] | tuple[type[Exception], ...], str], ...] = (
    ((TimeoutError, HTTPTimeout), "It did not answer in time."),
    (ConnectionRefusedError, "It refuses connections: nothing listens there."),
    ((ConnectionError, HTTPException, ProtocolError), "It hung up before it had answered."),
)


def _in_words(error: Exception) -> str:
    causes = [error, *(part for part in error.args if isinstance(part, Exception))]
    if error.__cause__ is not None:
        causes.append(error.__cause__)  # type: ignore[arg-type]
    if any(isinstance(one, socket.gaierror) for one in causes):
        return "No address is found for this name."
    for kind, words in _WORDS:
        if any(isinstance(one, kind) for one in causes):
            return words
    return f"{type(error).__name__}: {error}"
