"""When full syncs begin: twice a day, when a flow is switched On, and on demand."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from django.utils import timezone

from ekyam.audit.record import record
from ekyam.tenants.models import Tenant
from ekyam.tenants.scope import across_tenants, tenant_scope
from flows.models import Flow, Sync, SyncState
from flows.operations.nudge import nudge
from flows.operations.rows import insert_all
from flows.operations.stock.finish import end_sync
from flows.operations.stock.offers import formula_of
from flows.operations.stock.streams import is_stock, source_feed, stock_flows, target_feed
from flows.slots import latest_slot

LATEST = timedelta(hours=11)  # a slot that was missed for longer is left to the next one


def plan_syncs() -> None:
    """Begin what is due. Exactly once a slot: the row of the sync is the lock."""
    now = timezone.now()
    with across_tenants("beat asks whose midnight or noon it is"):
        flows = Flow.objects.filter(is_on=True).select_related("source", "target")
        found = [flow for flow in stock_flows(flows) if flow.source.is_open]
        zones = dict(Tenant.objects.values_list("pk", "time_zone"))
    for flow in found:
        slot = latest_slot(now, ZoneInfo(zones[flow.tenant_id]))
        was_on = flow.switched_at is not None and flow.switched_at <= slot
        if was_on and slot > now - LATEST:
            with tenant_scope(flow.tenant_id):
                _begin(flow, slot)


def _begin(flow: Flow, slot: datetime) -> None:
    if Sync.objects.filter(flow=flow, slot=slot).exists():
        return
    for unanswered in Sync.objects.filter(flow=flow, state=SyncState.ASKS):
        end_sync(unanswered, by="the next full sync, for nobody had answered")
    start_sync(flow, slot=slot)


def start_sync(
    flow: Flow,
    *,
    slot: datetime | None = None,
    asked_by: str = "",
    reads_target: bool | None = None,
) -> Sync | None:
    """Begin one, unless one of this flow is under way, or one of this slot has been; then None.

    `reads_target`: whether the target is read back first; None leaves it to the formula's hours.
    """
    reads = _is_read_back_due(flow) if reads_target is None else reads_target
    reads = reads and target_feed(flow) is not None and not _is_being_read(flow)
    sync = Sync(
        tenant_id=flow.tenant_id,
        flow=flow,
        slot=slot,
        asked_by=asked_by,
        state=SyncState.TARGET if reads else SyncState.SOURCE,
        reads_target=reads,
        since=None if reads else _since(flow),
    )
    insert_all([sync], ignore_conflicts=True)
    kept = Sync.objects.filter(pk=sync.pk).first()
    if kept is not None:
        nudge("sync", tenant_id=flow.tenant_id, subject_id=sync.pk)
    return kept


def ask_for_sync(flow: Flow, *, by: str, reads_target: bool | None = None) -> Sync | None:
    """A person begins one; None while one of this flow is under way."""
    begun = start_sync(flow, asked_by=by, reads_target=reads_target)
    if begun is not None:
        reads = {"reads_target": begun.reads_target}
        record("sync.started", subject=begun.public_id, label=flow.label, after=reads)
    return begun


def _is_read_back_due(flow: Flow) -> bool:
    hours = timedelta(hours=formula_of(flow).read_back_hours)
    done = Sync.objects.filter(flow__target=flow.target, state=SyncState.DONE, reads_target=True)
    return not done.filter(created_at__gt=timezone.now() - hours).exists()


def _is_being_read(flow: Flow) -> bool:
    """By a full sync of another flow into the same target: once is enough for both."""
    reading = Sync.objects.filter(flow__target=flow.target, state=SyncState.TARGET)
    return reading.exclude(flow=flow).exists()


def _since(flow: Flow) -> datetime | None:
    """What has not changed since the last one began need not be read again, where that costs."""
    last = Sync.objects.filter(flow=flow, state=SyncState.DONE).order_by("-created_at").first()
    overlap = timedelta(seconds=source_feed(flow).overlap_seconds)
    return last.created_at - overlap if last else None


def begin_with_sync(flow: Flow) -> None:
    """A flow of stock that is switched On begins by comparing everything."""
    if is_stock(flow):
        start_sync(flow, asked_by="Switched on", reads_target=True)
