"""What can be asked of every system alike: does it answer, what time has it, what may we spend?"""

import time
from collections.abc import Iterator
from datetime import UTC, timedelta
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.utils import timezone

from connectors.budget import standing_of
from connectors.channel import Channel, account_of, limits_of
from connectors.errors import Unreachable
from connectors.models import Environment
from ekyam import outbound

PATIENCE_SECONDS = 10.0
FURTHEST = timedelta(minutes=2)  # signed requests and tokens bear about five


def reach(channel: Channel) -> Iterator[dict[str, Any]]:
    """One request without credentials: whatever comes back is an answer."""
    began = time.monotonic()
    part = _part("reachable", "Reachable", kind="reachable")
    vendor = channel.connector.label
    try:
        answer = _knock(channel, "GET", f"{channel.base_url}/")
    except outbound.TooLarge:
        yield {**part, "ok": True, "message": f"{vendor} answers at {channel.base_url}."}
        return
    except outbound.OutboundError as error:
        words = f"{vendor} does not answer at {channel.base_url}: {_told(error)}"
        mend = (
            "See whether the address in the settings is right, and whether the vendor tells of an"
            " outage. Then check again; what is due meanwhile waits."
        )
        yield {**part, "ok": False, "message": words, "mend": mend}
        return
    took = f"{(time.monotonic() - began) * 1000:.0f} ms"
    words = f"{vendor} answers at {channel.base_url}, in {took}."
    yield {**part, "ok": True, "message": words}
    yield _clock(vendor, answer.headers.get("date", ""))


def _knock(channel: Channel, method: str, url: str) -> outbound.Response:
    return outbound.send(
        method, url, deadline_seconds=PATIENCE_SECONDS, allow=channel.allow | _own(channel)
    )


def _own(channel: Channel) -> frozenset[tuple[str, int]]:
    """Our own address may be private where the system is simulated, and nowhere else."""
    if channel.connection.environment != Environment.SANDBOX:
        return frozenset()
    parts = urlsplit(settings.PUBLIC_URL)
    return frozenset(
        {(parts.hostname or "", parts.port or (443 if parts.scheme == "https" else 80))}
    )


def _clock(vendor: str, told: str) -> dict[str, Any]:
    part = _part("clock", "Clock")
    try:
        theirs = parsedate_to_datetime(told)
    except (TypeError, ValueError):
        return {**part, "ok": True, "message": f"{vendor} does not tell its time."}
    theirs = theirs if theirs.tzinfo else theirs.replace(tzinfo=UTC)
    away = abs(timezone.now() - theirs)
    if away <= FURTHEST:
        return {**part, "ok": True, "message": f"Ekyam's clock and {vendor}'s agree."}
    minutes = f"{away.total_seconds() / 60:.0f} minutes"
    words = f"Ekyam's clock and {vendor}'s are {minutes} apart: signed requests may be refused."
    return {**part, "ok": False, "message": words, "mend": "Tell Ekyam: its clock must be set."}


def budget(channel: Channel) -> dict[str, Any]:
    """Not something that fails; it says what there is."""
    part = {**_part("budget", "Rate budget"), "ok": True}
    limits = limits_of(channel.connection)
    found = standing_of(account_of(channel.connection), limits)
    may = [f"{limits.concurrency} requests at once"] if limits.concurrency else []
    if limits.per_second:
        may.insert(0, f"{limits.per_second:g} points a second")
    words = f"The account allows {' and '.join(may) or 'as much as is asked'}."
    if found is not None and found.throttled:
        times = "once" if found.throttled == 1 else f"{found.throttled} times"
        words += f" In the last hour it asked us {times} to slow down."
    return {**part, "message": words}


def knock(channel: Channel, address: str) -> None:
    """Our own door for this connection must be there, and turn away what is not signed.

    Raises Unreachable.
    """
    try:
        answer = _knock(channel, "POST", address)
    except outbound.OutboundError as error:
        raise Unreachable(f"Nobody answers at {address}: {_told(error)}", sent=False) from error
    if answer.status != 401:
        words = f"Something else than Ekyam answers at {address} ({answer.status})."
        raise Unreachable(words, sent=True)


def _told(error: Exception) -> str:
    said = str(error).strip() or "no reason was given"
    return said if said.endswith(".") else f"{said}."


def _part(name: str, label: str, *, kind: str = "other") -> dict[str, Any]:
    return {"name": name, "label": label, "refused": False, "kind": kind, "mend": ""}
