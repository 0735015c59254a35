"""What each kind of alert finds just now, in one company."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from connectors.models import Connection, ConnectionState
from flows.alerts.decide import Finding
from flows.alerts.kinds import KINDS
from flows.models import AlertKind, Flow
from flows.queries.watch import comparisons, made_of, silences
from flows.queries.work import Cause, find_work

MOST_DEAD = 2 * KINDS["dead_letters"].most  # counted so far, or no rule could ask for as many
DOWN = (ConnectionState.NEEDS_REAUTHORIZATION, ConnectionState.FAILING)


@dataclass(frozen=True)
class Seen:
    """The greatest first, where there is more and less of it. `is_whole`: there is no more."""

    findings: list[Finding]
    is_whole: bool = True


def find(kind: str, threshold: int, now: datetime) -> Seen:
    if kind == AlertKind.DEAD_LETTERS:
        return _dead_letters(threshold, now)
    return Seen(_LOOKS[AlertKind(kind)](threshold, now))


def _connections(minutes: int, now: datetime) -> list[Finding]:
    since = now - timedelta(minutes=minutes)
    down = Connection.objects.filter(state__in=DOWN, state_changed_at__lte=since)
    return [
        Finding(
            one.public_id,
            f"{one.label} {_IS[ConnectionState(one.state)]}",
            one.state_reason or "No reason was given.",
        )
        for one in down.defer("sealed").order_by("state_changed_at")
    ]


_IS = {
    ConnectionState.NEEDS_REAUTHORIZATION: "needs authorisation",
    ConnectionState.FAILING: "is failing",
}


def _dead_letters(most: int, now: datetime) -> Seen:
    work = find_work(now, most=MOST_DEAD)
    findings = [
        Finding(cause.key, _headline(cause), cause.reason or "No reason was given.", cause.count)
        for cause in work.dead
        if cause.count >= most
    ]
    return Seen(findings, is_whole=work.has_all_dead)


def _headline(cause: Cause) -> str:
    letters = "dead letter" if cause.count == 1 else "dead letters"
    return f"{cause.count:,} {letters}"


def _silence(hours: int, now: datetime) -> list[Finding]:
    flows = _flows()
    return [
        Finding(
            one.flow.public_id,
            f"{one.flow.label} is silent",
            f"Nothing came from {one.flow.source.label} for {one.hours} hours, in which"
            f" {one.expected:,.0f} records usually come.",
        )
        for one in silences(flows, made_of(flows, now, hours=hours), now, hours=hours)
    ]


def _drift(levels: int, now: datetime) -> list[Finding]:
    return [
        Finding(
            one.flow.public_id,
            f"{one.flow.label}: {one.drift:,} levels differed",
            f"The last full comparison looked at {one.done.checked:,} levels of stock.",
            one.drift,
        )
        for one in comparisons(_flows(), now)
        if one.done and one.flow.is_on and one.drift >= levels
    ]


def _late(hours: int, now: datetime) -> list[Finding]:
    return [
        Finding(
            one.flow.public_id,
            f"{one.flow.label}: the full comparison is late",
            f"None was finished for {hours} hours.",
        )
        for one in comparisons(_flows(), now)
        if one.is_late(now, hours)
    ]


def _flows() -> Sequence[Flow]:
    rows = Flow.objects.filter(is_on=True).select_related("source", "target")
    return list(rows.defer("source__sealed", "target__sealed").order_by("position", "id"))


_LOOKS: dict[AlertKind, Callable[[int, datetime], list[Finding]]] = {
    AlertKind.CONNECTION_DOWN: _connections,
    AlertKind.FLOW_SILENT: _silence,
    AlertKind.STOCK_DRIFT: _drift,
    AlertKind.SYNC_LATE: _late,
}
