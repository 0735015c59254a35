"""The certificate of the host that a connection talks to: seen at each check, and kept."""

from datetime import datetime
from typing import Any

from django.utils import timezone

from connectors.channel import open_channel
from connectors.models import Connection
from ekyam import outbound


def see_certificate(connection: Connection) -> dict[str, Any]:
    """What to keep of it: host, issuer, expires_at, or the problem with it; empty without TLS.

    Call it outside of any transaction: it opens a connection.
    """
    seen_at = timezone.now().isoformat()
    try:
        channel = open_channel(connection)
    except Exception:  # the check of the same moment tells of it, and has logged why
        return {"problem": "The connection could not be opened.", "seen_at": seen_at}
    try:
        shown = outbound.read_certificate(channel.base_url, allow=channel.allow)
    except outbound.OutboundError as error:
        return {"problem": str(error)[:300], "seen_at": seen_at}
    if shown is None:
        return {}
    ends = shown.expires_at.isoformat()
    return {"host": shown.host, "issuer": shown.issuer, "expires_at": ends, "seen_at": seen_at}


def keep_certificate(connection: Connection, seen: dict[str, Any]) -> None:
    Connection.objects.filter(pk=connection.pk).update(certificate=seen)


def ends_at(certificate: dict[str, Any]) -> datetime | None:
    text = certificate.get("expires_at")
    return datetime.fromisoformat(text) if text else None
