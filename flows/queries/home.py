"""What a person sees first: whether all is well, what needs them, and what the day brought."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db.models import Count, OuterRef, Subquery
from django.utils.translation import gettext, ngettext

from connectors.expiry import endings_of
from connectors.models import OPEN_STATES, Connection
from ekyam import ids
from ekyam.vault import VaultError
from flows.models import Delivery, Flow, SyncState, Version, VersionState
from flows.operations.stock.streams import stock_flows
from flows.queries.day import HOURS, Day, make_day
from flows.queries.lights import judge_flows, with_last_success
from flows.queries.requests import Asking, list_asking
from flows.queries.rhythm import Hour, hours_since
from flows.queries.stock.layout import find_layout
from flows.queries.stock.tasks import PlaceTask, list_place_tasks
from flows.queries.watch import (
    LEAST_DRIFT,
    SILENT_HOURS,
    SYNC_HOURS,
    Compared,
    Silent,
    comparisons,
    silences,
)
from flows.queries.words import capped, sentence
from flows.queries.work import Cause, Held, Lacking, Waiting, Work, find_work
from flows.rhythm import HOUR, hours_to_ask, start_of_hour
from flows.states import OPEN

UNFINISHED_AFTER = timedelta(hours=1)  # until then somebody may be at it


@dataclass(frozen=True)
class Trouble:
    """A connection that is not well, and how many deliveries wait for it."""

    id: str
    label: str
    state: str
    reason: str
    waiting: int


@dataclass(frozen=True)
class EndsSoon:
    """What of an open connection has ended, or will within weeks.

    `state` is soon or over.
    """

    id: str
    label: str
    state: str
    what: str
    words: str
    at: datetime | None


@dataclass(frozen=True)
class SyncTask:
    """`kind` is asks, failed, drift or late."""

    kind: str
    flow: str
    sync_id: str
    flow_id: str
    text: str


@dataclass(frozen=True)
class Draft:
    """A change of a flow that somebody began and did not publish."""

    flow_id: str
    flow: str
    made_by: str
    since: datetime


@dataclass(frozen=True)
class Home:
    answer: str
    has_connections: bool
    has_flows: bool
    troubled: list[Trouble]
    ending: list[EndsSoon]
    work: Work
    silent: list[Silent]
    asking: list[Asking]
    places: list[PlaceTask]
    syncs: list[SyncTask]
    drafts: list[Draft]
    day: Day

    @property
    def is_calm(self) -> bool:
        work = self.work
        stands = (work.dead, work.held, work.lacking, work.waiting, self.asking, self.places)
        return not any((*stands, self.troubled, self.ending, self.silent, self.syncs, self.drafts))


def get_home(*, now: datetime) -> Home:
    """Nine queries, and one more where places of stock are not mapped."""
    connections = list(Connection.objects.order_by("label", "id"))
    judged = list(judge_flows(_with_drafts(), {one.pk: one for one in connections}, now))
    flows = [flow for flow, _ in judged]
    work = find_work(now)
    lights = {flow.pk: (row.light, row.why) for flow, row in judged}
    hours, made = _hours(now)
    silent = silences(flows, made, now)
    return Home(
        answer=answer(
            [light for light, _ in lights.values()],
            work.dead,
            work.waiting,
            work.held,
            work.lacking,
            silent,
        ),
        has_connections=bool(connections),
        has_flows=bool(flows),
        troubled=[_trouble(one, work) for one in connections if one.state != "active"],
        ending=[end for one in connections if one.is_open for end in _ending_soon(one, now)],
        work=work,
        silent=silent,
        asking=list_asking(),
        places=list_place_tasks(find_layout(stock_flows(flows))),
        syncs=_sync_tasks(comparisons(flows, now), now),
        drafts=_drafts(flows, now),
        day=make_day(flows, lights, hours, now),
    )


def count_held() -> dict[str, int]:
    """By the public id of a connection that is not open: how many deliveries wait for it."""
    open_ones = Delivery.objects.filter(state__in=OPEN, target__isnull=False)
    rows = open_ones.exclude(target__state__in=OPEN_STATES).values("target_id")
    counts = rows.annotate(count=Count("pk")).values_list("target_id", "count")
    return {ids.public(Connection.prefix, pk): count for pk, count in counts}


def _with_drafts() -> list[Flow]:
    """In the order of the chain; each with who began its draft, and when."""
    draft = Version.objects.filter(flow=OuterRef("pk"), state=VersionState.DRAFT)
    rows = with_last_success().annotate(
        draft_by=Subquery(draft.values("made_by")[:1]),
        draft_since=Subquery(draft.values("created_at")[:1]),
    )
    return list(rows.defer("version__logic"))


def _trouble(one: Connection, work: Work) -> Trouble:
    return Trouble(one.public_id, one.label, one.state, one.state_reason, work.shut.get(one.pk, 0))


def _ending_soon(one: Connection, now: datetime) -> list[EndsSoon]:
    try:
        found = endings_of(one, now=now)
    except (VaultError, KeyError, ValueError):
        return []  # not whole: its own page says so, and this one must not fail by it
    return [
        EndsSoon(one.public_id, one.label, end.state, end.label, end.words, end.at)
        for end in found
        if end.state in ("soon", "over")
    ]


def _hours(now: datetime) -> tuple[dict[UUID, list[Hour]], dict[UUID, dict[datetime, int]]]:
    """Of the last day, whole; and the records of the hours that tell of a silence. One query."""
    since, asked = start_of_hour(now) - HOUR * (HOURS - 1), set(hours_to_ask(now, SILENT_HOURS))
    day: dict[UUID, list[Hour]] = {}
    before: dict[UUID, dict[datetime, int]] = {}
    for flow_id, hours in hours_since(since, also=asked).items():
        day[flow_id] = [one for one in hours if one.start >= since]
        before[flow_id] = {one.start: one.made for one in hours if one.start in asked}
    return day, before


def _sync_tasks(compared: Iterable[Compared], now: datetime) -> list[SyncTask]:
    found = []
    for one in compared:
        newest, done = one.newest, one.done
        kind, sync, text = "", newest, ""
        if newest and newest.state == SyncState.ASKS:
            kind, text = "asks", newest.reason
        elif newest and newest.state == SyncState.FAILED:
            kind, text = "failed", newest.reason or gettext("The last full comparison failed.")
        elif done and one.drift >= max(LEAST_DRIFT, done.checked // 100):
            kind, sync = "drift", done
            text = gettext(
                "{drift:,} of {checked:,} levels differed in the last comparison."
            ).format(drift=one.drift, checked=done.checked)
        elif one.is_late(now, SYNC_HOURS):
            kind, text = (
                "late",
                gettext("No full comparison was finished for {sync_hours} hours.").format(
                    sync_hours=SYNC_HOURS
                ),
            )
        if kind:
            sync_id = sync.public_id if sync else ""
            found.append(SyncTask(kind, one.flow.label, sync_id, one.flow.public_id, text))
    return found


def _drafts(flows: Iterable[Any], now: datetime) -> list[Draft]:
    """The oldest first."""
    found = [
        Draft(one.public_id, one.label, one.draft_by, one.draft_since)
        for one in flows
        if one.draft_since is not None and one.draft_since < now - UNFINISHED_AFTER
    ]
    return sorted(found, key=lambda one: one.since)


def answer(
    lights: Sequence[str],
    dead: Sequence[Cause] = (),
    waiting: Sequence[Waiting] = (),
    held: Sequence[Held] = (),
    lacking: Sequence[Lacking] = (),
    silent: Sequence[Silent] = (),
) -> str:
    """The state of things in a few sentences."""
    parts = (_of_flows(lights), _of_dead(dead), _of_held(held), _of_missing(lacking))
    return " ".join(filter(None, (*parts, _of_waiting(waiting), _of_silent(silent))))


def _of_flows(lights: Sequence[str]) -> str:
    counts = Counter(lights)
    on = len(lights) - counts["off"]
    if not lights:
        return gettext("There are no flows yet.")
    if on == 0:
        return gettext("All flows are off.")
    return _say_on(on, len(lights), counts["broken"] + counts["held"])


def _say_on(on: int, many: int, troubled: int) -> str:
    if on == many and troubled:
        said = ngettext(
            "All {on} flows are on, {troubled} with trouble.",
            "All {on} flows are on, {troubled} with trouble.",
            on,
        )
    elif on == many:
        said = ngettext("All {on} flows are on.", "All {on} flows are on.", on)
    elif troubled:
        said = ngettext(
            "{on} of {many} flows are on, {troubled} with trouble.",
            "{on} of {many} flows are on, {troubled} with trouble.",
            many,
        )
    else:
        said = ngettext("{on} of {many} flows are on.", "{on} of {many} flows are on.", many)
    return said.format(on=on, many=many, troubled=troubled)


def _of_held(held: Sequence[Held]) -> str:
    count = sum(group.count for group in held)
    if not count:
        return ""
    return ngettext(
        "{many} record held for review.", "{many} records held for review.", count
    ).format(many=capped(count))


def _of_missing(missing: Sequence[Lacking]) -> str:
    if not missing:
        return ""
    count = len(missing)
    return ngettext("{many} value has no row yet.", "{many} values have no row yet.", count).format(
        many=capped(count)
    )


def _of_dead(dead: Sequence[Cause]) -> str:
    count = sum(cause.count for cause in dead)
    if not count:
        return ""
    largest = max(dead, key=lambda cause: cause.count)
    return ngettext(
        "{many} dead letter needs a person: {reason}",
        "{many} dead letters need a person: {reason}",
        count,
    ).format(many=capped(count), reason=sentence(largest.reason))


def _of_waiting(waiting: Sequence[Waiting]) -> str:
    count = sum(one.count for one in waiting)
    if not count:
        return ""
    return ngettext("{many} record waits: {reason}", "{many} records wait: {reason}", count).format(
        many=capped(count), reason=sentence(waiting[0].reason)
    )


def _of_silent(silent: Sequence[Silent]) -> str:
    if not silent:
        return ""
    count = len(silent)
    return ngettext(
        "{count} flow is silent, which is rare.", "{count} flows are silent, which is rare.", count
    ).format(count=count)
