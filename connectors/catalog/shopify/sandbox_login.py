"""Tokens of the sandbox: the three grants, tokens that expire, refresh tokens that rotate."""

import hashlib
import hmac
import secrets
from typing import Any
from urllib.parse import urlencode, urlsplit

from connectors.sandbox.kit import Call, Refuse, Reply, Sandbox, route
from connectors.sandbox.world import World

READ_WRITE = ("orders", "products", "customers", "inventory", "merchant_managed_fulfillment_orders")
ALL_SCOPES = (
    *(f"{verb}_{what}" for what in READ_WRITE for verb in ("read", "write")),
    "read_assigned_fulfillment_orders",
    "write_assigned_fulfillment_orders",
    "read_locations",
    "write_fulfillments",
)
REFRESH_SECONDS = 90 * 86400


def app_of(world: World) -> dict[str, str]:
    """The app's own credentials: made up, and the same for the same shop."""
    digest = hashlib.sha256(world.account.encode()).hexdigest()
    return {
        "client_id": digest[:32],
        "client_secret": world.setting("client_secret", f"shpss_sandbox_{digest[32:48]}"),
        "access_token": f"shpat_{digest[-32:]}",
    }


def scopes_of(world: World) -> list[str]:
    return list(world.setting("scopes", list(ALL_SCOPES)))


def issue(world: World, *, seconds: int, with_refresh: bool = False) -> dict[str, Any]:
    token = f"shpat_{secrets.token_hex(16)}"
    world.table("tokens").put(token, {"token": token, "ends": world.clock() + seconds})
    answer: dict[str, Any] = {
        "access_token": token,
        "scope": ",".join(scopes_of(world)),
        "expires_in": seconds,
    }
    if with_refresh:
        refresh = f"shprt_{secrets.token_hex(16)}"
        row = {"ends": world.clock() + REFRESH_SECONDS, "child": None, "access": token}
        world.table("refresh_tokens").put(refresh, row)
        answer |= {"refresh_token": refresh, "refresh_token_expires_in": REFRESH_SECONDS}
    return answer


def token_refusal(world: World, call: Call) -> Reply | None:
    """Why this call's token does not open the door, or None."""
    if world.setting("uninstalled", False):
        return _unknown()
    if world.setting("_expire_tokens", False):
        world.set("_expire_tokens", False)
        for known in world.table("tokens"):
            world.table("tokens").put(known["token"], {**known, "ends": 0})
    token = call.headers.get("x-shopify-access-token", "")
    if token == app_of(world)["access_token"]:
        return _unknown() if world.setting("static_token_revoked", False) else None
    row = world.table("tokens").get(token)
    return None if row and row["ends"] > world.clock() else _unknown()


def _unknown() -> Reply:
    words = "[API] Invalid API key or access token (unrecognized login or wrong password)"
    return Reply(401, {"errors": words})


def _bad(error: str, description: str) -> Refuse:
    return Refuse(Reply(400, {"error": error, "error_description": description}))


class Login(Sandbox):
    @route("GET", r"/admin/oauth/authorize")
    def authorize(self, world: World, call: Call) -> Reply:
        """A merchant who always approves: back at once, with a signed query."""
        asked = call.query
        if asked.get("client_id") != app_of(world)["client_id"]:
            raise _bad("invalid_request", "Could not find Shopify API application with api_key")
        code = secrets.token_hex(16)
        world.table("codes").put(code, {"scope": asked.get("scope", "")})
        answer = {
            "code": code,
            "shop": f"{world.account}.myshopify.com",
            "state": asked.get("state", ""),
            "timestamp": str(int(world.clock())),
        }
        listed = "&".join(f"{name}={value}" for name, value in sorted(answer.items()))
        key = app_of(world)["client_secret"].encode()
        answer["hmac"] = hmac.new(key, listed.encode(), hashlib.sha256).hexdigest()
        address = asked["redirect_uri"]
        joined = "&" if urlsplit(address).query else "?"
        return Reply(302, headers={"Location": f"{address}{joined}{urlencode(answer)}"})

    @route("POST", r"/admin/oauth/access_token")
    def access_token(self, world: World, call: Call) -> Reply:
        is_json = "json" in call.headers.get("content-type", "")
        form = call.json() if is_json else call.form()
        app = app_of(world)
        if (form.get("client_id"), form.get("client_secret")) != (
            app["client_id"],
            app["client_secret"],
        ):
            raise _bad("invalid_client", "Client authentication failed")
        grant = form.get("grant_type", "")
        if grant == "client_credentials":
            return self._client_credentials(world)
        if grant == "refresh_token":
            return self._refresh(world, form.get("refresh_token", ""))
        return self._code(world, form)

    def _client_credentials(self, world: World) -> Reply:
        refused = world.setting("client_credentials_error", "")
        if refused:  # shop_not_permitted, app_not_installed
            raise _bad(refused, f"Oauth error {refused}")
        return Reply(200, issue(world, seconds=86399))

    def _code(self, world: World, form: dict[str, Any]) -> Reply:
        code = form.get("code", "")
        if world.table("codes").get(code) is None:
            raise _bad(
                "invalid_request", "The authorization code was not found or was already used"
            )
        world.table("codes").delete(code)
        if str(form.get("expiring", "0")) != "1":
            answer = issue(world, seconds=10**9)
            del answer["expires_in"]
            return Reply(200, answer)
        seconds = int(world.setting("access_token_seconds", 3600))
        return Reply(200, issue(world, seconds=seconds, with_refresh=True))

    def _refresh(self, world: World, given: str) -> Reply:
        """Rotates. The old refresh token serves until its replacement is first used; with the
        setting «strict_rotation» it dies at once."""
        table = world.table("refresh_tokens")
        row = table.get(given)
        is_used = row is not None and row["child"] is not None
        child = table.get(row["child"]) if row is not None and is_used else None
        is_dead = is_used and (child is None or child["child"] is not None)
        if row is None or row["ends"] < world.clock() or is_dead:
            raise _bad("invalid_grant", "The refresh token is invalid or has expired")
        if is_used and world.setting("strict_rotation", False):
            raise _bad("invalid_grant", "The refresh token was already used")
        world.table("tokens").delete(row["access"])
        seconds = int(world.setting("access_token_seconds", 3600))
        answer = issue(world, seconds=seconds, with_refresh=True)
        table.put(given, {**row, "child": answer["refresh_token"]})
        return Reply(200, answer)
