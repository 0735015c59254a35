"""Requests to identity providers: by the one door to the outside, short, small, and by https."""

from typing import Any
from urllib.parse import urlencode, urlsplit

from django.conf import settings

from ekyam import outbound
from ekyam.foreign_json import NotJson, read_json
from ekyam.sso.failures import Unfit

DEADLINE_SECONDS = 8.0
MOST_BYTES = 512 * 1024


class NoAnswer(Exception):
    """The provider cannot be reached, or answers with something else than what was asked for."""


def check_address(url: str, what: str) -> str:
    """Return the address, or raise Unfit: https, but for those that SSO_PRIVATE_URLS names."""
    try:
        parts = urlsplit(url)
        is_private = bool(outbound.allowance(url) & _private())
    except (ValueError, outbound.Refused) as error:
        raise Unfit(f"The {what} is no address: {url[:80]}") from error
    if parts.scheme != "https" and not is_private:
        raise Unfit(f"The {what} must begin with https://.")
    if parts.fragment or parts.username:
        raise Unfit(f"The {what} must hold neither a name nor a part after #.")
    return url


def get(url: str, **headers: str) -> bytes:
    return _send("GET", url, headers=headers).body


def get_json(url: str, **headers: str) -> dict[str, Any]:
    answer = _send("GET", url, headers={"accept": "application/json", **headers})
    return _object(answer)


def post_form(url: str, form: dict[str, str], **headers: str) -> dict[str, Any]:
    """Raise NoAnswer with the provider's own error code for an answer that is no success."""
    kinds = {"content-type": "application/x-www-form-urlencoded", "accept": "application/json"}
    answer = _send("POST", url, headers={**kinds, **headers}, body=urlencode(form).encode())
    return _object(answer)


def _send(
    method: str, url: str, *, headers: dict[str, str], body: bytes | None = None
) -> outbound.Response:
    try:
        answer = outbound.send(
            method,
            check_address(url, "address"),
            headers=headers,
            body=body,
            deadline_seconds=DEADLINE_SECONDS,
            max_response_bytes=MOST_BYTES,
            allow=_private(),
        )
    except (outbound.OutboundError, Unfit) as error:
        raise NoAnswer(f"{urlsplit(url).hostname}: {error}") from error
    if answer.status != 200:
        raise NoAnswer(f"{urlsplit(url).hostname} answers {answer.status}{_code(answer.body)}")
    return answer


def _object(answer: outbound.Response) -> dict[str, Any]:
    try:
        found = read_json(answer.body)
    except NotJson as error:
        raise NoAnswer(f"{urlsplit(answer.url).hostname} answers no JSON") from error
    if not isinstance(found, dict):
        raise NoAnswer(f"{urlsplit(answer.url).hostname} answers no JSON object")
    return found


def _code(body: bytes) -> str:
    """The OAuth error code alone: what else a provider says may hold what we sent."""
    try:
        code = read_json(body)["error"]
    except (NotJson, KeyError, TypeError):
        return ""
    is_code = isinstance(code, str) and code.replace("_", "").isalnum() and len(code) < 60
    return f" ({code})" if is_code else ""


def _private() -> frozenset[tuple[str, int]]:
    return outbound.allowance(*settings.SSO_PRIVATE_URLS)
