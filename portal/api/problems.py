"""Every way in which the API says no: RFC 9457, with codes that stay as they are."""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

from django.conf import settings
from django.core.exceptions import ObjectDoesNotExist, RequestDataTooBig
from django.db import OperationalError
from django.http import Http404
from rest_framework import exceptions
from rest_framework.response import Response

from connectors.errors import Failure
from ekyam.outbound import Refused
from flows.states import IllegalMove

log = logging.getLogger(__name__)
MEDIA_TYPE = "application/problem+json"
DOCUMENTATION = "/api/"


@dataclass(frozen=True)
class Code:
    """`title` says what happened, `advice` whose move it is."""

    status: int
    title: str
    advice: str


CODES: dict[str, Code] = {
    "unknown_parameter": Code(
        400, "The query has a parameter that is not declared", "Leave it out, or mend its spelling."
    ),
    "invalid_parameter": Code(
        400, "A parameter or header does not hold what it should", "Mend what `errors` names."
    ),
    "malformed_body": Code(400, "The body is no JSON that can be read", "Send JSON in UTF-8."),
    "invalid_body": Code(
        400, "The body does not hold what it should", "Mend the fields that `errors` names."
    ),
    "unauthenticated": Code(
        401,
        "The key or token is missing, wrong or over",
        "Send a valid one: Authorization: Bearer <key>.",
    ),
    "forbidden": Code(
        403,
        "The key or token lacks the right for this",
        "Use one with the right that `detail` names.",
    ),
    "not_found": Code(
        404,
        "There is no such thing in this company",
        "Look the id up in its list. Another company's is told the same way.",
    ),
    "unknown_cursor": Code(
        404, "This list has no such place", "Begin at its first page, with the same filters."
    ),
    "method_not_allowed": Code(
        405, "This address does not know the method", "Use one that the header Allow names."
    ),
    "not_acceptable": Code(
        406, "The answer is JSON, which was not asked for", "Accept application/json."
    ),
    "conflict": Code(
        409, "Its state does not allow this", "Read it again: something has changed, or is over."
    ),
    "ambiguous_id": Code(
        409, "Several orders are called this", "Ask by one of the ids that `errors` names."
    ),
    "in_flight": Code(
        409,
        "A request with this Idempotency-Key is still under way",
        "Send it again in a moment: its answer is kept.",
    ),
    "too_large": Code(413, "The body is too large", "Send at most 1 MiB."),
    "unsupported_media_type": Code(
        415, "The body is of a kind that is not read", "Send it as application/json."
    ),
    "refused": Code(422, "What was asked cannot be accepted", "Mend what `detail` says."),
    "idempotency_key_reused": Code(
        422,
        "This Idempotency-Key was used for another request",
        "Use a new key for each thing that is to be done.",
    ),
    "rate_limited": Code(
        429, "Too many requests", "Wait for the seconds that the header Retry-After names."
    ),
    "internal_error": Code(
        500, "Ekyam made a mistake", "Nothing was done. Try again, and tell us if it stays."
    ),
    "unavailable": Code(
        503, "Ekyam's database cannot be reached", "Nothing was done. Try again in a moment."
    ),
}


class Problem(Exception):
    """`code` is one of CODES; `errors` point at what is wrong: {"at", "detail"}."""

    def __init__(
        self,
        code: str,
        detail: str = "",
        *,
        errors: Sequence[Mapping[str, str]] = (),
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(detail or code)
        self.code, self.detail, self.errors = code, detail, errors
        self.headers = dict(headers or {})

    @property
    def status(self) -> int:
        return CODES[self.code].status

    def told(self) -> dict[str, Any]:
        found = CODES[self.code]
        told = {
            "type": f"{settings.PUBLIC_URL}{DOCUMENTATION}#{self.code}",
            "title": found.title,
            "status": found.status,
            "code": self.code,
            "detail": self.detail or found.advice,
        }
        return {**told, "errors": list(self.errors)} if self.errors else told


def pointing(code: str, at: str, detail: str) -> Problem:
    """At one parameter or field."""
    return Problem(code, f"{at}: {detail}", errors=[{"at": at, "detail": detail}])


def answer_problem(error: Exception, context: Mapping[str, Any]) -> Response:
    """What DRF calls for whatever a view raises; the transaction is rolled back by then."""
    problem = judge(error)
    if problem.status == HTTPStatus.INTERNAL_SERVER_ERROR:
        log.error("the API met a bug", exc_info=error)
    elif problem.status == HTTPStatus.SERVICE_UNAVAILABLE:
        log.warning("the API has no database", extra={"error": str(error)})
    return Response(
        problem.told(), status=problem.status, headers=problem.headers, content_type=MEDIA_TYPE
    )


def judge(error: Exception) -> Problem:
    if isinstance(error, Problem):
        return error
    if isinstance(error, IllegalMove):
        return Problem("conflict", str(error))
    if isinstance(error, Failure):
        return Problem("refused", error.message)
    if isinstance(error, Refused):
        return Problem("refused", str(error))
    if isinstance(error, exceptions.APIException):
        return _of_framework(error)
    if isinstance(error, Http404 | ObjectDoesNotExist):
        return Problem("not_found")
    if isinstance(error, RequestDataTooBig):
        return Problem("too_large")
    if isinstance(error, OperationalError):
        return Problem("unavailable", headers={"Retry-After": "1"})
    return Problem("internal_error")


_BY_FRAMEWORK: dict[type[exceptions.APIException], str] = {
    exceptions.NotAuthenticated: "unauthenticated",
    exceptions.AuthenticationFailed: "unauthenticated",
    exceptions.PermissionDenied: "forbidden",
    exceptions.NotFound: "not_found",
    exceptions.MethodNotAllowed: "method_not_allowed",
    exceptions.NotAcceptable: "not_acceptable",
    exceptions.UnsupportedMediaType: "unsupported_media_type",
}


def _of_framework(error: exceptions.APIException) -> Problem:
    code = _BY_FRAMEWORK.get(type(error))
    if code is None:
        return Problem("malformed_body", str(error.detail))
    sign = getattr(error, "auth_header", None)
    return Problem(code, headers={"WWW-Authenticate": sign} if sign else None)
