"""One call of Shopify's GraphQL API: the request, the answer's data, and what its errors mean."""

import re
from collections.abc import Generator, Mapping, Sequence
from typing import Any

import msgspec

from connectors.errors import (
    RateLimited,
    Rejected,
    Unauthorized,
    UnexpectedResponse,
    Unreachable,
)
from connectors.spec import Context, Meter, Request, Response

DEFAULT_VERSION = "2026-07"
Asked = Generator[Request, Any, dict[str, Any]]


def gid(kind: str, number: Any) -> str:
    """gid://shopify/Order/1 out of a number; a whole gid passes."""
    text = str(number)
    return text if text.startswith("gid://") else f"gid://shopify/{kind}/{text}"


def number_of(global_id: str | None) -> str:
    """The number in a gid, as text: it exceeds what a float holds."""
    return (global_id or "").rsplit("/", 1)[-1].split("?", 1)[0]


def graphql(
    document: str,
    variables: Mapping[str, Any],
    context: Context,
    *,
    cost: float = 10.0,
    writes: bool = False,
) -> Request:
    version = context.settings.get("api_version") or DEFAULT_VERSION
    return Request(
        "POST",
        f"/admin/api/{version}/graphql.json",
        json={"query": document, "variables": dict(variables)},
        headers={"Accept": "application/json"},
        cost=cost,
        writes=writes,
    )


def ask(
    document: str, variables: Mapping[str, Any], context: Context, *, cost: float = 10.0
) -> Asked:
    """The data of a query."""
    response = yield graphql(document, variables, context, cost=cost)
    return data_of(response)


def change(document: str, variables: Mapping[str, Any], context: Context, *, what: str) -> Asked:
    """The payload of a mutation's one field; what Shopify's userErrors say is raised."""
    response = yield graphql(document, variables, context, writes=True)
    (payload,) = data_of(response).values()
    refuse_user_errors(payload or {}, what)
    return payload or {}


def data_of(response: Response) -> dict[str, Any]:
    data = response.json().get("data")
    if not isinstance(data, dict):
        raise UnexpectedResponse("Shopify's answer holds no data.", detail=_start(response))
    return data


def refuse_user_errors(payload: Mapping[str, Any], what: str) -> None:
    """Raise Rejected with the words of every userErrors list of a payload."""
    errors = user_errors(payload)
    if not errors:
        return
    said = "; ".join(dict.fromkeys(str(error.get("message")) for error in errors))
    fields = {".".join(error.get("field") or ()): str(error.get("message")) for error in errors}
    codes = ", ".join(str(error["code"]) for error in errors if error.get("code"))
    raise Rejected(f"Shopify refused {what}: {said}", fields=fields, detail=codes)


def user_errors(payload: Mapping[str, Any]) -> list[dict[str, Any]]:
    lists = [value for name, value in payload.items() if name.lower().endswith("usererrors")]
    return [error for errors in lists for error in errors or ()]


# --- What an answer means -------------------------------------------------------------------

_ACCOUNT = {
    401: "Shopify does not accept the access token any more: reconnect the shop.",
    402: "The shop is frozen for an unpaid bill; Shopify answers again when it is settled.",
    404: "Shopify knows no such shop, or not this API version: check the shop's address.",
    423: "The shop is locked; ask Shopify's support.",
}


def classify(request: Request, response: Response) -> Exception | None:
    """Failures that a plain status code does not tell."""
    status = response.status
    if status == 200:
        return _classify_errors(response) if b'"errors"' in response.body else None
    said = response.body[:500].decode(errors="replace")
    if status == 403:
        return Unauthorized(f"Shopify denies access: {_plain(response)}", detail=said)
    if status in _ACCOUNT:
        return Unauthorized(_ACCOUNT[status], detail=said)
    if status == 429:
        return RateLimited("Shopify asks to slow down.", retry_after=_wait(response), detail=said)
    return None


def _classify_errors(response: Response) -> Exception | None:
    try:
        answer = msgspec.json.decode(response.body)
    except msgspec.DecodeError:
        return None  # the plan says so when it reads the answer
    errors = answer.get("errors") if isinstance(answer, dict) else None
    if not errors:
        return None
    if not isinstance(errors, list):
        return Unauthorized(f"Shopify denies access: {errors}", detail=str(errors)[:500])
    codes = [str((error.get("extensions") or {}).get("code", "")) for error in errors]
    messages = "; ".join(str(error.get("message")) for error in errors)
    if "THROTTLED" in codes:
        return RateLimited(
            "Shopify asks to slow down.", retry_after=_refill(answer), detail=messages
        )
    if "ACCESS_DENIED" in codes:
        return Unauthorized(_access_words(errors[codes.index("ACCESS_DENIED")]), detail=messages)
    if "INTERNAL_SERVER_ERROR" in codes or "TIMEOUT" in codes:
        return Unreachable("Shopify failed inside; it can be tried again.", detail=messages)
    if "SHOP_INACTIVE" in codes:
        return Unauthorized("The shop is not active at Shopify.", detail=messages)
    if set(codes) & {"RESOURCE_NOT_FOUND", "MAX_INPUT_SIZE_EXCEEDED"}:
        return Rejected(f"Shopify refused the request: {messages}", detail=messages)
    return UnexpectedResponse(
        f"Shopify did not understand the request: {messages}", detail=_listed(codes)
    )


class _Bucket(msgspec.Struct):
    maximumAvailable: float
    currentlyAvailable: float
    restoreRate: float


class _Cost(msgspec.Struct):
    throttleStatus: _Bucket
    requestedQueryCost: float | None = None
    actualQueryCost: float | None = None


class _Extensions(msgspec.Struct):
    cost: _Cost


class _Priced(msgspec.Struct):
    extensions: _Extensions


_priced = msgspec.json.Decoder(_Priced)


def meter(request: Request, response: Response) -> Meter | None:
    """Each answer tells what is left in the bucket, a refusal to run too."""
    try:
        cost = _priced.decode(response.body).extensions.cost
    except msgspec.DecodeError:
        return None
    bucket = cost.throttleStatus
    return Meter(
        available=bucket.currentlyAvailable,
        most=bucket.maximumAvailable,
        per_second=bucket.restoreRate,
        cost=cost.requestedQueryCost if cost.actualQueryCost is None else cost.actualQueryCost,
    )


def _listed(codes: Sequence[str]) -> str:
    return ", ".join(filter(None, codes))


def _access_words(error: Mapping[str, Any]) -> str:
    required = str((error.get("extensions") or {}).get("requiredAccess") or error.get("message"))
    scopes = re.findall(r"`?((?:read|write)_\w+)`?", required)
    named = " or ".join(dict.fromkeys(scopes)) or required
    return f"The connection lacks the access scope {named}: grant it to the app and reconnect."


def _refill(answer: Mapping[str, Any]) -> float:
    """Seconds until the bucket holds what this request costs."""
    cost = (answer.get("extensions") or {}).get("cost") or {}
    status = cost.get("throttleStatus") or {}
    missing = float(cost.get("requestedQueryCost") or 50) - float(
        status.get("currentlyAvailable") or 0
    )
    return min(60.0, max(0.5, missing / float(status.get("restoreRate") or 50)))


def _wait(response: Response) -> float:
    try:
        return max(0.5, float(response.headers.get("retry-after", 1.0)))
    except ValueError:
        return 1.0


def _plain(response: Response) -> str:
    try:
        errors = msgspec.json.decode(response.body).get("errors")
    except (msgspec.DecodeError, AttributeError):
        errors = None
    return str(errors or response.status)


def _start(response: Response) -> str:
    return response.body[:200].decode(errors="replace")
