"""Celery's doors, one call each: a message says that there is work, never which."""

from typing import Literal
from uuid import UUID

from celery import shared_task
from kombu.exceptions import OperationalError as BrokerError

__all__ = [
    "BrokerError",
    "count_hours",
    "deliver",
    "forget_alerts",
    "keep_webhooks",
    "mend",
    "plan_syncs",
    "poll",
    "route",
    "send_notices",
    "shadow",
    "suggest",
    "sweep",
    "sync",
    "watch",
]


@shared_task(ignore_result=True)
def route(*, tenant_id: str, subject_id: str) -> None:
    """Route what a connection has received, and send what came of it."""
    from flows.operations.route import route_and_deliver

    route_and_deliver(tenant_id=UUID(tenant_id), connection_id=UUID(subject_id))


@shared_task(ignore_result=True)
def deliver(*, tenant_id: str, subject_id: str) -> None:
    """Send what is due to a connection."""
    from flows.operations import nudge
    from flows.operations.deliver import deliver_to

    nudge.clear("deliver", UUID(subject_id))
    deliver_to(tenant_id=UUID(tenant_id), target_id=UUID(subject_id))


@shared_task(ignore_result=True)
def poll(*, tenant_id: str, subject_id: str) -> None:
    """Read on in the feed of a cursor."""
    from flows.operations import nudge
    from flows.operations.poll import poll_feed

    nudge.clear("poll", UUID(subject_id))
    poll_feed(tenant_id=UUID(tenant_id), cursor_id=UUID(subject_id))


@shared_task(ignore_result=True)
def sync(*, tenant_id: str, subject_id: str) -> None:
    """Read on in a full sync."""
    from flows.operations import nudge
    from flows.operations.stock.sync import run_sync

    nudge.clear("sync", UUID(subject_id))
    run_sync(tenant_id=UUID(tenant_id), sync_id=UUID(subject_id))


@shared_task(ignore_result=True)
def shadow(*, tenant_id: str, subject_id: str) -> None:
    """Work at a shadow run."""
    from flows.operations import nudge
    from flows.operations.shadow.work import run_shadow

    nudge.clear("shadow", UUID(subject_id))
    run_shadow(tenant_id=UUID(tenant_id), run_id=UUID(subject_id))


@shared_task(ignore_result=True)
def mend(*, tenant_id: str, subject_id: str) -> None:
    """Work at what is done to many dead letters."""
    from flows.operations import nudge
    from flows.operations.mend.work import work_at

    nudge.clear("mend", UUID(subject_id))
    work_at(tenant_id=UUID(tenant_id), act_id=UUID(subject_id))


@shared_task(ignore_result=True)
def plan_syncs() -> None:
    """Begin the full syncs whose midnight or noon it is, and look after what was sold."""
    from flows.operations.stock.look_after import look_after_sold
    from flows.operations.stock.plan import plan_syncs as plan

    plan()
    look_after_sold()


@shared_task(ignore_result=True)
def count_hours(*, hours: int) -> None:
    """Count what each flow did in the last hours."""
    from flows.operations.count_hours import count_hours as count

    count(hours=hours)


@shared_task(ignore_result=True)
def keep_webhooks(*, tenant_id: str, subject_id: str) -> None:
    """See that a vendor still tells us what happens."""
    from flows.operations.keep_webhooks import keep_webhooks_of

    keep_webhooks_of(tenant_id=UUID(tenant_id), connection_id=UUID(subject_id))


@shared_task(ignore_result=True)
def suggest(*, tenant_id: str, subject_id: str, side: Literal["reader", "writer"]) -> None:
    """Look for sources of what a flow fills."""
    from flows.operations.suggest import look_for_suggestions

    look_for_suggestions(tenant_id=UUID(tenant_id), flow_id=UUID(subject_id), side=side)


@shared_task(ignore_result=True)
def watch() -> None:
    """Look for what people must be told of, and tell them."""
    from flows.operations.alerts.evaluate import evaluate_all
    from flows.operations.alerts.send import send_due

    evaluate_all()
    send_due()


@shared_task(ignore_result=True)
def send_notices() -> None:
    """Send what people are to be told, and what did not leave before."""
    from flows.operations.alerts.send import send_due

    send_due()


@shared_task(ignore_result=True)
def forget_alerts() -> None:
    """Drop the alerts that were over before their days."""
    from flows.operations.alerts.forget import forget_old

    forget_old()


@shared_task(ignore_result=True)
def sweep() -> None:
    """Nudge whatever is due."""
    from flows.operations.sweep import sweep_all

    sweep_all()
