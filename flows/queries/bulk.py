"""What is about to be done to many dead letters, before it is; and how far it has come."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.utils.translation import ngettext

from connectors.channel import limits_of
from flows.models import BulkAct, BulkState, Deed
from flows.operations.mend.paths import changes_of
from flows.operations.mend.stale import find_newer
from flows.queries.changes import as_json
from flows.queries.dead_letters import MOST_COUNTED, Wanted, count_dead, dead_letters_of, find_flows

LOOKED_AT = 1_000  # the newest, for what is stale


@dataclass(frozen=True)
class Way:
    """So many of them go by one flow; at the target's rate limit that takes so long."""

    flow: str
    source: str
    target: str
    count: int


@dataclass(frozen=True)
class Preview:
    """`stale` will be superseded, `unsure` cannot be called off for they may have been written;
    both are of the newest `looked_at`. `seconds` is how long sending takes at the rate limits."""

    count: int
    is_more: bool
    stale: int
    unsure: int
    looked_at: int
    ways: list[Way]
    seconds: float
    slowest: str  # the system whose rate limit that is


@dataclass(frozen=True)
class ShownChange:
    """`value` as JSON, empty where the attribute is taken away."""

    path: str
    value: str


@dataclass(frozen=True)
class ActRow:
    id: str
    deed: str
    cause: str
    words: str
    note: str
    changes: Sequence[ShownChange]
    asked_by: str
    state: str
    seen: int
    total: int | None
    counts: Mapping[str, int]
    reason: str
    created_at: datetime
    started_at: datetime | None
    finished_at: datetime | None


def preview_act(key: str, wanted: Wanted) -> Preview:
    """Four queries. Raises Delivery.DoesNotExist for a cause that is none."""
    counted = count_dead(key, wanted)
    count = min(counted, MOST_COUNTED)
    found = dead_letters_of(key, wanted).order_by("-finished_at", "-sequence")
    newest = list(found.values_list("pk", "wrote")[:LOOKED_AT])
    ways, seconds, slowest = _ways(key, wanted)
    return Preview(
        count=count,
        is_more=counted > MOST_COUNTED,
        stale=len(find_newer(pk for pk, _ in newest)),
        unsure=sum(wrote for _, wrote in newest),
        looked_at=len(newest),
        ways=ways,
        seconds=seconds,
        slowest=slowest,
    )


def _ways(key: str, wanted: Wanted) -> tuple[list[Way], float, str]:
    """Each target sends beside the others, so the slowest says how long it takes."""
    found = dead_letters_of(key, wanted).order_by()
    flows = Counter(found.values_list("flow_id", flat=True)[:MOST_COUNTED])
    ways, seconds = [], Counter[str]()
    for one in find_flows(pk for pk in flows if pk).values():
        count = flows[one.pk]
        ways.append(Way(one.label, one.source.label, one.target.label, count))
        limits = limits_of(one.target)
        if limits.per_second > 0:  # else only so many at once, which says nothing of the time
            seconds[one.target.label] += round(max(count - limits.burst, 0) / limits.per_second)
    slowest, longest = seconds.most_common(1)[0] if seconds else ("", 0)
    return sorted(ways, key=lambda way: (-way.count, way.flow)), float(longest), slowest


def list_acts(causes: Iterable[str] = (), *, running: bool = False, size: int = 5) -> list[ActRow]:
    """The newest first."""
    found = BulkAct.objects.order_by("-created_at")
    keys = [UUID(key) for key in causes]
    found = found.filter(cause__in=keys) if keys else found
    found = found.filter(state=BulkState.RUNNING) if running else found
    return [_row(one) for one in found[:size]]


def get_act(public_id: str) -> ActRow:
    """Raises BulkAct.DoesNotExist."""
    return _row(BulkAct.get_public(public_id))


def _row(one: BulkAct) -> ActRow:
    return ActRow(
        id=one.public_id,
        deed=one.deed,
        cause=one.cause.hex,
        words=one.words,
        note=one.note,
        changes=[ShownChange(it.path, as_json(it.value)) for it in changes_of(one.change)],
        asked_by=one.actor.get("label", ""),
        state=one.state,
        seen=one.seen,
        total=one.total,
        counts=one.counts,
        reason=one.reason,
        created_at=one.created_at,
        started_at=one.started_at,
        finished_at=one.finished_at,
    )


def said_of(act: ActRow) -> Sequence[str]:
    """What came of it, in words: «42 sent again», «3 superseded: something newer took …»."""
    counts = act.counts
    found = [_done(Deed(act.deed), counts.get("done", 0))]
    if n := counts.get("superseded", 0):
        said = ngettext(
            "{n:,} superseded: something newer of the same record took the place",
            "{n:,} superseded: something newer of the same record took the place",
            n,
        )
        found.append(said.format(n=n))
    if n := counts.get("refused", 0):
        said = ngettext(
            "{n:,} left as they were: the record would not hold with what was to be set",
            "{n:,} left as they were: the record would not hold with what was to be set",
            n,
        )
        found.append(said.format(n=n))
    if n := counts.get("passed_over", 0):
        found.append(_passed_over(Deed(act.deed), n))
    return found


def _done(deed: Deed, n: int) -> str:
    words = {
        Deed.RETRY: ngettext("{n:,} sent again", "{n:,} sent again", n),
        Deed.SET: ngettext("{n:,} changed and sent again", "{n:,} changed and sent again", n),
        Deed.WAIVE: ngettext("{n:,} waived", "{n:,} waived", n),
    }
    return words[deed].format(n=n)


def _passed_over(deed: Deed, n: int) -> str:
    words = {
        Deed.RETRY: ngettext(
            "{n:,} passed over: they were no longer dead, or their flow is off",
            "{n:,} passed over: they were no longer dead, or their flow is off",
            n,
        ),
        Deed.SET: ngettext(
            "{n:,} passed over: they were no longer dead, or cannot be edited",
            "{n:,} passed over: they were no longer dead, or cannot be edited",
            n,
        ),
        Deed.WAIVE: ngettext(
            "{n:,} passed over: they were no longer dead, or may have been written already: "
            "retry those",
            "{n:,} passed over: they were no longer dead, or may have been written already: "
            "retry those",
            n,
        ),
    }
    return words[deed].format(n=n)
