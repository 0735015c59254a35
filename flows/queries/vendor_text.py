"""A text for the support of the other system: what was asked, when, and what it answered."""

from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit, urlunsplit

from ekyam.logs import redact_text
from flows.models import Attempt, Delivery

MOST = 600  # characters of an answer


def write_to_vendor(public_id: str) -> str:
    """Of the newest attempt of a dead letter. What was sent stays here: it holds what customers
    have written; keys and tokens were never kept. Two queries. Raises Delivery.DoesNotExist."""
    one = Delivery.objects.select_related("target").get(pk=Delivery.get_public(public_id).pk)
    attempt = Attempt.objects.filter(delivery=one).order_by("-started_at").first()
    name = one.target.label if one.target else "your system"
    lines = [
        "Hello,",
        "",
        f"{name} refuses a request of our integration, and we cannot see why.",
        "",
        f"What you answered: {redact_text(one.reason)[:MOST]}",
    ]
    exchange = _last(attempt.exchanges if attempt else [])
    if exchange:
        lines += _said(exchange)
    if attempt:
        lines.append(f"Attempts: {one.attempts_made}, the last at {_utc(attempt.started_at)}")
    lines += [
        f"Our reference: {one.public_id}",
        "",
        "Could you tell us what is wrong with the request, or what you see in your logs?",
        "",
        "Thank you.",
    ]
    return "\n".join(lines)


def _last(exchanges: list[dict[str, Any]]) -> dict[str, Any]:
    """The last that was refused, else the last."""
    refused = [one for one in exchanges if not 200 <= (one.get("status") or 0) < 300]
    return (refused or exchanges or [{}])[-1]


def _said(exchange: dict[str, Any]) -> list[str]:
    address = urlunsplit(urlsplit(str(exchange.get("url", "")))._replace(query="", fragment=""))
    headers = exchange.get("headers") or {}
    found = [f"Request: {exchange.get('method', '')} {redact_text(address)}"]
    if at := exchange.get("at"):
        found.append(f"Time: {_utc(datetime.fromisoformat(at))}")
    if status := exchange.get("status"):
        found.append(f"Status: {status}")
    if request_id := headers.get("x-request-id"):
        found.append(f"Request id: {request_id}")
    return found


def _utc(at: datetime) -> str:
    return f"{at.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC"
