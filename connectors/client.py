"""Sends a connector's requests: joins the address, signs, sends, and names what went wrong."""

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Protocol, TypeVar
from urllib.parse import urlencode

import structlog

from connectors.budget import Spent
from connectors.drive import drive
from connectors.errors import RateLimited, Rejected, Unauthorized, Unreachable
from connectors.spec import Connector, Meter, Plan, Request, Response

log = structlog.get_logger(__name__)
T = TypeVar("T")
EARLY = timedelta(seconds=60)  # a token is renewed this long before it ends
Spend = Callable[[Request], AbstractContextManager[Spent]]


class Transport(Protocol):
    """One HTTP exchange; raises Unreachable."""

    def __call__(
        self, method: str, url: str, headers: Mapping[str, str], body: bytes, deadline: float
    ) -> Response: ...


@dataclass
class Exchange:
    """One request with its answer or failure, as it was, for the attempt's page."""

    request: Request
    url: str
    started_at: datetime
    response: Response | None = None
    failure: Exception | None = None
    duration_ms: float = 0.0


@dataclass
class Client:
    """One connection's way to its remote system. Not shared between threads.

    `renew(credentials)` fetches a new token and keeps it, serialised over all workers; it returns
    the credentials to go on with. `spend(request)` is entered when the request may go by the rate
    budget, and left when it is over. `exchanges` lists what was sent. Token requests are in
    neither.
    """

    connector: Connector
    base_url: str
    auth: Any
    settings: Mapping[str, Any]
    credentials: Mapping[str, str]
    transport: Transport
    renew: Callable[["Client"], Mapping[str, str]]
    now: Callable[[], datetime] = lambda: datetime.now(UTC)
    spend: Spend = lambda request: nullcontext(Spent())
    exchanges: list[Exchange] = field(default_factory=list)

    def run(self, plan: Plan[T]) -> T:
        return drive(plan, self.send)

    @property
    def has_written(self) -> bool:
        """Whether a request that writes may have reached the remote system."""
        return any(
            exchange.request.writes
            and not (isinstance(exchange.failure, Unreachable) and not exchange.failure.sent)
            for exchange in self.exchanges
        )

    def send(self, request: Request) -> Response:
        """The answer, or the Failure that it means."""
        if self.auth.needs_token and self._is_stale():
            self.credentials = self.renew(self)
        with self.spend(request) as spent:
            response = self._exchange(request)
            failure = classify(self.connector, request, response)
            meter = read_meter(self.connector, request, response)
            spent.learn(meter, throttled=isinstance(failure, RateLimited))
        if failure is not None:
            self.exchanges[-1].failure = failure
            raise failure
        return response

    def _is_stale(self) -> bool:
        if not self.credentials.get("access_token"):
            return True
        ends = self.credentials.get("expires_at")
        return bool(ends) and datetime.fromisoformat(str(ends)) - EARLY <= self.now()

    def _exchange(self, request: Request) -> Response:
        url = self.url_of(request)
        body = request.content()
        signed = self.auth.sign(request, url, self.credentials, self.now())
        headers = {**self.connector.headers, **signed.headers}
        if body:
            headers.setdefault("Content-Type", request.content_type())
        exchange = Exchange(request, url, self.now())
        self.exchanges.append(exchange)
        try:
            exchange.response = self.transport(
                request.method, url, headers, body, request.deadline_seconds
            )
        except Exception as failure:
            exchange.failure = failure
            raise
        finally:
            exchange.duration_ms = (self.now() - exchange.started_at).total_seconds() * 1000
        return exchange.response

    def url_of(self, request: Request) -> str:
        absolute = request.path.startswith(("https://", "http://"))
        url = request.path if absolute else self.base_url.rstrip("/") + request.path
        return f"{url}?{urlencode(request.params)}" if request.params else url


def request_token(client: Client, request: Request) -> dict[str, str]:
    """Send a token request and read its answer; raises Unauthorized, Unreachable."""
    headers = {"Accept": "application/json", **request.headers}
    if request.content():
        headers.setdefault("Content-Type", request.content_type())
    response = client.transport(
        request.method,
        client.url_of(request),
        headers,
        request.content(),
        request.deadline_seconds,
    )
    if response.status >= 500 or response.status == 429:
        raise classify_status(response) or Unreachable("No token was given.", sent=False)
    found: dict[str, str] = client.auth.read(response, client.now())
    return found


def classify(connector: Connector, request: Request, response: Response) -> Exception | None:
    """What an answer means: the connector's own judgement first, then the status code's."""
    if connector.classify is not None:
        failure = connector.classify(request, response)
        if failure is not None:
            return failure
    return classify_status(response)


def read_meter(connector: Connector, request: Request, response: Response) -> Meter | None:
    """What the answer tells of the rate budget. One that cannot be read spoils nothing else."""
    if connector.meter is None:
        return None
    try:
        return connector.meter(request, response)
    except Exception:
        log.exception("a meter could not be read", connector=connector.slug)
        return None


def classify_status(response: Response) -> Exception | None:
    """The meaning of a status code where the vendor's body says nothing better."""
    status = response.status
    if status < 300:
        return None
    said = response.body[:500].decode(errors="replace")
    if status == 429:
        return RateLimited("Too many requests.", retry_after=retry_after(response), detail=said)
    if status in (401, 403):
        return Unauthorized(f"The remote system refused our credentials ({status}).", detail=said)
    if status == 408 or status >= 500:
        return Unreachable(f"The remote system answered {status}.", sent=True, detail=said)
    return Rejected(f"The remote system answered {status}: {said[:200]}", detail=said)


def retry_after(response: Response, default: float = 1.0) -> float:
    """Seconds to wait, out of the Retry-After header."""
    try:
        return max(0.1, float(response.headers.get("retry-after", default)))
    except ValueError:
        return default
