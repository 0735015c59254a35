"""What NetSuite's answers mean: its error bodies, ids, references and list fields."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import msgspec

from connectors.errors import (
    Failure,
    RateLimited,
    Rejected,
    Unauthorized,
    UnexpectedResponse,
    Unreachable,
)
from connectors.spec import Request, Response

PAUSE_SECONDS = 3.0  # NetSuite sends no Retry-After; a slot frees as soon as a call ends
BUSY = {"CONCURRENCY_LIMIT_EXCEEDED", "SSS_REQUEST_LIMIT_EXCEEDED"}
REFUSED = {"INVALID_LOGIN", "INVALID_LOGIN_ATTEMPT", "INSUFFICIENT_PERMISSION"}
MISSING = {"NONEXISTENT_ID", "RCRD_DSNT_EXIST"}


class NotThere(Rejected):
    """NetSuite knows no such record."""


class Duplicate(Rejected):
    """NetSuite holds a record with this external id, name or e-mail already."""


def classify(request: Request, response: Response) -> Failure | None:
    """The failure that an answer means, in NetSuite's own words; None leaves it to the status."""
    if response.status < 400:
        return None
    code, said, where = _read_error(response)
    if not code:
        return NotThere("NetSuite has no such address.") if response.status == 404 else None
    detail = f"{response.status} {code} {where}: {said}"
    if code in BUSY or response.status == 429:
        return RateLimited("NetSuite is busy with other calls.", retry_after=PAUSE_SECONDS)
    if code in REFUSED or response.status in (401, 403):
        return Unauthorized(f"NetSuite refused the login or the role: {said}", detail=detail)
    if code in MISSING or response.status == 404:
        return NotThere(f"NetSuite does not have it: {said}", detail=detail)
    if response.status >= 500:
        return Unreachable(f"NetSuite failed: {said}", detail=detail)
    return _judge(said, where, detail)


def _judge(said: str, where: str, detail: str) -> Failure:
    """USER_ERROR and INVALID_CONTENT differ by their words alone."""
    lowered = said.lower()
    if "record has been changed" in lowered:
        busy = "Somebody else is changing the record in NetSuite; it will be tried again."
        return Unreachable(busy, sent=False, detail=detail)
    if "permission" in lowered and "violation" in lowered:
        return Unauthorized(f"The NetSuite role lacks a permission: {said}", detail=detail)
    kind = Duplicate if "already exists" in lowered else Rejected
    return kind(
        f"NetSuite refused it: {said}", fields={where: said} if where else {}, detail=detail
    )


def _read_error(response: Response) -> tuple[str, str, str]:
    """Code, words and path out of a REST or a RESTlet error body; empty when it is neither."""
    try:
        body = msgspec.json.decode(response.body)
    except msgspec.DecodeError:
        return "", "", ""
    if not isinstance(body, dict):
        return "", "", ""
    if isinstance(body.get("error"), dict):
        return str(body["error"].get("code", "")), str(body["error"].get("message", "")), ""
    details = body.get("o:errorDetails") or [{}]
    first = details[0]
    said = " ".join(filter(None, (_words(one) for one in details)))
    paths = ("o:errorPath", "o:errorQueryParam", "o:errorHeader", "o:errorUrl")
    where = next((str(first[name]) for name in paths if first.get(name)), "")
    return str(first.get("o:errorCode", "")), said or str(body.get("title", "")), where


def _words(detail: Mapping[str, Any]) -> str:
    return str(detail.get("detail", "")).removeprefix("Error while accessing a resource. ")


def id_of(reference: Any) -> str:
    """The id in a reference or list field: {"id": "5", "refName": …}, "5" or 5; else ""."""
    if isinstance(reference, Mapping):
        reference = reference.get("id")
    return "" if reference is None else str(reference)


def name_of(reference: Any) -> str:
    """The words that go with a reference; a bare one has none."""
    return str(reference.get("refName") or "") if isinstance(reference, Mapping) else ""


def items_of(record: Mapping[str, Any], sublist: str = "item") -> list[dict[str, Any]]:
    """The entries of an expanded sublist."""
    found = record.get(sublist)
    return list(found.get("items", ())) if isinstance(found, Mapping) else []


def exact(value: Any) -> Decimal:
    """A number or a number's text, exactly as it was printed; nothing is zero."""
    return Decimal(str(value)) if value not in (None, "") else Decimal(0)


def created_id(response: Response) -> str:
    """The new record's id: the tail of the Location header."""
    tail = response.headers.get("location", "").rstrip("/").rpartition("/")[2]
    if not tail:
        raise UnexpectedResponse("NetSuite did not say which record it wrote.")
    return tail
