"""One step of a record's way: something received, or something sent."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime

from django.utils.translation import gettext

from ekyam import ids
from flows.models import Attempt, Delivery, Event
from flows.operations.replay import is_editable, is_held
from flows.operations.sweep import PARKED_FOR
from flows.queries.exchanges import AttemptRow, show_attempt
from flows.queries.shown import (
    HEALED,
    HELD,
    LACKS_ROW,
    ON_HOLD,
    UNNEEDED,
    show_note,
    show_state,
)
from flows.states import CANCELLABLE, OPEN, REPLAYABLE, State


@dataclass(frozen=True)
class Hop:
    """`kind` is event or delivery; `at` is when it ended, or began if it has not."""

    kind: str
    id: str
    title: str
    part: str  # the resource of the record that it was about
    source: str
    target: str
    state: str
    event_id: str  # its own, or what a delivery came of
    began_at: datetime
    at: datetime
    latency_seconds: float | None  # a delivery's since it was received, an event's since the last
    due_at: datetime | None = None
    dies_at: datetime | None = None  # unless what it waits for is there by then
    result: str = ""
    note: str = ""
    why: str = ""
    reason: str = ""
    failure: str = ""
    blame: str = ""
    origin: str = ""
    attempts: list[AttemptRow] = field(default_factory=list)
    may_replay: bool = False
    may_cancel: bool = False
    may_edit: bool = False
    is_held: bool = False  # by a rule, until a person releases or rejects it
    flow_id: str = ""
    version_id: str = ""  # what it is written by; empty is the connector's own mapping
    version: int | None = None
    received_at: datetime | None = None
    waits_seconds: float | None = None  # since it was received, while it is not written
    usual_seconds: float | None = None  # what its flow takes, where that is known

    @property
    def needs_person(self) -> bool:
        return self.state in (State.DEAD, State.PARKED, HELD, LACKS_ROW, ON_HOLD)

    @property
    def is_open(self) -> bool:
        return self.state in (*OPEN, HELD, LACKS_ROW, ON_HOLD, "received")

    @property
    def is_late(self) -> bool:
        """It waits for longer than is usual by far."""
        usual, waits = self.usual_seconds, self.waits_seconds
        return waits is not None and usual is not None and waits > max(3 * usual, 60)


def event_hop(event: Event, *, last_at: datetime | None, part: str) -> Hop:
    what = event.topic or event.feed
    gap = (event.received_at - last_at).total_seconds() if last_at else None
    return Hop(
        kind="event",
        id=event.public_id,
        title=what,
        part=part,
        source=event.connection.label,
        target="",
        state=event.state,
        event_id=event.public_id,
        began_at=event.received_at,
        at=event.received_at,
        latency_seconds=gap,
        note=event.note,
        origin=event.origin,
    )


def _dies_at(one: Delivery) -> datetime | None:
    """What has a note may as well never come: then it needed nothing."""
    waits = one.state == State.PARKED and one.waits_for.startswith("link:") and not one.note
    return one.parked_at + PARKED_FOR if waits and one.parked_at else None


def delivery_hop(
    one: Delivery,
    *,
    part: str,
    attempts: Iterable[Attempt] = (),
    is_whole: bool = False,
    is_idle: bool = False,
    is_on_hold: bool = False,
    usual: float | None = None,
    now: datetime | None = None,
) -> Hop:
    """Attempts come without their exchanges unless it is `is_whole`. With `now` it says how long it
    waits, which `usual` is beside."""
    ended = one.finished_at
    result = " ".join(dict.fromkeys(filter(None, (one.result_label, one.result_id))))
    state = show_state(one, is_idle=is_idle, is_on_hold=is_on_hold)
    waits = one.state in OPEN and not is_idle and now is not None
    return Hop(
        kind="delivery",
        id=one.public_id,
        title=one.flow.label if one.flow else gettext("Reading"),
        part=part,
        source=one.flow.source.label if one.flow else "",
        target=one.target.label if one.target else "",
        state=state,
        event_id=ids.public(Event.prefix, one.event_id),
        began_at=one.created_at,
        at=ended or one.created_at,
        latency_seconds=(ended - one.received_at).total_seconds() if ended else None,
        due_at=one.due_at if one.state in (State.RETRYING, State.IN_DOUBT) else None,
        dies_at=_dies_at(one),
        result=result,
        note=show_note(one),
        why=one.why,
        reason="" if state == UNNEEDED else one.reason,
        failure=one.failure,
        blame="" if state in (HEALED, UNNEEDED) else one.blame,
        attempts=[show_attempt(found, is_whole=is_whole) for found in attempts],
        may_replay=one.state in REPLAYABLE,
        may_cancel=one.state in CANCELLABLE and not one.wrote and not is_held(one),
        may_edit=one.state in REPLAYABLE and one.standard is not None and is_editable(one),
        is_held=is_held(one),
        flow_id=one.flow.public_id if one.flow else "",
        version_id=one.version.public_id if one.version else "",
        version=one.version.number if one.version else None,
        received_at=one.received_at,
        waits_seconds=(now - one.received_at).total_seconds() if waits and now else None,
        usual_seconds=usual,
    )
