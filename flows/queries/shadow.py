"""Shadow runs as people read them: what a draft would have done, in words, each kind openable."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext, gettext_lazy, ngettext

from flows.mapping.compare import CHANGED, IDENTICAL
from flows.models import Flow, ShadowDifference, ShadowRun, ShadowState
from flows.operations.shadow.work import UNREADABLE
from flows.personal import blank
from flows.queries.pages import SIZE, Page, cut

# In this order; what is worst comes last in the sentence, where it is remembered.
WORDS: Mapping[str, Promise] = {
    IDENTICAL: gettext_lazy("identical"),
    CHANGED: gettext_lazy("change"),
    "still_held": gettext_lazy("held as before"),
    "still_rejected": gettext_lazy("rejected as before"),
    "still_routed": gettext_lazy("sent another way as before"),
    "still_waits": gettext_lazy("wait as before"),
    "still_failed": gettext_lazy("fail as before"),
    UNREADABLE: gettext_lazy("cannot be read at all"),
    "now_sent": gettext_lazy("would now go through"),
    "now_absent": gettext_lazy("would no longer come here"),
    "now_routed": gettext_lazy("would now go another way"),
    "now_waits": gettext_lazy("would now wait"),
    "now_held": gettext_lazy("would now be held"),
    "now_rejected": gettext_lazy("would now be rejected"),
    "now_failed": gettext_lazy("would now fail"),
}


@dataclass(frozen=True)
class Group:
    """Records of one kind; `attributes` is which attributes they change. `is_openable` if their
    differences are stored."""

    kind: str
    attributes: str
    count: int
    words: str
    is_openable: bool


@dataclass(frozen=True)
class ShadowRow:
    """`share` is how much of it is done, from 0 to 1."""

    id: str
    flow_id: str
    label: str
    state: str
    edition: int
    number: int | None  # of the version that was a draft; None if it was discarded
    baseline: int | None  # of the version that it is compared with; None is the connectors' own
    since: datetime
    until: datetime
    asked_by: str
    events: int
    total: int | None
    share: float
    groups: list[Group]
    words: str
    reason: str
    created_at: datetime
    started_at: datetime | None
    finished_at: datetime | None


@dataclass(frozen=True)
class ChangeRow:
    path: str
    old: Any
    new: Any


@dataclass(frozen=True)
class DifferenceRow:
    """`before` and `after` say why it is held, fails and so on: `why`, `rule`, `line`, `step`,
    `value`."""

    id: str
    event_id: str
    external_id: str
    kind: str
    attributes: str
    words: str
    changes: list[ChangeRow]
    before: Mapping[str, Any]
    after: Mapping[str, Any]


def list_shadow_runs(flow: Flow) -> list[ShadowRow]:
    """The newest first."""
    rows = _runs().filter(flow=flow).order_by("-created_at")[:20]
    return [_row(one) for one in rows]


def running_shadow_runs(*, most: int) -> list[ShadowRow]:
    """Those under way, of all flows."""
    rows = _runs().filter(state=ShadowState.RUNNING).order_by("-created_at")[:most]
    return [_row(one) for one in rows]


def get_shadow_run(public_id: str) -> ShadowRow:
    """Raises ShadowRun.DoesNotExist."""
    found = ShadowRun.get_public(public_id)
    return _row(_runs().get(pk=found.pk))


def list_differences(
    run_id: str,
    *,
    kind: str = "",
    attributes: str = "",
    after: str = "",
    with_values: bool = True,
) -> Page[DifferenceRow]:
    """In the order in which they were found. Without values what may be a person's is blanked.

    Raises DoesNotExist for a run, or a place to go on after, that there is not.
    """
    found = ShadowDifference.objects.filter(run=ShadowRun.get_public(run_id))
    if kind:
        found = found.filter(kind=kind)
    if attributes:
        found = found.filter(attributes=attributes)
    if after:
        found = found.filter(pk__gt=ShadowDifference.get_public(after).pk)
    rows = list(found.select_related("event").order_by("pk")[: SIZE + 1])
    shown = [_difference(one, with_values=with_values) for one in rows]
    return cut(shown, ids=[one.public_id for one in rows], after=after)


def count_differences(run_id: str, *, kind: str, attributes: str) -> int:
    """How many are kept to be opened. Raises ShadowRun.DoesNotExist."""
    run = ShadowRun.get_public(run_id)
    return ShadowDifference.objects.filter(run=run, kind=kind, attributes=attributes).count()


def get_difference(public_id: str, *, with_values: bool = True) -> DifferenceRow:
    """Raises ShadowDifference.DoesNotExist."""
    return _difference(ShadowDifference.get_public(public_id), with_values=with_values)


def _runs() -> Any:
    return ShadowRun.objects.select_related("flow__source", "version", "baseline")


def _row(run: ShadowRun) -> ShadowRow:
    groups = list(_groups(run))
    return ShadowRow(
        id=run.public_id,
        flow_id=run.flow.public_id,
        label=run.flow.label,
        state=run.state,
        edition=run.edition,
        number=run.version.number if run.version else None,
        baseline=run.baseline.number if run.baseline else None,
        since=run.since,
        until=run.until,
        asked_by=run.asked_by,
        events=run.events,
        total=run.total,
        share=min(run.events / run.total, 1.0) if run.total else float(run.total == 0),
        groups=groups,
        words=_words(run, groups),
        reason=run.reason,
        created_at=run.created_at,
        started_at=run.started_at,
        finished_at=run.finished_at,
    )


def _groups(run: ShadowRun) -> Iterable[Group]:
    for kind in WORDS:
        if kind == CHANGED:
            for attributes, count in sorted(run.changed.items(), key=lambda one: -one[1]):
                said = ngettext("{n:,} changes {attributes}", "{n:,} change {attributes}", count)
                words = said.format(n=count, attributes=attributes)
                yield Group(kind, attributes, count, words, True)
        elif count := run.counts.get(kind, 0):
            yield Group(kind, "", count, _counted(kind, count), kind in run.kept)


def _counted(kind: str, n: int) -> str:
    words = {
        IDENTICAL: ngettext("{n:,} identical", "{n:,} identical", n),
        "still_held": ngettext("{n:,} held as before", "{n:,} held as before", n),
        "still_rejected": ngettext("{n:,} rejected as before", "{n:,} rejected as before", n),
        "still_routed": ngettext(
            "{n:,} sent another way as before", "{n:,} sent another way as before", n
        ),
        "still_waits": ngettext("{n:,} waits as before", "{n:,} wait as before", n),
        "still_failed": ngettext("{n:,} fails as before", "{n:,} fail as before", n),
        UNREADABLE: ngettext("{n:,} cannot be read at all", "{n:,} cannot be read at all", n),
        "now_sent": ngettext("{n:,} would now go through", "{n:,} would now go through", n),
        "now_absent": ngettext(
            "{n:,} would no longer come here", "{n:,} would no longer come here", n
        ),
        "now_routed": ngettext(
            "{n:,} would now go another way", "{n:,} would now go another way", n
        ),
        "now_waits": ngettext("{n:,} would now wait", "{n:,} would now wait", n),
        "now_held": ngettext("{n:,} would now be held", "{n:,} would now be held", n),
        "now_rejected": ngettext("{n:,} would now be rejected", "{n:,} would now be rejected", n),
        "now_failed": ngettext("{n:,} would now fail", "{n:,} would now fail", n),
    }
    return words[kind].format(n=n)


def _words(run: ShadowRun, groups: list[Group]) -> str:
    """«312 orders: 309 identical, 2 change tax, 1 would now fail»."""
    total, noun = sum(run.counts.values()), run.flow.stream_spec.label.lower()
    if run.state == ShadowState.RUNNING and run.total is None:
        return gettext("It begins.")
    if not total:
        return gettext("No {noun} came in this window.").format(noun=noun)
    # A noun of one: «1 orders» would be wrong in every language.
    named = f"{total:,} {noun.removesuffix('s') if total == 1 else noun}"
    text = f"{named}: {', '.join(one.words for one in groups)}"
    if run.state == ShadowState.RUNNING:
        return gettext("{text}, so far").format(text=text)
    if run.state == ShadowState.DONE:
        return text
    if run.state == ShadowState.STOPPED:
        return gettext("{text}, until it stopped").format(text=text)
    return gettext("{text}, until it failed").format(text=text)


def _difference(one: ShadowDifference, *, with_values: bool) -> DifferenceRow:
    changes = [ChangeRow(**change) for change in one.changes]
    before, after = one.before, one.after
    if not with_values:
        changes = [_blanked(change) for change in changes]
        before, after = ({**said, "value": None} for said in (before, after))
    return DifferenceRow(
        id=one.public_id,
        event_id=one.event.public_id,
        external_id=one.external_id,
        kind=one.kind,
        attributes=one.attributes,
        words=f"{WORDS.get(one.kind, one.kind)} {one.attributes}".strip(),
        changes=changes,
        before=before,
        after=after,
    )


def _blanked(change: ChangeRow) -> ChangeRow:
    """By the names on the way to it, as the whole document would be blanked."""
    old, new = (_within(change.path, value) for value in (change.old, change.new))
    return ChangeRow(change.path, old, new)


def _within(path: str, value: Any) -> Any:
    names = [name.partition("[")[0] for name in path.split(".")]
    document = value
    for name in reversed(names):
        document = {name: document}
    document = blank(document)
    for name in names:
        document = document[name]
    return document
