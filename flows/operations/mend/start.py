"""Begins and stops what is done to many dead letters."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

import msgspec
from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext

from ekyam.audit.actors import Actor, Kind, current_actor
from ekyam.audit.record import record
from ekyam.tenants.scope import current_tenant_id
from flows.models import BulkAct, BulkState, Deed
from flows.operations.mend.paths import Change, keep_changes
from flows.operations.nudge import nudge
from flows.queries.dead_letters import Wanted, find_dead_group
from flows.state_words import WORK
from flows.states import IllegalMove


def begin_act(
    cause: str,
    deed: Deed,
    wanted: Wanted,
    *,
    token: UUID,
    until: datetime,
    note: str = "",
    changes: Sequence[Change] = (),
) -> BulkAct:
    """Do it to all that had died of the cause by `until`; the same token again finds the same act.
    `changes` are what is set, all together in each of them.

    Raises IllegalMove, in words, and Delivery.DoesNotExist when none of them is left.
    """
    tenant_id = current_tenant_id()
    assert tenant_id
    begun = BulkAct.objects.filter(token=token).first()
    if begun is not None:
        return begun
    group = find_dead_group(cause, wanted=wanted)
    act = BulkAct(
        tenant_id=tenant_id,
        token=token,
        deed=deed,
        cause=UUID(cause),
        words=group.reason or group.failure,
        wanted=msgspec.to_builtins(wanted),
        change=keep_changes(changes),
        note=note,
        actor=msgspec.to_builtins(current_actor()),
        until=min(until, timezone.now()),
    )
    try:
        with transaction.atomic():
            act.save(force_insert=True)
    except IntegrityError as error:
        begun = BulkAct.objects.filter(token=token).first()
        if begun is not None:
            return begun
        raise IllegalMove(
            gettext(
                "Something is being done to the dead letters of this cause already. Wait until "
                "it is done, or stop it."
            )
        ) from error
    nudge("mend", tenant_id=tenant_id, subject_id=act.pk)
    # What is set may be a shopper's, and stays out of a log that is never taken back.
    attributes = ", ".join(one.path for one in changes)
    record(
        "dead_letters.mending_started",
        subject=act.public_id,
        label=act.words,
        after={"deed": str(deed), "count": group.count, "attribute": attributes},
    )
    return act


def stop_act(act: BulkAct) -> None:
    """What was done until then stays. Raises IllegalMove when it is over."""
    row = BulkAct.objects.select_for_update().get(pk=act.pk)
    if row.state != BulkState.RUNNING:
        raise IllegalMove(gettext("It is «{state}» already.").format(state=WORK[row.state]))
    end_act(row, BulkState.STOPPED)


def end_act(row: BulkAct, state: BulkState) -> None:
    """Of a row that is locked; tells the audit log what came of it, so it is the last thing."""
    row.state, row.finished_at = state, timezone.now()
    row.save()
    record(
        f"dead_letters.mending_{state}",
        subject=row.public_id,
        label=row.words,
        after={"deed": row.deed, "seen": row.seen, **row.counts},
    )


def actor_of(act: BulkAct) -> Actor:
    """Who asked for it."""
    return Actor(**{**act.actor, "kind": Kind(act.actor["kind"])})


def wanted_of(act: BulkAct) -> Wanted:
    return msgspec.convert({**act.wanted, "until": act.until.isoformat()}, Wanted)
