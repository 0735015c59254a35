"""A connection's credentials: sealed in the row, open only in memory."""

from collections.abc import Mapping

import msgspec

from connectors.models import Connection


def open_credentials(connection: Connection) -> dict[str, str]:
    plain = connection.unseal("sealed")
    return msgspec.json.decode(plain, type=dict[str, str]) if plain else {}


def seal_credentials(connection: Connection, credentials: Mapping[str, str]) -> None:
    """Put them into the row; the caller saves it."""
    connection.seal("sealed", msgspec.json.encode(dict(credentials)))
