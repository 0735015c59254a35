"""What came of the tries, written back together: states, attempts, links, facts."""

import random
from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import msgspec
import structlog
from django.conf import settings
from django.db import connection
from django.db.models import Q

from connectors.errors import MissingLink, MissingRow, RateLimited, Unauthorized
from connectors.models import Connection
from connectors.operations import mark_throttled, needs_reauthorization
from ekyam import metrics
from flows.models import Attempt, Delivery, Fact
from flows.operations.exchanges import show_exchanges
from flows.operations.heal import wake_if_there
from flows.operations.health import hear_of, heard_of_tries
from flows.operations.identify import lock_records
from flows.operations.links import NewLink, add_links, wake_found
from flows.operations.publish import (
    CONNECTION_DOWN,
    dead_fact,
    fact,
    kind_of_success,
)
from flows.operations.resolve import waiting_key
from flows.operations.rows import insert_all, select_all
from flows.operations.send import Try
from flows.operations.stock.settle_levels import settle_levels
from flows.retry import Decision, blame_of, code_of, decide, line_of, reason_of
from flows.states import DONE, SUPERSEDABLE, State
from flows.waits import RELEASE, for_row

log = structlog.get_logger(__name__)
MANY = 10  # alike, that were settled together


def settle(target: Connection, tries: Sequence[Try], *, token: UUID, now: datetime) -> None:
    """Needs a tenant scope. What another worker has taken over since is left to that worker."""
    # As routing does it: the records first, then what belongs to them, lest the two wait in a ring.
    lock_records(one.delivery.record_id for one in tries if one.delivery.record_id)
    decisions = {one.delivery.pk: _decide(target, one, now) for one in tries}
    for one in tries:
        _apply(one, decisions[one.delivery.pk], now)
    mine = _save([one.delivery for one in tries], token)
    kept = [one for one in tries if one.delivery.pk in mine]
    insert_all(_attempts(kept), _facts(target, kept, now))
    add_links(target, _links(target, kept), now=now)
    wake_found(target, [one.delivery for one in kept], now=now)
    wake_if_there(_missed(kept), now=now)
    settle_levels(target, kept)
    _give_way([one.delivery for one in kept], now)
    _put_older_to_rest(kept, now)
    hear_of(target, heard_of_tries(one.outcome for one in kept), now=now)
    _tell(target, kept)


def _decide(target: Connection, one: Try, now: datetime) -> Decision | None:
    failure = one.outcome.failure
    if failure is None:
        return None
    if isinstance(failure, RateLimited):
        mark_throttled(target, until=now + timedelta(seconds=failure.retry_after))
    if isinstance(failure, Unauthorized) and not needs_reauthorization(
        target, access_token=one.outcome.access_token, reason=failure.message
    ):
        return Decision(State.PENDING, is_counted=False)  # only the token had run out
    return decide(
        failure,
        attempts_made=one.delivery.attempts_made,
        wrote=one.outcome.wrote,
        schedule=settings.EKYAM_RETRY_SCHEDULE,
        jitter=random.random(),
    )


def _missed(tries: Iterable[Try]) -> list[MissingRow]:
    found = [one.outcome.failure for one in tries]
    return [failure for failure in found if isinstance(failure, MissingRow)]


def _apply(one: Try, decision: Decision | None, now: datetime) -> None:
    delivery, outcome = one.delivery, one.outcome
    delivery.fingerprint = outcome.fingerprint
    delivery.waits_for = ""
    if decision is not None:
        _apply_failure(one, decision, now)
    else:
        delivery.state = State.UNCHANGED if outcome.unchanged else State.SUCCEEDED
        delivery.failure = delivery.reason = delivery.blame = delivery.line = ""
        delivery.note = outcome.unchanged or (outcome.written.note if outcome.written else "")
        delivery.finished_at = now
        if outcome.written:
            delivery.attempts_made += 1
            delivery.result_id = outcome.written.external_id
            delivery.result_label = outcome.written.label


def _apply_failure(one: Try, decision: Decision, now: datetime) -> None:
    delivery, outcome, failure = one.delivery, one.outcome, one.outcome.failure
    assert failure is not None
    delivery.state = decision.state
    delivery.failure, delivery.blame = code_of(failure), blame_of(failure)
    delivery.reason = reason_of(failure)
    delivery.line = line_of(failure)
    delivery.due_at = now + timedelta(seconds=decision.delay_seconds)
    delivery.wrote = outcome.wrote
    delivery.attempts_made += 1 if decision.is_counted else 0
    delivery.finished_at = now if decision.state == State.DEAD else None
    if decision.state == State.PARKED:
        delivery.parked_at = delivery.parked_at or now
        delivery.waits_for = _waits_for(delivery, failure)
        delivery.note = getattr(failure, "if_never", "")


def _waits_for(delivery: Delivery, failure: Exception) -> str:
    if isinstance(failure, MissingLink):
        assert delivery.flow is not None and delivery.target_id is not None
        question = (failure.resource, failure.key, failure.by)
        return waiting_key(delivery.flow.source_id, delivery.target_id, question)
    if isinstance(failure, MissingRow):
        return for_row(failure.table, failure.key)
    return f"connection:{delivery.target_id}"


_SAVE = """
    UPDATE flows_delivery d SET
        state = r.state, due_at = r.due_at, attempts_made = r.attempts_made, wrote = r.wrote,
        lease_token = NULL, waits_for = r.waits_for, parked_at = r.parked_at,
        failure = r.failure, reason = r.reason, blame = r.blame, line = r.line,
        fingerprint = r.fingerprint,
        result_id = r.result_id, result_label = r.result_label, note = r.note,
        finished_at = r.finished_at
    FROM jsonb_to_recordset(%s::jsonb) AS r(
        id uuid, state text, due_at timestamptz, attempts_made int, wrote boolean, waits_for text,
        parked_at timestamptz, failure text, reason text, blame text, line text, fingerprint text,
        result_id text, result_label text, note text, finished_at timestamptz)
    WHERE d.id = r.id AND d.state = 'sending' AND d.lease_token = %s
    RETURNING d.id
"""
_SAVED = [
    "id",
    "state",
    "due_at",
    "attempts_made",
    "wrote",
    "waits_for",
    "parked_at",
    "failure",
    "reason",
    "blame",
    "line",
    "fingerprint",
    "result_id",
    "result_label",
    "note",
    "finished_at",
]


def _save(deliveries: Iterable[Delivery], token: UUID) -> set[UUID]:
    rows = [{name: getattr(delivery, name) for name in _SAVED} for delivery in deliveries]
    with connection.cursor() as cursor:
        cursor.execute(_SAVE, [msgspec.json.encode(rows).decode(), token])
        return {row[0] for row in cursor.fetchall()}


def _attempts(tries: Iterable[Try]) -> list[Attempt]:
    return [
        Attempt(
            tenant_id=one.delivery.tenant_id,
            delivery=one.delivery,
            number=one.delivery.attempts_made,
            started_at=one.outcome.started_at,
            duration_ms=one.outcome.duration_ms,
            outcome="succeeded" if one.outcome.written else one.delivery.failure,
            reason=one.delivery.reason,
            exchanges=show_exchanges(one.outcome.exchanges),
        )
        for one in tries
        if not one.outcome.unchanged
    ]


def _links(target: Connection, tries: Iterable[Try]) -> list[NewLink]:
    found = []
    for one in tries:
        for missing, written in one.outcome.learned:
            found.append(NewLink(missing.resource, missing.key, written, one.outcome.ended_at))
        written_now, record = one.outcome.written, one.delivery.record
        if written_now and one.letter.action.links and record is not None:
            at = one.outcome.ended_at
            found.append(NewLink(record.resource, record.reference, written_now, at, record))
    return found


def _give_way(deliveries: Iterable[Delivery], now: datetime) -> None:
    """What came back unsent gives way to a newer fact that came while it was under way."""
    for delivery in deliveries:
        is_unsent = delivery.state in SUPERSEDABLE and not delivery.wrote
        if is_unsent and delivery.flow_id and delivery.record_id:
            held = Q(state=State.PARKED, waits_for__startswith=RELEASE)
            newer = Delivery.objects.filter(
                Q(state=State.PENDING) | held,
                flow_id=delivery.flow_id,
                record_id=delivery.record_id,
                sequence__gt=delivery.sequence,
            ).last()
            if newer is not None:
                Delivery.objects.filter(pk=delivery.pk, state__in=SUPERSEDABLE).update(
                    state=State.SUPERSEDED,
                    note=f"{newer.public_id} is newer.",
                    finished_at=now,
                    waits_for="",
                )


def _put_older_to_rest(tries: Iterable[Try], now: datetime) -> None:
    """What died earlier for the same flow and record is healed by a later success."""
    done: dict[tuple[UUID | None, UUID | None], Delivery] = {
        (one.delivery.flow_id, one.delivery.record_id): one.delivery
        for one in tries
        if one.delivery.state in DONE and one.delivery.record_id
    }
    if not done:
        return
    records = [record_id for _, record_id in done]
    for dead in select_all(Delivery, "WHERE record_id = ANY(%s) AND state = 'dead'", [records]):
        healer = done.get((dead.flow_id, dead.record_id))
        if healer is not None and healer.sequence > dead.sequence:
            dead.state, dead.finished_at = State.SUPERSEDED, now
            dead.note = f"Healed by {healer.public_id}."
            dead.save(update_fields=["state", "note", "finished_at"])


def _facts(target: Connection, tries: Iterable[Try], now: datetime) -> list[Fact]:
    found = []
    for one in tries:
        if one.delivery.state == State.DEAD:
            found.append(dead_fact(one.delivery, now))
        elif one.delivery.state == State.SUCCEEDED:
            found += _success_facts(target, one, now)
    if any(isinstance(one.outcome.failure, Unauthorized) for one in tries) and not target.is_open:
        reason = target.state_reason
        down = fact(
            target.tenant_id, CONNECTION_DOWN, subject=target.public_id, at=now, reason=reason
        )
        found.append(down)
    return found


def _success_facts(target: Connection, one: Try, now: datetime) -> list[Fact]:
    delivery, standard = one.delivery, one.letter.standard
    is_cancellation = getattr(standard, "status", "") == "cancelled"
    kind = kind_of_success(standard.resource, is_cancellation=is_cancellation)
    if kind is None or delivery.record is None:
        return []
    return [
        fact(
            delivery.tenant_id,
            kind,
            subject=delivery.record.reference,
            at=now,
            record_id=delivery.record_id,
            target=target.public_id,
            action=delivery.action,
            id=delivery.result_id,
            label=delivery.result_label,
        )
    ]


def _tell(target: Connection, tries: Iterable[Try]) -> None:
    """The figures of each, and one wide line an attempt; of many alike, one line for all."""
    alike = defaultdict(list)
    for one in tries:
        delivery = one.delivery
        result = "unchanged" if one.outcome.unchanged else (delivery.failure or "succeeded")
        metrics.attempts.labels(connector=target.connector, outcome=result).inc()
        if delivery.state == State.SUCCEEDED and delivery.finished_at:
            passed = (delivery.finished_at - delivery.received_at).total_seconds()
            metrics.end_to_end.observe(max(passed, 0.0))
        alike[delivery.action, str(delivery.state), result].append(one)
    for (action, state, result), some in alike.items():
        words = {"connector": target.connector, "action": action, "state": state}
        if len(some) > MANY:
            log.info("attempts", **words, outcome=result, count=len(some))
        else:
            for one in some:
                log.info("attempt", **words, outcome=result, **_line(one))


def _line(one: Try) -> dict[str, Any]:
    return {
        "delivery_id": one.delivery.public_id,
        "reason": one.delivery.reason[:300],
        "duration_ms": round(one.outcome.duration_ms, 1),
        "requests": len(one.outcome.exchanges),
    }
