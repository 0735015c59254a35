"""Sets flows up, and switches them On and Off."""

from collections.abc import Mapping
from datetime import datetime

from django.db.models import QuerySet
from django.utils import timezone

from connectors.models import Connection
from ekyam.audit.record import record
from flows.models import Event, Flow
from flows.models.event import EventState, Origin
from flows.operations.complete import refuse_incomplete
from flows.operations.nudge import nudge
from flows.operations.poll import ensure_cursors
from flows.operations.stock.offers import refuse_rivals
from flows.operations.stock.plan import begin_with_sync
from flows.operations.stock.streams import is_stock, streams_by_feed
from flows.operations.versions import is_fed
from flows.queries.versions import logic_of
from flows.recipes import Recipe


def apply_recipe(recipe: Recipe, connections: Mapping[str, Connection]) -> list[Flow]:
    """The recipe's flows between these connections (by connector slug), Off; known ones stay.

    Returns those that the recipe advises to switch On.
    """
    flows, made = [], []
    for position, step in enumerate(recipe.flows):
        source, target = connections[step.source], connections[step.target]
        flow, is_new = Flow.objects.get_or_create(
            tenant_id=source.tenant_id,
            source=source,
            stream=step.stream,
            target=target,
            action=step.action,
            defaults={"label": step.label, "position": position},
        )
        if step.is_advised:
            flows.append(flow)
        if is_new:
            made.append(flow.label)
    if made:
        record("recipe.applied", label=recipe.label, after={"flows": made})
    return flows


def switch_on(flow: Flow) -> bool:
    """From now on it reads; what was received while it was Off is routed too, once.

    Returns False if it is on already. Raises IllegalMove when another flow offers stock at the same
    place already, and Incomplete.
    """
    if flow.is_on:
        return False
    if is_stock(flow):
        refuse_rivals(flow)
    elif flow.version is not None:
        refuse_incomplete(flow, logic_of(flow.version), move="go_on")
    _lock(flow)
    now, off_since = timezone.now(), flow.switched_at
    if flow.is_on:
        return False
    flow.is_on, flow.switched_at = True, now
    if flow.feeder_id is not None and not is_fed(flow):
        flow.feeder = None  # it reads for itself again
    flow.save(update_fields=["is_on", "switched_at", "feeder"])
    ensure_cursors(flow.source, list(flow.stream_spec.sources), now)
    if is_stock(flow):
        _listen_to_target(flow, now)
    elif off_since is not None:
        _route_again(flow, off_since)
    nudge("deliver", tenant_id=flow.tenant_id, subject_id=flow.target_id)
    begin_with_sync(flow)
    _record_switch(flow, "flow.switched_on")
    return True


def _lock(flow: Flow) -> None:
    """Whoever switches at the same time waits, and then sees how it is. Routing does not."""
    rows = Flow.objects.select_for_update(no_key=True).filter(pk=flow.pk)
    flow.is_on, flow.switched_at = rows.values_list("is_on", "switched_at").get()


def _listen_to_target(flow: Flow, now: datetime) -> None:
    """What the target says of its own stock and places is compared with what is offered there."""
    ensure_cursors(flow.target, list(streams_by_feed(flow.target.spec.slug)), now)


def missed_events(flow: Flow, since: datetime) -> QuerySet[Event]:
    """What was received while it was Off."""
    return Event.objects.filter(
        connection=flow.source,
        received_at__gte=since,
        origin__in=(Origin.WEBHOOK, Origin.POLL),
        state__in=(EventState.ROUTED, EventState.IGNORED),
    )


def _route_again(flow: Flow, since: datetime) -> None:
    """A fact is delivered once by a flow, so routing an event again harms no other flow."""
    missed = missed_events(flow, since)
    if missed.update(state=EventState.RECEIVED, note=""):
        nudge("route", tenant_id=flow.tenant_id, subject_id=flow.source_id)


def switch_off(flow: Flow) -> bool:
    """Nothing new is sent; what is open waits, and goes on when the flow is On again.

    Returns False if it is off already.
    """
    _lock(flow)
    if not flow.is_on:
        return False
    flow.is_on, flow.switched_at = False, timezone.now()
    flow.save(update_fields=["is_on", "switched_at"])
    _record_switch(flow, "flow.switched_off")
    return True


def _record_switch(flow: Flow, action: str) -> None:
    record(
        action,
        subject=flow.public_id,
        label=flow.label,
        before={"is_on": not flow.is_on},
        after={"is_on": flow.is_on},
    )
