"""A flow that is On leaves nothing empty that is required."""

from typing import Literal

from django.utils.translation import gettext, ngettext

from flows.mapping.logic import Logic
from flows.models import Flow
from flows.queries.verify import verify
from flows.states import IllegalMove

Move = Literal["go_on", "go_by_draft"]
VERIFIED = 50  # of the newest records: it is asked while a person waits
NAMED = 3


class Incomplete(IllegalMove):
    """The logic leaves empty what is required: Verify shows where."""


def refuse_incomplete(
    flow: Flow, logic: Logic, *, move: Move, instead_of: Logic | None = None
) -> None:
    """Raises Incomplete for a logic by which nothing could arrive; `move` is what it cannot do.

    What the logic that it takes the place of lacks as well is no reason to keep that one. Records
    are read and judged, so it is asked before rows are locked.
    """
    stops = verify(flow, logic, most=VERIFIED).stops
    if stops and instead_of is not None:
        lacked = verify(flow, instead_of, most=VERIFIED).stops
        stops = {where: words for where, words in stops.items() if where not in lacked}
    if stops:
        said = list(stops.values())
        why, more = " ".join(said[:NAMED]), len(said) - NAMED
        if more > 0:
            why += " " + ngettext("And {more} more.", "And {more} more.", more).format(more=more)
        raise Incomplete(_cannot(move).format(label=flow.label, why=why))


def _cannot(move: Move) -> str:
    if move == "go_on":
        return gettext("{label} cannot go On as it is: {why}")
    return gettext("{label} cannot go by this draft while it is On: {why}")
