"""The sandbox's door: OAuth with rotating refresh tokens, scopes, the rate limit.

Settings: `rate_limit` (10 a second; 0 lifts it), `token_seconds` (7200), `refresh_grace` (off: the
old refresh token dies at once; on: it lives on), `client_credentials` (on), `scopes` (enforced).
"""

import base64
import functools
import hashlib
import secrets
from collections import deque
from collections.abc import Callable
from datetime import timedelta
from typing import Any
from urllib.parse import urlencode

from connectors.sandbox.kit import Call, Handler, Refuse, Reply, control, route
from connectors.sandbox.world import Document, World

CLIENT_ID = "ekyam-demo-application"
NUMBER = r"(?P<number>\d+)"
READS = {"user_read", "user_manage", "app_read", "app_manage"}
WRITES = {"user_manage", "app_manage"}


def refuse(status: int, message: str) -> Refuse:
    return Refuse(Reply(status, {"message": message}))


def endpoint(method: str, pattern: str) -> Callable[[Handler], Handler]:
    """A route of the version 2 API, open to a valid token of the right scope."""

    def mark(function: Handler) -> Handler:
        @functools.wraps(function)
        def admitted(self: Any, world: World, call: Call, **segments: str) -> Any:
            check_token(world, call)
            return function(self, world, call, **segments)

        return route(method, "/api/v2" + pattern)(admitted)

    return mark


def person(name: str) -> Callable[[Handler], Handler]:
    """A control action; what the vendor's screens refuse comes back as {"error"}."""

    def mark(function: Handler) -> Handler:
        @functools.wraps(function)
        def done(self: Any, world: World, arguments: Document) -> Any:
            try:
                return function(self, world, arguments)
            except Refuse as refusal:
                return {"error": refusal.reply.json["message"]}

        return control(name)(done)

    return mark


def over_limit(world: World, path: str) -> Reply | None:
    limit = int(world.setting("rate_limit", 10))
    if not limit or path.startswith("/oauth/"):
        return None
    with world.lock:
        recent: deque[float] = vars(world).setdefault("recent_calls", deque())
        now = world.clock()
        while recent and recent[0] <= now - 1.0:
            recent.popleft()
        if len(recent) >= limit:
            return Reply(429, {"message": "Rate limit exceeded"})
        recent.append(now)
    return None


def check_token(world: World, call: Call) -> None:
    if world.setting("_expire_tokens", False):
        world.set("_expire_tokens", False)
        world.table("tokens").delete(_bearer(call))
    token = world.table("tokens").get(_bearer(call))
    if token is None or token["expires_at"] <= world.clock():
        raise refuse(401, "Unauthorized")
    wanted = READS if call.method == "GET" else WRITES
    if world.setting("scopes", True) and not wanted & set(token["scope"].split()):
        raise refuse(403, "Insufficient scope")
    customer = call.headers.get("x-customer-id")
    if customer and not world.table("customers").get(customer):
        raise refuse(403, "Forbidden")


def _bearer(call: Call) -> str:
    return call.headers.get("authorization", "").removeprefix("Bearer ").strip()


def new_tokens(world: World, scope: str, *, refreshable: bool = True) -> Document:
    lifetime = int(world.setting("token_seconds", 7200))
    answer = {
        "access_token": secrets.token_hex(24),
        "token_type": "bearer",
        "expires_in": lifetime,
        "scope": scope,
        "created_at": int(world.clock()),
    }
    world.table("tokens").put(
        answer["access_token"], {"expires_at": world.clock() + lifetime, "scope": scope}
    )
    if refreshable:
        answer["refresh_token"] = secrets.token_hex(24)
        world.table("refresh_tokens").put(answer["refresh_token"], {"scope": scope})
    return answer


def client_secret(world: World) -> str:
    return f"not-a-secret-of-{world.account}"


def demo_credentials(world: World) -> dict[str, str]:
    tokens = new_tokens(world, "user_manage")
    ends = world.now() + timedelta(seconds=tokens["expires_in"])
    return {
        "client_id": CLIENT_ID,
        "client_secret": client_secret(world),
        "access_token": tokens["access_token"],
        "refresh_token": tokens["refresh_token"],
        "expires_at": ends.isoformat(),
    }


class OAuthRoutes:
    """/oauth/authorize agrees at once in the person's name; /oauth/token as RFC 6749 says."""

    @route("GET", "/oauth/authorize")
    def authorize(self, world: World, call: Call) -> Reply:
        asked = call.query
        if asked.get("client_id") != CLIENT_ID or not asked.get("redirect_uri"):
            return _oauth_error("invalid_client", "Client authentication failed.", 401)
        back = {"state": asked.get("state", "")}
        if asked.get("response_type") != "code":
            back |= {"error": "unsupported_response_type"}
        else:
            back["code"] = secrets.token_hex(16)
            kept = ("redirect_uri", "scope", "code_challenge")
            granted = {name: asked.get(name, "") for name in kept}
            world.table("codes").put(back["code"], {**granted, "until": world.clock() + 600})
        return Reply(302, None, {"Location": f"{asked['redirect_uri']}?{urlencode(back)}"})

    @route("POST", "/oauth/token")
    def token(self, world: World, call: Call) -> Reply:
        is_json = "json" in call.headers.get("content-type", "")
        form = call.json() if is_json else call.form()
        if (form.get("client_id"), form.get("client_secret")) != (CLIENT_ID, client_secret(world)):
            return _oauth_error("invalid_client", "Client authentication failed.", 401)
        grant = form.get("grant_type")
        if grant == "authorization_code":
            return _by_code(world, form)
        if grant == "refresh_token":
            return _by_refresh_token(world, form)
        if grant == "client_credentials" and world.setting("client_credentials", True):
            return Reply(200, new_tokens(world, form.get("scope") or "app_read", refreshable=False))
        return _oauth_error("unsupported_grant_type", "The grant type is not supported.")


def _by_code(world: World, form: dict[str, str]) -> Reply:
    granted = world.table("codes").get(form.get("code", ""))
    world.table("codes").delete(form.get("code", ""))
    if granted is None or granted["until"] < world.clock():
        return _invalid_grant()
    if granted["redirect_uri"] != form.get("redirect_uri") or not _proves(granted, form):
        return _invalid_grant()
    return Reply(200, new_tokens(world, granted["scope"] or "user_read"))


def _proves(granted: Document, form: dict[str, str]) -> bool:
    if not granted["code_challenge"]:
        return True
    digest = hashlib.sha256(form.get("code_verifier", "").encode()).digest()
    challenge: str = granted["code_challenge"]
    return challenge == base64.urlsafe_b64encode(digest).decode().rstrip("=")


def _by_refresh_token(world: World, form: dict[str, str]) -> Reply:
    given = form.get("refresh_token", "")
    known = world.table("refresh_tokens").get(given)
    if known is None:
        return _invalid_grant()
    if not world.setting("refresh_grace", False):
        world.table("refresh_tokens").delete(given)
    return Reply(200, new_tokens(world, known["scope"]))


def _invalid_grant() -> Reply:
    return _oauth_error(
        "invalid_grant", "The provided authorization grant is invalid, expired or revoked."
    )


def _oauth_error(code: str, description: str, status: int = 400) -> Reply:
    return Reply(status, {"error": code, "error_description": description})
