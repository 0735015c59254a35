"""Shadow runs as people read them: what a draft would have done, in words, each kind openable."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from flows.mapping.compare import CHANGED, IDENTICAL
from flows.models import Flow, ShadowDifference, ShadowRun, ShadowState
from flows.operations.shadow.work import UNREADABLE
from flows.personal import blank
from flows.queries.pages import SIZE, Page, cut

# In this order; what is worst comes last in the sentence, where it is remembered.
WORDS: Mapping[str, str] = {
    IDENTICAL: "identical",
    CHANGED: "change",
    "still_held": "held as before",
    "still_rejected": "rejected as before",
    "still_routed": "sent another way as before",
    "still_waits": "wait as before",
    "still_failed": "fail as before",
    UNREADABLE: "cannot be read at all",
    "now_sent": "would now go through",
    "now_absent": "would no longer come here",
    "now_routed": "would now go another way",
    "now_waits": "would now wait",
    "now_held": "would now be held",
    "now_rejected": "would now be rejected",
    "now_failed": "would now fail",
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
    for kind, words in WORDS.items():
        if kind == CHANGED:
            for attributes, count in sorted(run.changed.items(), key=lambda one: -one[1]):
                does = "changes" if count == 1 else "change"
                yield Group(kind, attributes, count, f"{count:,} {does} {attributes}", True)
        elif count := run.counts.get(kind, 0):
            text = f"{count:,} {_agree(words, count)}"
            yield Group(kind, "", count, text, kind in run.kept)


def _agree(words: str, count: int) -> str:
    first, _, rest = words.partition(" ")
    if count == 1 and first in ("wait", "fail"):
        return f"{first}s {rest}"
    return words


def _words(run: ShadowRun, groups: list[Group]) -> str:
    """«312 orders: 309 identical, 2 change tax, 1 would now fail»."""
    total, noun = sum(run.counts.values()), run.flow.stream_spec.label.lower()
    if run.state == ShadowState.RUNNING and run.total is None:
        return "It begins."
    if not total:
        return f"No {noun} came in this window."
    # A noun of one: «1 orders» would be wrong in every language.
    named = f"{total:,} {noun.removesuffix('s') if total == 1 else noun}"
    text = f"{named}: {', '.join(one.words for one in groups)}"
    if run.state == ShadowState.RUNNING:
        return f"{text}, so far"
    return text if run.state == ShadowState.DONE else f"{text}, until it {run.state}"


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
