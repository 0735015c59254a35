"""What of a connection ends on a day, and whose move that is."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.utils.translation import gettext

from connectors.certificates import ends_at
from connectors.channel import base_url_of
from connectors.credentials import open_credentials
from connectors.errors import AddressMissing
from connectors.models import Connection

SOON = timedelta(days=21)


@dataclass(frozen=True)
class Ending:
    """`state` is ok, soon or over; of nothing that is known it is none."""

    label: str
    state: str
    words: str
    at: datetime | None = None


def endings_of(connection: Connection, *, now: datetime) -> list[Ending]:
    """Never a secret: of the credentials only until when they hold."""
    return [_certificate(connection, now), _token(connection, now)]


def _certificate(connection: Connection, now: datetime) -> Ending:
    label, seen = gettext("Certificate of the host"), connection.certificate
    try:
        address = base_url_of(connection)
    except AddressMissing:
        return Ending(label, "none", gettext("Nobody knows the host: the address is missing."))
    if not address.startswith("https:"):
        return Ending(
            label, "none", gettext("It is spoken to without TLS, as simulated systems are.")
        )
    if seen.get("problem"):
        return Ending(label, "over", str(seen["problem"]))
    at = ends_at(seen)
    if at is None:
        return Ending(label, "none", gettext("Not seen yet: «Check now» looks at it."))
    if seen.get("issuer"):
        words = gettext("{host}, given by {issuer}. The vendor renews it.")
    else:
        words = gettext("{host}. The vendor renews it.")
    words = words.format(host=seen["host"], issuer=seen.get("issuer"))
    return Ending(label, _state(at, now), words, at)


def _token(connection: Connection, now: datetime) -> Ending:
    method = connection.spec.auth_method(connection.auth)
    if not method.needs_token:
        return Ending(
            gettext("Credentials"), "none", gettext("They do not end on a day that Ekyam knows of.")
        )
    known, label = open_credentials(connection), gettext("Access token")
    if not known.get("access_token"):
        return Ending(
            label, "none", gettext("There is none at the moment; the next request fetches one.")
        )
    if not known.get("expires_at"):
        return Ending(label, "ok", gettext("It does not end by itself."))
    at = datetime.fromisoformat(known["expires_at"])
    if not method.has_consent or known.get("refresh_token"):
        return Ending(label, "ok", gettext("Ekyam renews it a minute before it ends."), at)
    return Ending(
        label, _state(at, now), gettext("A person must authorise again before it ends."), at
    )


def _state(at: datetime, now: datetime) -> str:
    if at <= now:
        return "over"
    return "soon" if at < now + SOON else "ok"
