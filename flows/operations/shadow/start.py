"""Begins and stops shadow runs, and divides their windows."""

from datetime import datetime
from uuid import UUID

import msgspec
from django.db import IntegrityError, transaction
from django.db import connection as db
from django.utils import timezone
from django.utils.translation import gettext

from ekyam.audit.actors import current_actor
from ekyam.audit.record import record
from flows.mapping.logic import Logic
from flows.models import (
    Flow,
    ShadowDifference,
    ShadowPart,
    ShadowRun,
    ShadowState,
    Version,
    VersionState,
)
from flows.operations.nudge import nudge
from flows.operations.stock.streams import is_stock
from flows.operations.versions import check_logic
from flows.queries.of_stream import OF_STREAM, sources_of
from flows.queries.versions import logic_of
from flows.state_words import WORK
from flows.states import IllegalMove

PART = 2_000  # events; so many workers may share a run as it has parts
KEPT_RUNS = 10  # of a flow, with their differences
_ZERO = UUID(int=0)


def start_shadow(flow: Flow, *, since: datetime, until: datetime | None = None) -> ShadowRun:
    """Run the flow's draft over the events received from `since` until before `until` (or now).

    Raises IllegalMove, in words, and MappingFailed for a draft that cannot be run.
    """
    now = timezone.now()
    until = min(until or now, now)
    if since >= until:
        raise IllegalMove(
            gettext("The window is empty: it must begin before it ends, and in the past.")
        )
    if is_stock(flow):
        raise IllegalMove(gettext("A flow of stock goes by its formula: there is no draft to run."))
    draft = Version.objects.filter(flow=flow, state=VersionState.DRAFT).first()
    if draft is None:
        raise IllegalMove(
            gettext("There is no draft to compare with what the flow does today. Save one.")
        )
    check_logic(flow, logic_of(draft))
    run = ShadowRun(
        tenant_id=flow.tenant_id,
        flow=flow,
        version=draft,
        edition=draft.edition,
        baseline=flow.version,
        before=_logic_of(flow.version),
        after=draft.logic,
        feeding=_logic_of(flow.feeder.version) if flow.feeder else None,
        since=since,
        until=until,
        asked_by=current_actor().label[:254],
    )
    try:
        with transaction.atomic():
            run.save(force_insert=True)
    except IntegrityError as error:
        raise IllegalMove(
            gettext(
                "A shadow run of this flow is under way. Wait for it, or stop it, then begin anew."
            )
        ) from error
    _forget_old(flow)
    nudge("shadow", tenant_id=flow.tenant_id, subject_id=run.pk)
    window = {"since": since.isoformat(), "until": until.isoformat(), "edition": run.edition}
    record("shadow_run.started", subject=run.public_id, label=flow.label, after=window)
    return run


def stop_shadow(run: ShadowRun) -> None:
    """What was found until then stays. Raises IllegalMove when it is over."""
    row = ShadowRun.objects.select_for_update().select_related("flow").get(pk=run.pk)
    if row.state != ShadowState.RUNNING:
        raise IllegalMove(gettext("It is «{state}» already.").format(state=WORK[row.state]))
    row.state, row.finished_at = ShadowState.STOPPED, timezone.now()
    row.save(update_fields=["state", "finished_at"])
    record(
        "shadow_run.stopped",
        subject=row.public_id,
        label=row.flow.label,
        before={"state": str(ShadowState.RUNNING)},
        after={"state": str(row.state), "events": row.events},
    )


def _logic_of(version: Version | None) -> object:
    return version.logic if version else msgspec.to_builtins(Logic())


def _forget_old(flow: Flow) -> None:
    runs = ShadowRun.objects.filter(flow=flow).order_by("-created_at")
    old = list(runs.values_list("pk", flat=True)[KEPT_RUNS:])
    if old:
        ShadowDifference.objects.filter(run__in=old).delete()
        ShadowRun.objects.filter(pk__in=old).delete()


_BOUNDS = f"""
    SELECT received_at, id, place FROM (
        SELECT received_at, id, row_number() OVER (ORDER BY received_at, id) AS place,
            count(*) OVER () AS total
        FROM flows_event WHERE received_at >= %s AND received_at < %s AND {OF_STREAM}) counted
    WHERE place %% %s = 0 OR place = total ORDER BY place
"""


def divide(run: ShadowRun) -> None:
    """Count the window's events, and make its parts; a window without events is done at once."""
    flow = run.flow
    feeds, topics = sources_of(flow.source.spec, flow.stream_spec)
    with db.cursor() as cursor:
        cursor.execute(_BOUNDS, [run.since, run.until, flow.source_id, feeds, topics, PART])
        bounds = cursor.fetchall()
    parts, after_at, after_id = [], run.since, _ZERO
    for number, (at, id_, _) in enumerate(bounds):
        parts.append(
            ShadowPart(
                tenant_id=run.tenant_id,
                run=run,
                number=number,
                after_at=after_at,
                after_id=after_id,
                up_to_at=at,
                up_to_id=id_,
            )
        )
        after_at, after_id = at, id_
    ShadowPart.objects.bulk_create(parts)
    run.total, run.started_at = (bounds[-1][2] if bounds else 0), timezone.now()
    if not bounds:
        run.state, run.finished_at = ShadowState.DONE, run.started_at
    run.save(update_fields=["total", "started_at", "state", "finished_at"])
