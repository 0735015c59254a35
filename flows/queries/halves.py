"""What the systems of a company were mapped to alone, before there was a flow."""

from collections.abc import Iterable
from uuid import UUID

from django.db.models import Q

from connectors.lines import Mapping
from connectors.models import Connection
from flows.mapping.logic import Logic
from flows.models import Version, VersionState
from flows.queries.versions import logic_of

Key = tuple[UUID, str, str]  # a connection, its stream or nothing, its action or nothing


def readers_of(connection: Connection) -> dict[str, Mapping]:
    """By stream, as far as they are not the connector's own; one query."""
    found = find_halves([connection])
    return {stream: one.reader for (_, stream, _), one in found.items() if one.reader}


def writers_of(connection: Connection) -> dict[str, Mapping]:
    """By action, as far as they are not the connector's own; one query."""
    found = find_halves([connection])
    return {action: one.writer for (_, _, action), one in found.items() if one.writer}


def find_halves(connections: Iterable[Connection]) -> dict[Key, Logic]:
    """Those that were drafted: of a stream its reader, of an action its writer; one query."""
    of_halves = Q(flow__stream="") | Q(flow__action="")
    drafts = Version.objects.filter(
        of_halves, flow__source__in=list(connections), state=VersionState.DRAFT
    )
    flows = ((one.flow, one) for one in drafts.select_related("flow"))
    return {(flow.source_id, flow.stream, flow.action): logic_of(one) for flow, one in flows}
