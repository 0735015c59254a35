"""How to reach Whiplash: its paths and headers, its tokens, and what its refusals mean."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

import msgspec

from connectors.errors import AlreadyExists, RateLimited, Rejected, Unauthorized, UnexpectedResponse
from connectors.spec import Context, Request, Response

API = "/api/v2"
PRODUCTION = "https://www.getwhiplash.com"
SCOPE = "user_manage"


class NotThere(Rejected):
    """404: no such record, or no such endpoint on this host."""


def base_url(settings: Mapping[str, Any]) -> str:
    return str(settings.get("host") or PRODUCTION)


def api(
    method: str,
    path: str,
    context: Context,
    *,
    params: Mapping[str, str] | None = None,
    json: Any = None,
    writes: bool = False,
) -> Request:
    """A call of the version 2 API, for the customer and the shop of the settings."""
    named = (("X-Customer-Id", "customer_id"), ("X-Shop-Id", "shop_id"))
    headers = {
        header: str(context.settings[name]) for header, name in named if context.settings.get(name)
    }
    return Request(method, API + path, params or {}, json=json, headers=headers, writes=writes)


def search(**predicates: Any) -> dict[str, str]:
    """The `search` parameter: Ransack predicates as JSON text."""
    return {"search": msgspec.json.encode(predicates).decode()}


def rows_of(response: Response) -> list[dict[str, Any]]:
    """Lists of Whiplash are bare arrays."""
    found = response.json()
    if not isinstance(found, list):
        raise UnexpectedResponse("Whiplash answered something else than a list.")
    return found


def classify(request: Request, response: Response) -> Exception | None:
    """Whiplash says why in {"message"} (older answers: {"error"}), whatever the status."""
    said = _message(response)
    if response.status == 404:
        return NotThere(f"Whiplash does not know it: {said or request.path}.", detail=said)
    if response.status == 409:
        return AlreadyExists(said or "It is in Whiplash already.", external_id="", detail=said)
    if response.status == 429 or "rate limit exceeded" in said.lower():
        wait = response.headers.get("retry-after", "")
        seconds = float(wait) if wait.replace(".", "", 1).isdigit() else 1.0
        return RateLimited("Whiplash asks us to slow down.", retry_after=seconds, detail=said)
    if response.status in (400, 405, 422):
        return Rejected(said or f"Whiplash answered {response.status}.", detail=said)
    return None


def _message(response: Response) -> str:
    if response.status < 400:
        return ""
    try:
        body = response.json()
    except UnexpectedResponse:
        return response.body[:200].decode(errors="replace").strip()
    said = (body.get("message") or body.get("error") or "") if isinstance(body, dict) else body
    return said if isinstance(said, str) else msgspec.json.encode(said).decode()


def authorize(
    settings: Mapping[str, Any], credentials: Mapping[str, str], state: str, back: str
) -> str:
    """Where a person of the retailer agrees that Ekyam may use the account."""
    query = {
        "response_type": "code",
        "client_id": credentials["client_id"],
        "redirect_uri": back,
        "scope": SCOPE,
        "state": state,
    }
    return f"{settings.get('base_url') or base_url(settings)}/oauth/authorize?{urlencode(query)}"


def exchange_code(
    credentials: Mapping[str, str],
    settings: Mapping[str, Any],
    answer: Mapping[str, str],
    back: str,
) -> Request:
    if not answer.get("code"):
        reason = answer.get("error_description") or answer.get("error") or "no code came back"
        raise Unauthorized(f"Whiplash was not connected: {reason}.")
    given = {"grant_type": "authorization_code", "code": answer["code"], "redirect_uri": back}
    return _token_request(credentials, given)


def refresh(credentials: Mapping[str, str], settings: Mapping[str, Any], now: datetime) -> Request:
    """Each refresh token serves once; the answer holds the next one."""
    if not credentials.get("refresh_token"):
        raise Unauthorized("Whiplash has not been connected yet: press Connect and agree there.")
    given = {"grant_type": "refresh_token", "refresh_token": credentials["refresh_token"]}
    return _token_request(credentials, given)


def client_credentials(
    credentials: Mapping[str, str], settings: Mapping[str, Any], now: datetime
) -> Request:
    return _token_request(credentials, {"grant_type": "client_credentials", "scope": "app_manage"})


def _token_request(credentials: Mapping[str, str], given: Mapping[str, str]) -> Request:
    ours = {name: credentials[name] for name in ("client_id", "client_secret")}
    return Request("POST", "/oauth/token", form={**given, **ours})
