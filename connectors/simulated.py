"""An account at Ekyam's own simulators, made by asking for it: how one tries Ekyam out."""

from typing import Any
from urllib.parse import urlsplit

import msgspec
from django.conf import settings

from connectors.errors import Unreachable
from connectors.models import Environment
from connectors.registry import folder_of, get_connector
from connectors.set_ups import Access
from ekyam import outbound

POLL_SECONDS = 5  # whoever tries something out does not wait for a vendor's usual minutes
PATIENCE_SECONDS = 10.0


def has_simulator(connector: str) -> bool:
    """Never in production, which refuses to start with simulators."""
    return bool(settings.SANDBOX_URL) and (folder_of(connector) / "sandbox.py").exists()


def open_account(connector: str, account: str) -> Access:
    """What the simulated account says that one connects with. Raises Unreachable."""
    given = _ask(f"{settings.SANDBOX_URL}/{connector}/{account}/_control/connection")
    return Access(
        label=f"{get_connector(connector).label} sandbox",
        environment=Environment.SANDBOX,
        auth=given["auth"],
        settings={**given["settings"], "poll_seconds": POLL_SECONDS},
        credentials=given["credentials"],
    )


def _ask(address: str) -> Any:
    parts = urlsplit(settings.SANDBOX_URL)
    try:
        answer = outbound.send(
            "GET",
            address,
            headers={"X-Sandbox-Token": settings.SANDBOX_TOKEN},
            deadline_seconds=PATIENCE_SECONDS,
            allow=frozenset({(parts.hostname or "", parts.port or 80)}),
        )
    except outbound.OutboundError as error:
        raise Unreachable("The simulators do not answer.", sent=False) from error
    if answer.status != 200:
        raise Unreachable(f"The simulators answered {answer.status}.", sent=True)
    return msgspec.json.decode(answer.body)
