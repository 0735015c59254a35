"""What was said, as it is kept: trimmed, and without secrets."""

from collections.abc import Mapping, Sequence
from typing import Any

from connectors.client import Exchange
from ekyam.logs import redact

KEPT_CHARACTERS = 8_000


def show_exchanges(exchanges: Sequence[Exchange]) -> list[dict[str, Any]]:
    return [_show(exchange) for exchange in exchanges]


def _show(exchange: Exchange) -> dict[str, Any]:
    request, response = exchange.request, exchange.response
    shown: dict[str, Any] = {
        "method": request.method,
        "url": exchange.url,
        "sent": _text(request.content()),
        "writes": request.writes,
        "at": exchange.started_at.isoformat(),
        "duration_ms": round(exchange.duration_ms, 1),
    }
    if response is not None:
        shown |= {
            "status": response.status,
            "headers": _headers(response.headers),
            "answer": _text(response.body),
        }
    if exchange.failure is not None:
        shown["failure"] = redact(str(exchange.failure))[:500]
    return shown


def _text(content: bytes) -> str:
    text: str = redact(content[: KEPT_CHARACTERS * 4].decode(errors="replace").replace("\0", "�"))
    return text if len(text) <= KEPT_CHARACTERS else text[:KEPT_CHARACTERS] + " […]"


def _headers(headers: Mapping[str, str]) -> dict[str, str]:
    """Those that help: where the record is, how much budget is left, the vendor's request id."""
    wanted = ("location", "retry-after", "x-request-id", "content-type")
    return {name: headers[name][:300] for name in wanted if name in headers}
