"""A flow that is On leaves nothing empty that is required."""

from flows.mapping.logic import Logic
from flows.models import Flow
from flows.queries.verify import verify
from flows.states import IllegalMove

VERIFIED = 50  # of the newest records: it is asked while a person waits
NAMED = 3


class Incomplete(IllegalMove):
    """The logic leaves empty what is required: Verify shows where."""


def refuse_incomplete(
    flow: Flow, logic: Logic, *, move: str, instead_of: Logic | None = None
) -> None:
    """Raises Incomplete for a logic by which nothing could arrive; `move` ends "cannot ...".

    What the logic that it takes the place of lacks as well is no reason to keep that one. Records
    are read and judged, so it is asked before rows are locked.
    """
    stops = verify(flow, logic, most=VERIFIED).stops
    if stops and instead_of is not None:
        lacked = verify(flow, instead_of, most=VERIFIED).stops
        stops = {where: words for where, words in stops.items() if where not in lacked}
    if stops:
        said = list(stops.values())
        more = f" And {len(said) - NAMED} more." if len(said) > NAMED else ""
        raise Incomplete(f"{flow.label} cannot {move}: {' '.join(said[:NAMED])}{more}")
