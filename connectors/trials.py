"""What a person enters for a connection, tried at the vendor before it takes the place of what is
in use."""

import copy
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

from connectors.channel import Channel, open_channel
from connectors.checks import Part, parts_of, vital_failures
from connectors.client import Client, request_token
from connectors.models import Connection
from connectors.operations import settings_with


class TrialChannel(Channel):
    """A token that it fetches, or that is refused, is no matter of the connection's row."""

    def _drop(self, token: str) -> None:
        """The row never had it."""

    def _renew(self, client: Client) -> Mapping[str, str]:
        known, now = client.credentials, client.now()
        token = request_token(client, client.auth.request(known, client.settings, now))
        self.credentials = {**known, **token, "issued_at": now.isoformat()}
        return self.credentials


@dataclass(frozen=True)
class Trial:
    """`parts` as a check has them; `credentials` with the token that was fetched by them."""

    parts: list[Part]
    credentials: Mapping[str, str] = field(repr=False)

    @property
    def refusal(self) -> str:
        """What the vendor says, where it does not let us in. A role that lacks a permission is
        refused too, but let in."""
        asked = (part for part in self.parts if part["kind"] == "credentials")
        return next((part["message"] for part in asked if part["refused"]), "")

    @property
    def failures(self) -> list[Part]:
        return vital_failures(self.parts)

    @property
    def has_answer(self) -> bool:
        """Whether we know now if these let us in: somebody answered, and judged them."""
        return not any(part["kind"] in ("reachable", "credentials") for part in self.failures)


def try_access(
    connection: Connection,
    credentials: Mapping[str, str],
    settings: Mapping[str, str],
    *,
    uses: Collection[str] | None = None,
) -> Trial:
    """Check the connection as it would be with these, and keep nothing.

    Call it outside of any transaction: it sends requests. Raises OtherAccount.
    """
    row = copy.copy(connection)
    row.settings = settings_with(connection, settings)
    known = vars(open_channel(row))
    channel = TrialChannel(**{**known, "credentials": {**known["credentials"], **credentials}})
    return Trial(list(parts_of(channel, uses)), channel.credentials)
