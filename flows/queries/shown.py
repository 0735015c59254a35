"""Deliveries' states as a reader should see them, where the engine's own would mislead."""

from collections.abc import Iterable
from uuid import UUID

from django.utils.translation import gettext

from connectors.errors import MissingLink, MissingRow
from flows.models import Delivery
from flows.states import SENDABLE, State
from flows.waits import RELEASE, ROW

UNNEEDED = "unneeded"  # waits for what may as well never come
HEALED = "healed"  # failed, and something newer did what it could not
HELD = "held_by_rule"  # a rule has it wait for a person
LACKS_ROW = "lacks_row"  # waits for a row of a lookup table
ON_HOLD = "on_hold"  # a person holds its order
_WAITED = ("", MissingLink.code, MissingRow.code, "held")  # as failures: they never failed


def find_idle(deliveries: Iterable[Delivery]) -> set[UUID]:
    """Those that wait harmlessly, and those that only wait behind one of them."""
    found, keys = set(), set()
    for one in deliveries:  # the oldest first
        key = (one.record_id, one.target_id)
        if one.state == State.PARKED and one.note:
            keys.add(key)
        if key in keys and one.state in (State.PARKED, State.PENDING):
            found.add(one.pk)
    return found


def show_state(one: Delivery, *, is_idle: bool = False, is_on_hold: bool = False) -> str:
    """`is_on_hold` says that a person holds its order."""
    if is_idle:
        return UNNEEDED
    if is_on_hold and one.state in SENDABLE:
        return ON_HOLD
    if one.state == State.PARKED and one.waits_for.startswith(RELEASE):
        return HELD
    if one.state == State.PARKED and one.waits_for.startswith(ROW):
        return LACKS_ROW
    if one.state == State.SUPERSEDED and one.failure not in _WAITED:
        return HEALED
    return one.state


def show_note(one: Delivery) -> str:
    """The id of what is newer says nothing to a reader: it stands further down."""
    if one.state == State.SUPERSEDED and one.note.endswith(" is newer."):
        return gettext("A newer one took its place.")
    return one.note
