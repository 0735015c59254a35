"""Dead letters by their cause, and the letters of one cause; narrowed as the reader wishes."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from django.db import connection as db
from django.db.models import QuerySet

from connectors.models import Connection
from flows.models import Delivery, Flow
from flows.queries.pages import SIZE, Page, cut

MOST_GROUPS = 500  # causes that are looked through
MOST_COUNTED = 10_000  # letters of one cause that are counted
LOOKED_AT = 200  # the newest letters of a cause, for the flows that it hits


@dataclass(frozen=True)
class Wanted:
    """What a list is narrowed to. `system` is either end of the flow, `assignee` a membership,
    `until` the last moment of dying."""

    flow: UUID | None = None
    system: UUID | None = None
    assignee: UUID | None = None
    since: datetime | None = None
    until: datetime | None = None
    ids: tuple[UUID, ...] = ()

    def where(self) -> tuple[str, list[Any]]:
        """As conditions on flows_delivery."""
        parts: list[tuple[str, list[Any]]] = [("flows_delivery.state = 'dead'", [])]
        if self.flow:
            parts.append(("flows_delivery.flow_id = %s", [self.flow]))
        if self.system:
            parts.append((_OF_SYSTEM, [self.system, self.system]))
        if self.assignee:
            parts.append((_ASSIGNED, [self.assignee, self.assignee]))
        if self.since:
            parts.append(("flows_delivery.finished_at >= %s", [self.since]))
        if self.until:
            parts.append(("flows_delivery.finished_at <= %s", [self.until]))
        if self.ids:
            parts.append(("flows_delivery.id = ANY(%s)", [list(self.ids)]))
        return " AND ".join(sql for sql, _ in parts), [one for _, more in parts for one in more]


_OF_SYSTEM = """(flows_delivery.target_id = %s OR flows_delivery.flow_id IN (
    SELECT f.id FROM flows_flow f WHERE f.source_id = %s))"""
# One's own assignee counts for more than that of its cause.
_ASSIGNED = """(
    EXISTS (SELECT 1 FROM flows_assignee a
            WHERE a.delivery_id = flows_delivery.id AND a.member_id = %s)
    OR EXISTS (SELECT 1 FROM flows_assignee a WHERE a.cause = flows_delivery.cause
               AND a.delivery_id IS NULL AND a.member_id = %s)
    AND NOT EXISTS (SELECT 1 FROM flows_assignee a WHERE a.delivery_id = flows_delivery.id))"""


@dataclass(frozen=True)
class DeadGroup:
    """All that died of one cause; `reason` is as the newest says it. `count` is exact up to 10,000,
    beyond that `is_more`. `flows` are those that it hits, `systems` their ends. An example that
    lacks something was mapped to its end, and what came of it is not whole."""

    key: str
    failure: str
    reason: str
    blame: str
    line: str
    count: int
    is_more: bool
    first_at: datetime
    last_at: datetime
    example_id: str
    example_label: str
    example_was_read: bool
    example_lacks: bool
    target: Connection | None
    flow: Flow | None
    flows: list[Flow] = field(default_factory=list)
    systems: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class DeadRow:
    id: str
    label: str
    flow: str
    source: str
    target: str
    order_id: str  # of its journey, if it belongs to an order
    why: str
    reason: str
    at: datetime
    cause: str


_GROUPS = """
    WITH RECURSIVE causes(cause, number) AS (
        (SELECT cause, 1 FROM flows_delivery WHERE state = 'dead' ORDER BY cause LIMIT 1)
        UNION ALL
        SELECT (SELECT d.cause FROM flows_delivery d WHERE d.state = 'dead' AND d.cause > c.cause
                ORDER BY d.cause LIMIT 1), c.number + 1
        FROM causes c WHERE c.cause IS NOT NULL AND c.number < {most})
    SELECT c.cause, n.count, f.finished_at, l.finished_at, l.sequence, h.flows
    FROM ({causes}) c
    CROSS JOIN LATERAL (
        SELECT finished_at, sequence FROM flows_delivery WHERE cause = c.cause AND {where}
        ORDER BY finished_at DESC, sequence DESC LIMIT 1) l
    CROSS JOIN LATERAL (
        SELECT finished_at FROM flows_delivery WHERE cause = c.cause AND {where}
        ORDER BY finished_at, sequence LIMIT 1) f
    CROSS JOIN LATERAL (SELECT count(*) FROM (
        SELECT 1 FROM flows_delivery WHERE cause = c.cause AND {where} LIMIT {counted}) one) n
    CROSS JOIN LATERAL (SELECT array_agg(DISTINCT flow_id) AS flows FROM (
        SELECT flow_id FROM flows_delivery WHERE cause = c.cause AND {where}
        ORDER BY finished_at DESC, sequence DESC LIMIT {looked}) one) h
    ORDER BY l.finished_at DESC, c.cause LIMIT %s
"""
_ALL, _ONE = "SELECT cause FROM causes WHERE cause IS NOT NULL", "SELECT %s::uuid AS cause"
SHOWN = 100


def list_dead_groups(*, key: str = "", wanted: Wanted | None = None) -> list[DeadGroup]:
    """The newest cause first, or the one of that key alone; three queries."""
    cause = _cause(key)
    if key and cause is None:
        return []
    where, parameters = (wanted or Wanted()).where()
    sentence = _GROUPS.format(
        causes=_ONE if cause else _ALL,
        where=where,
        most=MOST_GROUPS,
        counted=MOST_COUNTED + 1,
        looked=LOOKED_AT,
    )
    with db.cursor() as cursor:
        cursor.execute(sentence, [*([cause] if cause else []), *(parameters * 4), SHOWN])
        found = cursor.fetchall()
    examples = {
        row.sequence: row
        for row in Delivery.objects.filter(sequence__in=[one[4] for one in found])
        .select_related("record", "target")
        .defer("target__sealed")
    }
    flows = find_flows({id_ for one in found for id_ in one[5] if id_})
    return [_group(*one, example=examples[one[4]], flows=flows) for one in found]


def _cause(key: str) -> UUID | None:
    try:
        return UUID(key) if key else None
    except ValueError:
        return None


def find_flows(wanted: Iterable[UUID]) -> dict[UUID, Flow]:
    """With both of their ends, without what is sealed; one query."""
    found = Flow.objects.filter(pk__in=list(wanted)).select_related("source", "target")
    return {flow.pk: flow for flow in found.defer("source__sealed", "target__sealed")}


def _group(
    cause: UUID,
    count: int,
    first_at: datetime,
    last_at: datetime,
    _sequence: int,
    flow_ids: Sequence[UUID | None],
    *,
    example: Delivery,
    flows: Mapping[UUID, Flow],
) -> DeadGroup:
    hit = sorted((flows[id_] for id_ in flow_ids if id_), key=lambda flow: flow.label)
    ends = [end.label for flow in hit for end in (flow.source, flow.target)]
    return DeadGroup(
        key=cause.hex,
        failure=example.failure,
        reason=example.reason,
        blame=example.blame,
        line=example.line,
        count=min(count, MOST_COUNTED),
        is_more=count > MOST_COUNTED,
        first_at=first_at,
        last_at=last_at,
        example_id=example.public_id,
        example_label=label_of(example),
        example_was_read=example.standard is not None and example.attempts_made > 0,
        example_lacks=example.standard is not None and example.attempts_made == 0,
        target=example.target,
        flow=flows.get(example.flow_id) if example.flow_id else None,
        flows=hit,
        systems=list(dict.fromkeys(ends)),
    )


def find_dead_group(key: str, *, wanted: Wanted | None = None) -> DeadGroup:
    """Raises Delivery.DoesNotExist when nothing has died of this cause, or all is mended."""
    groups = list_dead_groups(key=key, wanted=wanted) if _cause(key) else []
    if not groups:
        raise Delivery.DoesNotExist(key)
    return groups[0]


def dead_letters_of(key: str, wanted: Wanted) -> QuerySet[Delivery]:
    """Raises Delivery.DoesNotExist for a key that is none; of all causes for no key."""
    cause = _cause(key)
    if key and cause is None:
        raise Delivery.DoesNotExist(key)
    where, parameters = wanted.where()
    found = Delivery.objects.extra(where=[where], params=parameters)
    return found.filter(cause=cause) if cause else found


def list_dead(
    key: str, *, wanted: Wanted | None = None, after: str = "", size: int = SIZE
) -> Page[DeadRow]:
    """What died last first; of all causes, for an export, cause by cause."""
    found = (
        dead_letters_of(key, wanted or Wanted())
        .select_related("flow__source", "target", "record__parent")
        .defer("standard", "flow__source__sealed", "target__sealed")
        .order_by("-cause", "-finished_at", "-sequence")
    )
    if after:
        found = found.extra(
            where=["(flows_delivery.cause, flows_delivery.finished_at, sequence) < (%s, %s, %s)"],
            params=list(_read_place(after)),
        )
    rows = list(found[: size + 1])
    places = [_place(one) for one in rows]
    return cut([_row(one) for one in rows], ids=places, after=after, size=size)


def _place(one: Delivery) -> str:
    """Of a letter in the list: it stays when the letter is gone."""
    at = one.finished_at or one.created_at
    return f"{one.cause.hex}-{at.timestamp():.6f}-{one.sequence}"


def _read_place(after: str) -> tuple[UUID, datetime, int]:
    """Raises Delivery.DoesNotExist."""
    try:
        cause, at, sequence = after.split("-")
        found = UUID(cause), datetime.fromtimestamp(float(at), UTC), int(sequence)
    except (ValueError, OverflowError, OSError) as error:
        raise Delivery.DoesNotExist(after) from error
    return found


def _row(one: Delivery) -> DeadRow:
    record = one.record
    root = record and (record.parent or record)
    return DeadRow(
        id=one.public_id,
        label=label_of(one),
        flow=one.flow.label if one.flow else "",
        source=one.flow.source.label if one.flow else "",
        target=one.target.label if one.target else "",
        order_id=root.public_id if root and root.resource == "order" else "",
        why=one.why,
        reason=one.reason,
        at=one.finished_at or one.created_at,
        cause=one.cause.hex,
    )


def label_of(one: Delivery) -> str:
    """What people call the record, else its id in the source."""
    record = one.record
    return (record.label if record and record.label else one.external_id) or one.public_id


def count_dead(key: str, wanted: Wanted, *, most: int = MOST_COUNTED) -> int:
    """Not further than `most` and one."""
    return dead_letters_of(key, wanted).order_by()[: most + 1].count()
