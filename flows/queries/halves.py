"""What the systems of a company were mapped to alone, before there was a flow."""

from connectors.lines import Mapping
from connectors.models import Connection
from flows.models import Version, VersionState
from flows.queries.versions import logic_of

_DRAFT = VersionState.DRAFT


def readers_of(connection: Connection) -> dict[str, Mapping]:
    """By stream, as far as they are not the connector's own; one query."""
    drafts = Version.objects.filter(flow__source=connection, flow__action="", state=_DRAFT)
    found = {one.flow.stream: logic_of(one).reader for one in drafts.select_related("flow")}
    return {stream: reader for stream, reader in found.items() if reader}


def writers_of(connection: Connection) -> dict[str, Mapping]:
    """By action, as far as they are not the connector's own; one query."""
    drafts = Version.objects.filter(flow__target=connection, flow__stream="", state=_DRAFT)
    found = {one.flow.action: logic_of(one).writer for one in drafts.select_related("flow")}
    return {action: writer for action, writer in found.items() if writer}
