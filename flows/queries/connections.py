"""What Ekyam does with a connection: what uses it, what is read from it, what waits for it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from django.db.models import Q
from django.utils.translation import gettext, gettext_lazy, ngettext

from connectors.health import Hour
from connectors.models import Connection, ConnectionState
from connectors.queries import ConnectionRow
from flows.models import Cursor, Delivery, Event, Flow
from flows.models.event import Origin
from flows.queries.words import sentence
from flows.states import OPEN

MOST_USES = 50
MOST_COUNTED = 10_000
MOST_LOOKED_THROUGH = 2_000  # messages, for the last webhook: no index has them by connection


@dataclass(frozen=True)
class Use:
    flow_id: str
    flow: str
    way: Literal["reads", "writes"]
    what: str
    other: str  # the system at the flow's other end
    is_on: bool


@dataclass(frozen=True)
class FeedRow:
    """What is asked for, again and again; `due_at` is None while the connection is not open."""

    feed: str
    polled_at: datetime | None
    due_at: datetime | None
    seconds: int
    failures: int
    failure: str


@dataclass(frozen=True)
class Webhooks:
    """`is_told`: the vendor sends them. `last_at` is None where none is among the newest messages;
    `looked_at` is when Ekyam last saw to it that they are registered."""

    is_told: bool
    last_at: datetime | None
    topic: str
    looked_at: datetime | None


@dataclass(frozen=True)
class Doings:
    uses: list[Use]
    more_uses: bool
    feeds: list[FeedRow]
    webhooks: Webhooks
    waiting: int  # MOST_COUNTED + 1 stands for more


def get_doings(connection: Connection) -> Doings:
    """Four queries."""
    uses = _uses(connection)
    feeds = Cursor.objects.filter(connection=connection).order_by("feed")
    return Doings(
        uses=uses[:MOST_USES],
        more_uses=len(uses) > MOST_USES,
        feeds=[_feed(one, connection) for one in feeds],
        webhooks=_webhooks(connection),
        waiting=_waiting(connection),
    )


def _uses(connection: Connection) -> list[Use]:
    ends = Q(source=connection) | Q(target=connection)
    flows = Flow.objects.filter(ends).select_related("source", "target")
    rows = flows.defer("source__sealed", "target__sealed").order_by("-is_on", "position", "label")
    return [_use(flow, connection) for flow in rows[: MOST_USES + 1]]


def _use(flow: Flow, connection: Connection) -> Use:
    reads = flow.source_id == connection.pk
    return Use(
        flow_id=flow.public_id,
        flow=flow.label,
        way="reads" if reads else "writes",
        what=flow.stream_spec.label if reads else flow.action_spec.label,
        other=flow.target.label if reads else flow.source.label,
        is_on=flow.is_on,
    )


def _feed(one: Cursor, connection: Connection) -> FeedRow:
    return FeedRow(
        feed=one.feed.replace("_", " ").capitalize(),
        polled_at=one.polled_at,
        due_at=one.due_at if connection.is_open else None,
        seconds=one.interval_seconds,
        failures=one.failures,
        failure=one.failure,
    )


def _webhooks(connection: Connection) -> Webhooks:
    newest = Event.objects.order_by("-received_at").values("pk")[:MOST_LOOKED_THROUGH]
    mine = Event.objects.filter(pk__in=newest, connection=connection, origin=Origin.WEBHOOK)
    last = mine.order_by("-received_at").values_list("received_at", "topic").first()
    at, topic = last or (None, "")
    is_told = connection.spec.webhooks is not None
    return Webhooks(is_told, at, topic, connection.webhooks_checked_at)


def _waiting(connection: Connection) -> int:
    open_ones = Delivery.objects.filter(target=connection, state__in=OPEN)
    return open_ones.values("pk")[: MOST_COUNTED + 1].count()


def answer(connection: Connection, hours: list[Hour], waiting: int) -> str:
    """How it is, in a sentence or two."""
    state, reason = connection.state, connection.state_reason
    waits = f" {_counted(waiting)}" if waiting else ""
    if state == ConnectionState.FAILING:
        said = gettext("It does not answer; Ekyam goes on trying, and nothing is lost.")
        return f"{said} {sentence(reason)}{waits}" if reason else said + waits
    if state != ConnectionState.ACTIVE:
        said = sentence(reason) if reason else gettext("Nothing is sent to it.")
        return said + waits
    return _figures(hours)


_TROUBLES = {
    ConnectionState.NEEDS_REAUTHORIZATION: gettext_lazy("needs authorisation"),
    ConnectionState.PAUSED: gettext_lazy("is paused"),
    ConnectionState.FAILING: gettext_lazy("is failing"),
    "unchecked": gettext_lazy("is not checked yet"),
}


def answer_of_all(rows: Sequence[ConnectionRow]) -> str:
    """How many are well, and which of the others comes first."""
    troubled = [one for one in rows if one.health != ConnectionState.ACTIVE or one.is_in_doubt]
    if not rows:
        return gettext("The systems that Ekyam may talk to for you.")
    many = len(rows)
    if not troubled:
        said = ngettext("The system is well.", "All {many} systems are well.", many)
        return said.format(many=many)
    well, more = many - len(troubled), len(troubled) - 1
    said = ngettext(
        "{well} of {many} systems are well.", "{well} of {many} systems are well.", many
    ).format(well=well, many=many)
    trouble = _TROUBLES.get(troubled[0].health, gettext("did not pass its last check"))
    first = f"{troubled[0].label} {trouble}"
    if not more:
        return f"{said} {first}."
    others = ngettext("{first}; and {more} more.", "{first}; and {more} more.", more)
    return f"{said} {others.format(first=first, more=more)}"


def _counted(waiting: int) -> str:
    if waiting > MOST_COUNTED:
        return ngettext(
            "More than {most:,} deliveries wait for it.",
            "More than {most:,} deliveries wait for it.",
            MOST_COUNTED,
        ).format(most=MOST_COUNTED)
    return ngettext(
        "{waiting:,} delivery waits for it.", "{waiting:,} deliveries wait for it.", waiting
    ).format(waiting=waiting)


def _figures(hours: list[Hour]) -> str:
    good, failed = sum(one.good for one in hours), sum(one.failed for one in hours)
    if not good + failed:
        return gettext("Nothing was asked of it in the last 24 hours.")
    if not failed:
        return ngettext(
            "It answered all {good:,} tries of the last 24 hours.",
            "It answered all {good:,} tries of the last 24 hours.",
            good,
        ).format(good=good)
    return ngettext(
        "It answered {good:,} of {all:,} tries of the last 24 hours.",
        "It answered {good:,} of {all:,} tries of the last 24 hours.",
        good + failed,
    ).format(good=good, all=good + failed)
