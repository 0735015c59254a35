"""What a sandbox.py is made of: routes, replies, control actions, webhooks, a ledger."""

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar
from urllib.parse import parse_qsl

from connectors.sandbox.world import World

Handler = Callable[..., Any]


@dataclass(frozen=True)
class Call:
    """One request as it came; `url` is whole, as a signature sees it; header names lower case."""

    method: str
    url: str
    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    body: bytes

    def json(self) -> Any:
        return json.loads(self.body or b"null")

    def form(self) -> dict[str, str]:
        return dict(parse_qsl(self.body.decode(), keep_blank_values=True))


@dataclass(frozen=True)
class Reply:
    status: int = 200
    json: Any = None
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes | None = None
    content_type: str = "application/json"

    def content(self) -> bytes:
        if self.body is not None:
            return self.body
        return b"" if self.json is None else json.dumps(self.json, ensure_ascii=False).encode()


class Refuse(Exception):
    """Raised inside a route: this reply, and nothing else happens."""

    def __init__(self, reply: Reply) -> None:
        super().__init__(reply.status)
        self.reply = reply


@dataclass(frozen=True)
class Subscription:
    """Where a webhook goes. `secret` signs it."""

    id: str
    topic: str
    address: str
    secret: str


def route(method: str, pattern: str) -> Callable[[Handler], Handler]:
    """A vendor's endpoint: `{name}` in the pattern is one path segment, given as an argument."""

    def mark(function: Handler) -> Handler:
        compiled = re.compile(re.sub(r"\{(\w+)\}", r"(?P<\1>[^/]+)", pattern) + r"/?$", re.I)
        function.__dict__.setdefault("routes", []).append((method, compiled))
        return function

    return mark


def control(name: str) -> Callable[[Handler], Handler]:
    """What a person in the vendor's own screens can do: approve, pick, ship, adjust..."""

    def mark(function: Handler) -> Handler:
        function.__dict__["control"] = name
        return function

    return mark


class Sandbox:
    """One vendor. Handlers are `route(self, world, call, **segments) -> Reply` and
    `control(self, world, arguments) -> Any`; state lives in the world, never in self."""

    slug: ClassVar[str] = ""
    webhook_retry_seconds: ClassVar[tuple[float, ...]] = (1, 2, 5, 10, 30, 60, 120, 300)

    def seed(self, world: World) -> None:
        """Fill a new world: the account's catalogue, locations and so on."""

    def admit(self, world: World, call: Call, path: str, in_flight: int) -> Reply | None:
        """The refusal of a call that breaks a limit, before anything is done; None lets it in."""
        return None

    def subscriptions(self, world: World, topic: str) -> list[Subscription]:
        """Who hears of this topic."""
        return []

    def webhook(
        self, world: World, subscription: Subscription, payload: Any, more: Mapping[str, Any]
    ) -> tuple[bytes, dict[str, str]]:
        """The body and the signed headers, as the vendor sends them; a retry repeats them."""
        raise NotImplementedError

    def connection(self, world: World) -> dict[str, Any]:
        """With what a client connects: {"auth": the method, "settings": {}, "credentials": {}}."""
        raise NotImplementedError

    def ledger(self, world: World) -> list[dict[str, Any]]:
        """The account's own truth, one row a document:
        {"kind", "id", "label", "reference", "state", "at", "total", ...}; `reference` is the
        client's own name of the record as this system stored it."""
        raise NotImplementedError

    def routes(self) -> list[tuple[str, re.Pattern[str], Handler]]:
        marked = [getattr(self, name) for name in dir(type(self)) if not name.startswith("__")]
        return [(m, p, f) for f in marked for m, p in getattr(f, "routes", [])]

    def controls(self) -> dict[str, Handler]:
        marked = [getattr(self, name) for name in dir(type(self)) if not name.startswith("__")]
        return {f.control: f for f in marked if hasattr(f, "control")}
