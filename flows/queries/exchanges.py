"""What was said to the other system and what it answered, made readable."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import msgspec
from django.utils.translation import gettext

from flows.models import Attempt

SHOWN_CHARACTERS = 20_000


@dataclass(frozen=True)
class ExchangeRow:
    method: str
    url: str
    sent: str
    status: str  # the HTTP status, or why there is none
    answer: str
    seconds: float | None
    headers: str
    writes: bool


@dataclass(frozen=True)
class AttemptRow:
    number: int
    started_at: datetime
    seconds: float
    outcome: str
    reason: str
    exchanges: list[ExchangeRow]


def show_attempt(one: Attempt, *, is_whole: bool = True) -> AttemptRow:
    """Without its exchanges, which may be large, when it is not `is_whole`."""
    exchanges = [_exchange(found) for found in one.exchanges] if is_whole else []
    return AttemptRow(
        number=one.number,
        started_at=one.started_at,
        seconds=one.duration_ms / 1000,
        outcome=one.outcome,
        reason=one.reason,
        exchanges=exchanges,
    )


def _exchange(found: Mapping[str, Any]) -> ExchangeRow:
    lasted = found.get("duration_ms")
    headers = found.get("headers") or {}
    return ExchangeRow(
        method=found.get("method", ""),
        url=found.get("url", ""),
        sent=pretty(found.get("sent", "")),
        status=str(found.get("status") or found.get("failure") or gettext("no answer")),
        answer=pretty(found.get("answer", "")),
        seconds=None if lasted is None else lasted / 1000,
        headers="\n".join(f"{name}: {value}" for name, value in headers.items()),
        writes=bool(found.get("writes")),
    )


def pretty(content: Any) -> str:
    """JSON on many lines; other text as it is; cut where it would fill the page."""
    if isinstance(content, bytes | memoryview):
        content = bytes(content).decode(errors="replace")
    if not isinstance(content, str):
        return _cut(json.dumps(content, indent=2, ensure_ascii=False))
    try:
        # Only the white space changes: 10.10 stays 10.10.
        return _cut(msgspec.json.format(content, indent=2))
    except msgspec.DecodeError:
        return _cut(content)


def _cut(text: str) -> str:
    return text if len(text) <= SHOWN_CHARACTERS else f"{text[:SHOWN_CHARACTERS]}\n[…]"
