"""One delivery with all that was said about it, and one event as it came."""

import difflib
import re
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from flows.models import Attempt, Delivery, Event
from flows.models.event import Origin
from flows.operations.replay import digest_of
from flows.queries.dead_letters import label_of
from flows.queries.exchanges import SHOWN_CHARACTERS, AttemptRow, pretty, show_attempt
from flows.queries.hops import Hop, delivery_hop
from flows.states import DONE, State

_HEALED = re.compile(r"Healed by (dlv_\w+)\.")


@dataclass(frozen=True)
class DiffLine:
    kind: str  # same, gone or new
    text: str


@dataclass(frozen=True)
class DeliveryDetail:
    """`changes` is what is new since the last success of the same flow and record."""

    hop: Hop
    label: str
    action: str
    order_id: str
    order_label: str
    event_id: str
    standard: str
    changes: list[DiffLine]
    may_edit: bool
    is_dead: bool
    healed_by: str  # the public id of what came later and went through
    resource: str
    digest: str  # of the record as it is now


MOST_ATTEMPTS = 50


@dataclass(frozen=True)
class Payload:
    """An event as it came: what headers were kept, and the body."""

    id: str
    body: str
    headers: str
    sent_at: datetime | None


def get_delivery(public_id: str) -> DeliveryDetail:
    """Raises Delivery.DoesNotExist. Four queries."""
    one = _find(public_id)
    attempts = _newest_attempts(one)
    record = one.record
    root = record and (record.parent or record)
    order = root if root and root.resource == "order" else None
    hop = delivery_hop(
        one, part=record.resource if record else "", attempts=attempts, is_whole=True
    )
    return DeliveryDetail(
        hop=hop,
        label=label_of(one),
        action=one.action,
        order_id=order.public_id if order else "",
        order_label=(order.label or order.reference) if order else "",
        event_id=one.event.public_id,
        standard=pretty(one.standard) if one.standard else "",
        changes=_changes(one),
        is_dead=one.state == State.DEAD,
        healed_by=found[1] if (found := _HEALED.fullmatch(one.note)) else "",
        resource=one.flow.stream_spec.resource if one.flow else "",
        digest=digest_of(one.standard),
        may_edit=hop.may_edit,
    )


def _find(public_id: str) -> Delivery:
    return (
        Delivery.objects.select_related("flow__source", "target", "record__parent", "event")
        .defer("event__body", "flow__source__sealed", "target__sealed")
        .get(pk=Delivery.get_public(public_id).pk)
    )


def _changes(one: Delivery) -> list[DiffLine]:
    if one.flow is None or one.record is None or one.standard is None:
        return []
    earlier = Delivery.objects.filter(
        flow=one.flow, record=one.record, state__in=DONE, sequence__lt=one.sequence
    )
    before = earlier.order_by("-sequence").values_list("standard", flat=True).first()
    return diff(before, one.standard) if before else []


def diff(before: dict[str, Any], after: dict[str, Any]) -> list[DiffLine]:
    """Line by line over the pretty forms, with three lines of what stayed around each change."""
    lines = difflib.unified_diff(
        pretty(before).splitlines(), pretty(after).splitlines(), lineterm="", n=3
    )
    kinds = {"-": "gone", "+": "new"}
    return [
        DiffLine(kinds.get(line[0], "same"), line[1:] if line[0] in "+- " else "⋯")
        for line in lines
        if not line.startswith(("---", "+++"))
    ]


def list_attempts(public_id: str) -> list[AttemptRow]:
    """With their exchanges. Raises Delivery.DoesNotExist."""
    delivery = Delivery.get_public(public_id)
    return [show_attempt(one) for one in _newest_attempts(delivery)]


def _newest_attempts(delivery: Delivery) -> list[Attempt]:
    """In their order; each has its exchanges with it, so there is an end."""
    rows = Attempt.objects.filter(delivery=delivery).order_by("-started_at")
    return list(rows[:MOST_ATTEMPTS])[::-1]


def get_payload(public_id: str) -> Payload:
    """Raises Event.DoesNotExist."""
    event = Event.get_public(public_id)
    headers = "\n".join(f"{name}: {value}" for name, value in event.headers.items())
    body = pretty(bytes(event.body[: SHOWN_CHARACTERS * 4]))
    is_told = event.origin == Origin.WEBHOOK  # else it is when we asked
    sent_at = event.sent_at if is_told else None
    return Payload(id=event.public_id, body=body, headers=headers, sent_at=sent_at)
