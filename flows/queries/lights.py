"""The On light of each flow, earned: green only when all that it needs is well."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from django.db.models import Count, F, Max, OuterRef, Q, Subquery
from django.db.models.functions import Coalesce

from connectors.models import ConnectionState
from flows.models import Delivery, Flow
from flows.states import DONE, OPEN, State


@dataclass(frozen=True)
class Ending:
    """One end of a flow."""

    id: str
    label: str
    state: str
    reason: str


@dataclass(frozen=True)
class FlowRow:
    """`light` is on, quiet, held, broken or off; `why` says why it is not green."""

    id: str
    label: str
    stream: str
    action: str
    source: Ending
    target: Ending
    is_on: bool
    light: str
    why: str
    mend_connection: str  # the connection that a person must see to
    last_success_at: datetime | None
    waiting: int
    dead: int


@dataclass(frozen=True)
class Chain:
    """The flows between one pair of systems."""

    source: str
    target: str
    flows: list[FlowRow] = field(default_factory=list)


@dataclass(frozen=True)
class _Figures:
    waiting: int = 0
    dead: int = 0
    newest_dead: int = 0


def list_flows() -> list[FlowRow]:
    """In the order of the chain; three queries, whatever the number of flows."""
    flows = list(_with_last_success())
    figures = _figures()
    reasons = _reasons(figures.values())
    return [_row(flow, figures.get(flow.pk, _Figures()), reasons) for flow in flows]


def list_chains(rows: Iterable[FlowRow]) -> list[Chain]:
    chains: dict[tuple[str, str], Chain] = {}
    for row in rows:
        key = (row.source.id, row.target.id)
        chain = chains.setdefault(key, Chain(row.source.label, row.target.label))
        chain.flows.append(row)
    return list(chains.values())


def _with_last_success() -> Iterable[Flow]:
    newest = Delivery.objects.filter(flow=OuterRef("pk"), state__in=DONE).order_by("-sequence")
    return (
        Flow.objects.select_related("source", "target")
        .defer("source__sealed", "target__sealed")
        .annotate(
            done_sequence=Subquery(newest.values("sequence")[:1]),
            done_at=Subquery(newest.values("finished_at")[:1]),
        )
        .order_by("position", "label", "id")
    )


def _figures() -> dict[UUID | None, _Figures]:
    unsettled = Delivery.objects.filter(state__in=(*OPEN, State.DEAD), flow__isnull=False)
    is_dead = Q(state=State.DEAD)
    rows = unsettled.values("flow_id").annotate(
        dead=Count("pk", filter=is_dead),
        waiting=Count("pk", filter=~is_dead),
        newest_dead=Coalesce(Max(F("sequence"), filter=is_dead), 0),
    )
    return {
        row["flow_id"]: _Figures(row["waiting"], row["dead"], row["newest_dead"]) for row in rows
    }


def _reasons(figures: Iterable[_Figures]) -> dict[int, str]:
    newest = [one.newest_dead for one in figures if one.newest_dead]
    rows = Delivery.objects.filter(sequence__in=newest, state=State.DEAD)
    return dict(rows.values_list("sequence", "reason"))


def _row(flow: Flow, figures: _Figures, reasons: dict[int, str]) -> FlowRow:
    source, target = (
        Ending(one.public_id, one.label, one.state, one.state_reason)
        for one in (flow.source, flow.target)
    )
    done: int | None = flow.done_sequence  # type: ignore[attr-defined]
    has_fresh_dead = figures.newest_dead > (done or 0)
    light, why, mend = judge(
        is_on=flow.is_on,
        endings=(source, target),
        dead_reason=reasons.get(figures.newest_dead, "") if has_fresh_dead else None,
        has_succeeded=done is not None,
    )
    return FlowRow(
        id=flow.public_id,
        label=flow.label,
        stream=flow.stream,
        action=flow.action,
        source=source,
        target=target,
        is_on=flow.is_on,
        light=light,
        why=why,
        mend_connection=mend,
        last_success_at=flow.done_at,  # type: ignore[attr-defined]
        waiting=figures.waiting,
        dead=figures.dead,
    )


_COMPLAINTS = {
    ConnectionState.NEEDS_REAUTHORIZATION: ("broken", "{} needs authorisation"),
    ConnectionState.PAUSED: ("held", "{} is paused"),
    ConnectionState.FAILING: ("held", "{} is failing"),
}


def judge(
    *,
    is_on: bool,
    endings: Iterable[Ending],
    dead_reason: str | None,
    has_succeeded: bool,
) -> tuple[str, str, str]:
    """The light, why, and the connection to see to. `dead_reason` is None without fresh dead."""
    if not is_on:
        return "off", "", ""
    for ending in endings:
        if ending.state in _COMPLAINTS:
            light, words = _COMPLAINTS[ConnectionState(ending.state)]
            said = words.format(ending.label)
            return light, f"{said}: {ending.reason}" if ending.reason else f"{said}.", ending.id
    if dead_reason is not None:
        return "broken", dead_reason, ""
    return ("on", "", "") if has_succeeded else ("quiet", "Nothing has come through yet.", "")
