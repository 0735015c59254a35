"""A connection's credentials: sealed in the row, open only in memory."""

from collections.abc import Mapping

import msgspec
from django.utils.crypto import salted_hmac

from connectors.models import Connection


def open_credentials(connection: Connection) -> dict[str, str]:
    plain = connection.unseal("sealed")
    return msgspec.json.decode(plain, type=dict[str, str]) if plain else {}


def edition_of(connection: Connection) -> str:
    """Another one when a person has entered others, and the same when a token was renewed.

    It may stand in a page: without our own key it tells nothing of what it was made of.
    """
    known, method = open_credentials(connection), connection.spec.auth_method(connection.auth)
    entered = [connection.auth, *(known.get(field.name, "") for field in method.fields)]
    return salted_hmac("connectors.credentials", msgspec.json.encode(entered)).hexdigest()


def seal_credentials(connection: Connection, credentials: Mapping[str, str]) -> None:
    """Put them into the row; the caller saves it."""
    connection.seal("sealed", msgspec.json.encode(dict(credentials)))
