"""What to do about what was found, given what is open. Pure.

Whatever is found is open afterwards, once; whatever is open and not found is cleared.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

MOST_OPEN = 20  # causes of one rule; of more, the rest is one alert
REST = "the rest"


@dataclass(frozen=True)
class Finding:
    """Something is wrong. `cause` stays the same while it is; the rest is for people."""

    cause: str
    subject: str
    text: str
    count: int = 1


@dataclass(frozen=True)
class Open:
    """An alert that is open. `told_at` is when people were told last, of `told_count`."""

    cause: str
    opened_at: datetime
    told_at: datetime | None = None
    told_count: int = 0
    is_acknowledged: bool = False
    is_escalated: bool = False


@dataclass(frozen=True)
class Terms:
    quiet: timedelta
    escalate_after: timedelta | None


class Do(StrEnum):
    OPEN = "open"
    UPDATE = "update"
    CLEAR = "clear"


@dataclass(frozen=True)
class Step:
    """`tell` is the notice to write: open, again, escalation, clear, or nothing. An alert that
    opens quietly, for its cause was told of a short while ago, was told of at `quiet_since`."""

    do: Do
    cause: str
    finding: Finding | None = None
    tell: str = ""
    quiet_since: datetime | None = None


def decide(
    findings: Iterable[Finding],
    open_ones: Iterable[Open],
    terms: Terms,
    now: datetime,
    *,
    told_before: Mapping[str, datetime] | None = None,
    is_whole: bool = True,
) -> list[Step]:
    """`told_before`: by cause, when people were last told of one that is over. `is_whole`: whether
    all that is wrong was looked at; else nothing is over because it was not found."""
    found = {one.cause: one for one in findings}
    known = {one.cause: one for one in open_ones}
    before = told_before or {}
    steps = [
        _go_on(known[cause], finding, terms, now)
        if cause in known
        else _begin(finding, before.get(cause), terms, now)
        for cause, finding in found.items()
    ]
    return steps + [
        Step(Do.CLEAR, cause, tell="clear" if one.told_count else "")
        for cause, one in known.items()
        if cause not in found and is_whole
    ]


def _begin(finding: Finding, told_at: datetime | None, terms: Terms, now: datetime) -> Step:
    """What comes and goes is not told of each time."""
    if told_at is not None and now - told_at < terms.quiet:
        return Step(Do.OPEN, finding.cause, finding, quiet_since=told_at)
    return Step(Do.OPEN, finding.cause, finding, tell="open")


def _go_on(one: Open, finding: Finding, terms: Terms, now: datetime) -> Step:
    tell = ""
    if not one.is_acknowledged:
        after, told_at = terms.escalate_after, one.told_at or one.opened_at
        if after is not None and not one.is_escalated and now - one.opened_at >= after:
            tell = "escalation"
        elif now - told_at >= terms.quiet and finding.count > one.told_count:
            tell = "again" if one.told_count else "open"
    return Step(Do.UPDATE, one.cause, finding, tell=tell)


def bundle(
    findings: Sequence[Finding], open_causes: Iterable[str], *, most: int = MOST_OPEN
) -> list[Finding]:
    """A storm of causes is `most` alerts, and one of the rest. What is open stays by itself."""
    known = set(open_causes)
    kept = [one for one in findings if one.cause in known]
    new = [one for one in findings if one.cause not in known]
    room = max(0, most - len(kept))
    rest = new[room:]
    if rest:
        total = sum(one.count for one in rest)
        text = f"{len(rest):,} more causes, such as: {rest[0].text}"
        return [*kept, *new[:room], Finding(REST, f"{len(rest):,} more causes", text, total)]
    return [*kept, *new]
