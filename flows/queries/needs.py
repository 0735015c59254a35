"""The four things that a flow's On light is earned by, and what each lacks. No query in here."""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Literal

from django.utils.translation import gettext, ngettext

from connectors.models import ConnectionState
from flows.queries.words import because

Tone = Literal["good", "quiet", "warn", "bad"]
Name = Literal["authentication", "mapping", "logic", "synchronisation"]
# Where the button leads that mends it.
Where = Literal["", "connection", "verify", "dead_letters", "tables", "flow", "switch", "stock"]
_LIGHTS = {"bad": "broken", "warn": "held", "quiet": "quiet", "good": "on"}
_WORST: tuple[Tone, ...] = ("bad", "warn", "quiet")
_OF_MAPPING = ("mapping_failed", "money_mismatch", "missing_row")
MANY_FAILURES = 2  # of polling, one after the other: the first may be a hiccup


@dataclass(frozen=True)
class Ending:
    """One end of a flow. `unproven` are the parts of its last check that did not pass."""

    id: str
    label: str
    state: str
    reason: str
    unproven: tuple[str, ...] = ()
    checked_at: datetime | None = None


@dataclass(frozen=True)
class Facts:
    """`dead_reason` is None without a dead letter that is newer than the last success, `dead_code`
    is what failed. `lacking` are records that wait for a row of a table. `feeder` is the label and
    id of the flow whose rules feed this one, if that flow is off. `poll` is why the source could
    not be polled, if it could not be several times."""

    is_on: bool
    source: Ending
    target: Ending
    goes_by: str = ""  # the connectors' own mapping
    dead_reason: str | None = None
    dead_code: str = ""
    lacking: int = 0
    feeder: tuple[str, str] | None = None
    poll: str = ""
    last_success_at: datetime | None = None
    has_succeeded: bool = False
    is_stock: bool = False

    @property
    def endings(self) -> tuple[Ending, Ending]:
        return self.source, self.target


@dataclass(frozen=True)
class Need:
    """`where` and `id` name the page of the button, `button` what stands on it."""

    name: Name
    tone: Tone
    reason: str
    where: Where = ""
    id: str = ""
    button: str = ""

    @property
    def is_met(self) -> bool:
        return self.tone == "good"


@dataclass(frozen=True)
class Light:
    """`state` is on, quiet, held, broken or off; `why` says why it is not green."""

    state: str
    why: str = ""
    mend: Need | None = None


@dataclass(frozen=True)
class Judged:
    light: Light
    needs: list[Need] = field(default_factory=list)


def judge(facts: Facts, *, stops: Iterable[str] = ()) -> Judged:
    """`stops` is what Verify found, where somebody has asked it."""
    needs = [
        _authentication(facts),
        _mapping(facts, list(stops)),
        _logic(facts),
        _synchronisation(facts),
    ]
    return Judged(_light(facts, needs), needs)


def _light(facts: Facts, needs: list[Need]) -> Light:
    if not facts.is_on:
        return Light("off")
    for tone in _WORST:
        for need in needs:
            if need.tone == tone:
                return Light(_LIGHTS[tone], need.reason, need if need.where else None)
    return Light("on")


def _authentication(facts: Facts) -> Need:
    both = gettext("{source} and {target} let Ekyam in.").format(
        source=facts.source.label, target=facts.target.label
    )
    met = Need("authentication", "good", both)
    for one in facts.endings:
        if one.state == ConnectionState.NEEDS_REAUTHORIZATION:
            said = gettext("{label} needs authorisation").format(label=one.label)
            return _at(met, "bad", because(said, one.reason), one, gettext("Authorise again"))
    for one in facts.endings:
        if one.unproven and not _has_worked_since(facts, one.checked_at):
            said = gettext("The last check of {label} did not pass: {parts}.").format(
                label=one.label, parts=", ".join(one.unproven)
            )
            return _at(met, "warn", said, one, gettext("See the check"))
    return met


def _has_worked_since(facts: Facts, at: datetime | None) -> bool:
    done = facts.last_success_at
    return done is not None and at is not None and done > at


def _mapping(facts: Facts, stops: list[str]) -> Need:
    filled = gettext("{logic}: all that is required is filled.").format(
        logic=facts.goes_by or gettext("The connectors' own mapping")
    )
    met = Need("mapping", "good", filled)
    if facts.is_stock:
        met = replace(met, reason=gettext("A flow of stock goes by its formula and its places."))
    if stops:
        said, more = stops[0], len(stops) - 1
        if more:
            said += " " + ngettext("And {more} more.", "And {more} more.", more).format(more=more)
        button = gettext("See Verify")
        return replace(met, tone="bad", reason=said, where="verify", button=button)
    if facts.dead_reason is not None and facts.dead_code in _OF_MAPPING:
        return _dead(met, facts.dead_reason)
    if facts.lacking:
        said = ngettext(
            "{many:,} record waits for a row of a table.",
            "{many:,} records wait for a row of a table.",
            facts.lacking,
        ).format(many=facts.lacking)
        button = gettext("Add the row")
        return replace(met, tone="warn", reason=said, where="tables", button=button)
    return met


def _logic(facts: Facts) -> Need:
    met = Need("logic", "good", gettext("Its rules can be used."))
    if facts.feeder:
        label, id = facts.feeder
        said = gettext(
            "It gets only what the rules of «{label}» send it, and that flow is off."
        ).format(label=label)
        button = gettext("See {label}").format(label=label)
        return replace(met, tone="warn", reason=said, where="flow", id=id, button=button)
    return met


def _synchronisation(facts: Facts) -> Need:
    met = Need("synchronisation", "good", gettext("Records come through."))
    if facts.dead_reason is not None and facts.dead_code not in _OF_MAPPING:
        return _dead(met, facts.dead_reason)
    for one in facts.endings:
        if one.state == ConnectionState.PAUSED:
            said = gettext("{label} is paused").format(label=one.label)
            return _at(met, "warn", because(said, one.reason), one, gettext("Resume"))
        if one.state == ConnectionState.FAILING:
            said = gettext("{label} is failing").format(label=one.label)
            return _at(met, "warn", because(said, one.reason), one, gettext("See the connection"))
    if facts.poll:
        said = gettext("{label} could not be read").format(label=facts.source.label)
        said = because(said, facts.poll)
        return _at(met, "warn", said, facts.source, gettext("See the connection"))
    if not facts.is_on:
        said = gettext("The flow is off: nothing is read and nothing is sent.")
        button = gettext("Switch it on")
        return replace(met, tone="quiet", reason=said, where="switch", button=button)
    if not facts.has_succeeded:
        return replace(met, tone="quiet", reason=gettext("Nothing has come through yet."))
    return met


def _dead(met: Need, reason: str) -> Need:
    said = reason or gettext("The newest record could not be written.")
    button = gettext("See dead letters")
    return replace(met, tone="bad", reason=said, where="dead_letters", button=button)


def _at(met: Need, tone: Tone, reason: str, ending: Ending, button: str) -> Need:
    return replace(met, tone=tone, reason=reason, where="connection", id=ending.id, button=button)
