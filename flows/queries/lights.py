"""The On light of each flow, earned: green only when all that it needs is well."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import connection as db
from django.db.models import OuterRef, Q, QuerySet, Subquery
from django.utils import timezone
from django.utils.translation import gettext

from connectors.models import Connection
from ekyam import ids
from ekyam.tenants.scope import current_tenant_id
from flows.models import Delivery, Flow, SyncState
from flows.operations.stock.streams import is_stock
from flows.queries.needs import MANY_FAILURES, Ending, Facts, Judged, Need, judge
from flows.states import DONE, OPEN, State
from flows.waits import ROW

MOST_OPEN, MOST_DEAD, MOST_MADE = 10_000, 1_000, 20_000  # so far is counted
HOUR = timedelta(hours=1)
LATELY = timedelta(days=7)  # a comparison is due twice a day


@dataclass(frozen=True)
class FlowRow:
    """`light` is on, quiet, held, broken or off; `why` says why it is not green, and `mend` which
    of its needs is to be seen to. `rate` is how many were delivered within the last hour.
    `last_success_at` is also of a finished comparison of stock. With `more_waiting` and `more_made`
    not all could be counted, so that `waiting` and `rate` are at least so many."""

    id: str
    label: str
    stream: str
    action: str
    source: Ending
    target: Ending
    is_on: bool
    light: str
    why: str
    mend: Need | None
    last_success_at: datetime | None
    rate: int
    waiting: int
    dead: int
    facts: Facts
    more_waiting: bool
    more_made: bool


@dataclass(frozen=True)
class Chain:
    """The flows between one pair of systems."""

    source: Ending
    target: Ending
    flows: list[FlowRow] = field(default_factory=list)


@dataclass(frozen=True)
class _Figures:
    waiting: int = 0
    lacking: int = 0
    dead: int = 0
    newest_dead: int = 0
    reason: str = ""  # of the newest dead letter, and the code of its failure
    code: str = ""
    rate: int = 0
    made: int = 0
    compared: int = 0  # when stock was last compared, in seconds since 1970; 0 for not lately


Polls = dict[tuple[UUID, str], str]  # by connection and feed, why it could not be polled


def list_flows(*, now: datetime | None = None) -> list[FlowRow]:
    """In the order of the chain; three queries, whatever the number of flows."""
    systems = {one.pk: one for one in Connection.objects.defer("sealed", "settings")}
    flows = list(with_last_success().defer("version__logic"))
    return [row for _, row in judge_flows(flows, systems, now or timezone.now())]


def get_flow(public_id: str) -> tuple[Flow, FlowRow]:
    """The flow with its ends and its version, and what the list says of it: three queries.

    Raises Flow.DoesNotExist.
    """
    wanted = Q(pk=_key(public_id))
    feeder = Q(pk__in=Flow.objects.filter(wanted).values("feeder"))
    flows = list(with_last_success().filter(wanted | feeder))
    ends = {id for flow in flows for id in (flow.source_id, flow.target_id)}
    systems = {one.pk: one for one in Connection.objects.defer("sealed").filter(pk__in=ends)}
    for flow, row in judge_flows(flows, systems, timezone.now()):
        if row.id == public_id:
            return flow, row
    raise Flow.DoesNotExist(f"There is no flow {public_id}.")


def _key(public_id: str) -> UUID:
    try:
        return ids.parse(Flow.prefix, public_id)
    except ids.UnknownId as error:
        raise Flow.DoesNotExist(str(error)) from error


def judge_flows(
    flows: list[Flow], systems: Mapping[UUID, Connection], now: datetime
) -> Iterator[tuple[Flow, FlowRow]]:
    """What their lights are, whatever page shows them: one query. The flows are those of
    `with_last_success`; one that another feeds is judged only beside that one."""
    for flow in flows:  # a few systems have many flows
        flow.source, flow.target = systems[flow.source_id], systems[flow.target_id]
    figures, polls = _figures(now)
    more = {
        "more_waiting": sum(one.waiting for one in figures.values()) > MOST_OPEN,
        "more_made": sum(one.made for one in figures.values()) > MOST_MADE,
    }
    endings = {one.pk: ending_of(one) for one in systems.values()}
    off = {flow.pk: (flow.label, flow.public_id) for flow in flows if not flow.is_on}
    for flow in flows:
        one = figures.get(flow.pk, _Figures())
        facts = _facts(flow, one, polls, off, endings)
        yield flow, _row(flow, one, facts, judge(facts), **more)


def list_chains(rows: Iterable[FlowRow]) -> list[Chain]:
    chains: dict[tuple[str, str], Chain] = {}
    for row in rows:
        chain = chains.setdefault((row.source.id, row.target.id), Chain(row.source, row.target))
        chain.flows.append(row)
    return list(chains.values())


def with_last_success() -> QuerySet[Flow]:
    """In the order of the chain, each with the number and the time of its last success."""
    newest = Delivery.objects.filter(flow=OuterRef("pk"), state__in=DONE).order_by("-sequence")
    return (
        Flow.objects.select_related("version")
        .annotate(
            done_sequence=Subquery(newest.values("sequence")[:1]),
            done_at=Subquery(newest.values("finished_at")[:1]),
        )
        .order_by("position", "label", "id")
    )


# --- Figures, as far as they are worth counting -----------------------------------------------

_COUNT = f"""
    SELECT flow_id, 'open', count(*), count(*) FILTER (WHERE waits_for LIKE '{ROW}%%'), '', ''
    FROM (
        SELECT flow_id, waits_for FROM flows_delivery
        WHERE tenant_id = %(tenant)s AND state = ANY(%(open)s) LIMIT %(most_open)s + 1) few
    GROUP BY flow_id
    UNION ALL
    SELECT flow.id, 'dead', few.count, few.newest, died.reason, died.failure
    FROM flows_flow flow CROSS JOIN LATERAL (
        SELECT count(*) AS count, max(sequence) AS newest FROM (
            SELECT sequence FROM flows_delivery WHERE flow_id = flow.id AND state = '{State.DEAD}'
            ORDER BY sequence DESC LIMIT {MOST_DEAD + 1}) one) few
    JOIN flows_delivery died ON died.tenant_id = flow.tenant_id
        AND died.state = '{State.DEAD}' AND died.sequence = few.newest
    WHERE flow.tenant_id = %(tenant)s AND few.count > 0
    UNION ALL
    SELECT flow_id, 'made', count(*) FILTER (WHERE state = ANY(%(done)s)), count(*), '', '' FROM (
        SELECT flow_id, state FROM flows_delivery
        WHERE tenant_id = %(tenant)s AND id >= %(since)s
        ORDER BY id DESC LIMIT %(most_made)s + 1) few
    GROUP BY flow_id
    UNION ALL
    SELECT flow_id, 'compared', extract(epoch FROM max(finished_at))::bigint, 0, '', ''
    FROM flows_sync
    WHERE tenant_id = %(tenant)s AND created_at >= %(lately)s AND state = '{SyncState.DONE}'
    GROUP BY flow_id
    UNION ALL
    SELECT connection_id, 'poll', failures, 0, feed, failure FROM flows_cursor
    WHERE tenant_id = %(tenant)s AND failures >= {MANY_FAILURES}
"""
_NAMES = {
    "open": ("waiting", "lacking"),
    "dead": ("dead", "newest_dead", "reason", "code"),
    "made": ("rate", "made"),
    "compared": ("compared",),
}


def _figures(now: datetime) -> tuple[dict[UUID | None, _Figures], Polls]:
    """By flow, and of what is of none; and what of the polling fails. One query."""
    values = {
        "tenant": current_tenant_id(),
        "open": [str(state) for state in OPEN],
        "done": [str(state) for state in DONE],
        "since": ids.floor(now - HOUR),
        "lately": now - LATELY,
        "most_open": MOST_OPEN,
        "most_made": MOST_MADE,
    }
    found: dict[UUID | None, dict[str, Any]] = {}
    polls: Polls = {}
    with db.cursor() as cursor:
        cursor.execute(_COUNT, values)
        for key, what, one, other, text, more in cursor.fetchall():
            if what == "poll":
                polls[key, text] = more or gettext("no reason was given.")
            else:
                told = zip(_NAMES[what], (one, other, text, more), strict=False)
                found.setdefault(key, {}).update(told)
    return {flow_id: _Figures(**one) for flow_id, one in found.items()}, polls


# --- What they come to ----------------------------------------------------------------------------


def ending_of(one: Connection) -> Ending:
    unproven = tuple(part["label"] for part in one.check_report if not part["ok"])
    return Ending(one.public_id, one.label, one.state, one.state_reason, unproven, one.checked_at)


def _facts(
    flow: Flow,
    figures: _Figures,
    polls: Polls,
    off: Mapping[UUID, tuple[str, str]],
    endings: Mapping[UUID, Ending],
) -> Facts:
    annotated: Any = flow
    done: int | None = annotated.done_sequence
    succeeded_at = _newest(annotated.done_at, figures.compared)
    reason: str | None = None
    code = ""
    if figures.newest_dead > (done or 0):
        reason, code = figures.reason, figures.code
    is_fed = flow.feeder_id is not None
    feeds = [] if is_fed else [(flow.source_id, name) for name in flow.stream_spec.sources]
    return Facts(
        is_on=flow.is_on,
        source=endings[flow.source_id],
        target=endings[flow.target_id],
        goes_by=_version(flow),
        dead_reason=reason,
        dead_code=code,
        lacking=figures.lacking,
        feeder=off.get(flow.feeder_id) if flow.feeder_id else None,
        poll=next((polls[feed] for feed in feeds if feed in polls), ""),
        last_success_at=succeeded_at,
        has_succeeded=succeeded_at is not None,
        is_stock=is_stock(flow),
    )


def _newest(done_at: datetime | None, compared: int) -> datetime | None:
    at = datetime.fromtimestamp(compared, UTC) if compared else None
    return max((one for one in (done_at, at) if one), default=None)


def _version(flow: Flow) -> str:
    if flow.version is None:
        return ""
    return gettext("Version {number}").format(number=flow.version.number)


def _row(flow: Flow, figures: _Figures, facts: Facts, judged: Judged, **more: bool) -> FlowRow:
    return FlowRow(
        id=flow.public_id,
        label=flow.label,
        stream=flow.stream,
        action=flow.action,
        source=facts.source,
        target=facts.target,
        is_on=flow.is_on,
        light=judged.light.state,
        why=judged.light.why,
        mend=judged.light.mend,
        last_success_at=facts.last_success_at,
        rate=figures.rate,
        waiting=figures.waiting,
        dead=figures.dead,
        facts=facts,
        **more,
    )
