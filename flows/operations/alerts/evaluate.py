"""Looks at every company each minute: alerts open, go on and are over, and notices are written.

One looks at a company at a time. What is decided and what is to be told are one transaction;
sending comes after it, from the rows.
"""

from dataclasses import asdict
from datetime import datetime, timedelta
from uuid import UUID

import structlog
from django.conf import settings
from django.db import connection as db
from django.db import models
from django.utils import timezone

from ekyam.tenants.models import Tenant
from ekyam.tenants.scope import across_tenants, tenant_scope
from flows.alerts.decide import Do, Finding, Open, Step, Terms, bundle, decide
from flows.alerts.words import Message
from flows.models import Alert, AlertNotice, AlertRoute, AlertRule
from flows.operations.alerts.arrange import ensure_rules
from flows.operations.alerts.look import find

log = structlog.get_logger(__name__)
_LOCK = "SELECT pg_try_advisory_xact_lock(hashtextextended('ekyam.alerts:' || %s, 0))"


def evaluate_all(now: datetime | None = None) -> None:
    """A company where this fails keeps no other one from its alerts."""
    with across_tenants("alerts are looked for in every company"):
        tenants = list(Tenant.objects.values_list("pk", flat=True))
    for tenant_id in tenants:
        try:
            evaluate(tenant_id, now or timezone.now())
        except Exception as error:
            log.exception("alerts not evaluated", tenant=str(tenant_id), error=str(error))


def evaluate(tenant_id: UUID, now: datetime) -> None:
    with tenant_scope(tenant_id):
        with db.cursor() as cursor:
            cursor.execute(_LOCK, [str(tenant_id)])
            if not cursor.fetchone()[0]:
                return
        ensure_rules(tenant_id)
        company = Tenant.objects.get(pk=tenant_id).name
        for rule in AlertRule.objects.filter(is_on=True):
            _evaluate_rule(rule, company, now)


def _evaluate_rule(rule: AlertRule, company: str, now: datetime) -> None:
    alerts = {one.cause: one for one in Alert.objects.filter(rule=rule, cleared_at=None)}
    terms = Terms(
        timedelta(minutes=rule.quiet_minutes),
        timedelta(minutes=rule.escalate_minutes) if rule.escalate_minutes else None,
    )
    seen = find(rule.kind, rule.threshold, now)
    steps = decide(
        bundle(seen.findings, alerts),
        [_as_open(one) for one in alerts.values()],
        terms,
        now,
        told_before=_told_before(rule, now - terms.quiet),
        is_whole=seen.is_whole,
    )
    for step in steps:
        alert = _apply(step, rule, alerts.get(step.cause), now)
        if step.tell:
            _write_notices(alert, step.tell, company, now)


def _as_open(one: Alert) -> Open:
    return Open(
        one.cause,
        one.opened_at,
        told_at=one.told_at,
        told_count=one.told_count,
        is_acknowledged=one.acknowledged_at is not None,
        is_escalated=one.escalated_at is not None,
    )


def _told_before(rule: AlertRule, since: datetime) -> dict[str, datetime]:
    over = Alert.objects.filter(rule=rule, told_at__gt=since).exclude(cleared_at=None)
    return dict(over.values_list("cause").annotate(models.Max("told_at")))


def _apply(step: Step, rule: AlertRule, alert: Alert | None, now: datetime) -> Alert:
    if alert is None:
        alert = Alert(tenant_id=rule.tenant_id, rule=rule, cause=step.cause, opened_at=now)
        alert.told_at = step.quiet_since
    if step.finding:
        _describe(alert, step.finding, now)
    if step.do == Do.CLEAR:
        alert.cleared_at = now
    elif step.tell:
        alert.told_at, alert.told_count = now, alert.count
    if step.tell:
        alert.times_told += 1
    if step.tell == "escalation":
        alert.escalated_at = now
    alert.save()
    return alert


def _describe(alert: Alert, finding: Finding, now: datetime) -> None:
    alert.subject, alert.text = finding.subject[:200], finding.text[:2000]
    alert.count, alert.last_at = finding.count, now


def _write_notices(alert: Alert, kind: str, company: str, now: datetime) -> None:
    """An escalation goes to its own channels and to those that were told; the all-clear to all who
    were told of this alert."""
    if kind == "clear":
        told = AlertNotice.objects.filter(alert=alert).values_list("channel_id", flat=True)
        channels = set(told)
    else:
        routes = AlertRoute.objects.filter(rule=alert.rule)
        if kind != "escalation":
            routes = routes.filter(is_escalation=False)
        channels = set(routes.values_list("channel_id", flat=True))
    said = asdict(
        Message(
            kind=kind,
            rule=str(alert.rule),
            subject=alert.subject,
            text=alert.text,
            count=alert.count,
            since=alert.opened_at.isoformat(),
            link=f"{settings.PUBLIC_URL}/alerts/",
            company=company,
        )
    )
    AlertNotice.objects.bulk_create(
        AlertNotice(
            tenant_id=alert.tenant_id,
            alert=alert,
            channel_id=channel_id,
            kind=kind,
            number=alert.times_told,
            message=said,
            due_at=now,
            created_at=now,
        )
        for channel_id in sorted(channels)
    )
