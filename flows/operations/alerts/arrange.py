"""Rules and channels: what is there at first, and what people make of it."""

import base64
import secrets
from collections.abc import Collection
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext, override

from ekyam.audit.record import record
from ekyam.tenants.models import Tenant
from flows.alerts.kinds import KINDS
from flows.alerts.words import Message
from flows.models import Alert, AlertChannel, AlertNotice, AlertRoute, AlertRule
from flows.operations.alerts.ways import Kind, check_address
from flows.states import IllegalMove

MOST_CHANNELS = 20
OWNERS = "All owners"


class Conflict(Exception):
    """Somebody else has changed the rule since it was read."""


def ensure_rules(tenant_id: UUID) -> None:
    """One rule of each kind; at first connections and dead letters are told of to all owners."""
    known = set(AlertRule.objects.values_list("kind", flat=True))
    lacking = [kind for slug, kind in KINDS.items() if slug not in known]
    if not lacking:
        return
    said: dict[str, Any] = {"kind": Kind.OWNERS, "shown": "whoever is an owner just then"}
    owners, _ = AlertChannel.objects.get_or_create(tenant_id=tenant_id, label=OWNERS, defaults=said)
    for kind in lacking:
        rule, is_new = AlertRule.objects.get_or_create(
            tenant_id=tenant_id,
            kind=kind.slug,
            defaults={
                "is_on": kind.is_on,
                "threshold": kind.threshold,
                "escalate_minutes": kind.escalate_minutes,
            },
        )
        if is_new:
            AlertRoute.objects.create(tenant_id=tenant_id, rule=rule, channel=owners)


def change_rule(
    rule: AlertRule,
    *,
    edition: int,
    channels: Collection[str],
    further: Collection[str],
    **values: Any,
) -> AlertRule:
    """`channels` and `further` are public ids, at once and when nobody acknowledges. Raises
    Conflict; AlertChannel.DoesNotExist for a channel that is gone."""
    rule = AlertRule.objects.select_for_update().get(pk=rule.pk)
    if rule.edition != edition:
        raise Conflict(gettext("Somebody else has changed this rule since you opened it."))
    before = _told(rule)
    for name in ("is_on", "threshold", "quiet_minutes", "escalate_minutes"):
        setattr(rule, name, values[name])
    rule.edition += 1
    rule.save()
    AlertRoute.objects.filter(rule=rule).delete()
    for is_escalation, chosen in ((False, channels), (True, further)):
        for public_id in sorted(set(chosen)):
            AlertRoute.objects.create(
                tenant_id=rule.tenant_id,
                rule=rule,
                channel=AlertChannel.get_public(public_id),
                is_escalation=is_escalation,
            )
    if not rule.is_on:
        # Nobody looks at its causes any more, so nothing could ever clear them.
        Alert.objects.filter(rule=rule, cleared_at=None).update(cleared_at=timezone.now())
    with override("en"):  # the audit log is data
        label = str(rule)
    after = _told(rule)
    record("alert_rule.changed", subject=rule.public_id, label=label, before=before, after=after)
    return rule


def _told(rule: AlertRule) -> dict[str, Any]:
    routes = AlertRoute.objects.filter(rule=rule).order_by("channel__label")
    found = list(routes.values_list("is_escalation", "channel__label"))
    return {
        "is_on": rule.is_on,
        "threshold": rule.threshold,
        "quiet_minutes": rule.quiet_minutes,
        "escalate_minutes": rule.escalate_minutes,
        "channels": [label for further, label in found if not further],
        "escalates_to": [label for further, label in found if further],
    }


def add_channel(*, tenant: Tenant, kind: str, label: str, address: str) -> tuple[AlertChannel, str]:
    """With what a webhook is signed with, told this once. Raises Unfit for the address, and
    IllegalMove for a label that is taken, or when there are enough."""
    kept, shown = check_address(kind, address)
    if AlertChannel.objects.count() >= MOST_CHANNELS:
        raise IllegalMove(
            gettext("There are {most_channels} channels already: remove one first.").format(
                most_channels=MOST_CHANNELS
            )
        )
    row, secret = AlertChannel(tenant=tenant, kind=kind, label=label, shown=shown), ""
    row.seal("address", kept)
    if kind == Kind.WEBHOOK:
        secret = "whsec_" + base64.b64encode(secrets.token_bytes(32)).decode()
        row.seal("secret", secret)
    try:
        with transaction.atomic():
            row.save(force_insert=True)
    except IntegrityError as error:
        raise IllegalMove(
            gettext("There is a channel «{label}» already.").format(label=label)
        ) from error
    record("alert_channel.added", subject=row.public_id, label=label, after={"kind": kind})
    return row, secret


def remove_channel(row: AlertChannel) -> None:
    """Raises IllegalMove while a rule tells by it. What it was still to be told is not told."""
    if AlertRoute.objects.filter(channel=row).exists():
        raise IllegalMove(
            gettext("A rule still tells by «{label}»: choose another one there first.").format(
                label=row.label
            )
        )
    public_id, label, before = row.public_id, row.label, {"kind": row.kind}
    row.delete()
    record("alert_channel.removed", subject=public_id, label=label, before=before)


def write_test(row: AlertChannel, *, company: str) -> AlertNotice:
    """A notice that is to be sent at once."""
    message = {
        **dict.fromkeys(Message.__dataclass_fields__, ""),
        "kind": "test",
        "subject": "this is how an alert will look",
        "text": "Somebody asked for this test. Nobody has to do anything.",
        "count": 0,
        "since": timezone.now().isoformat(),
        "link": f"{settings.PUBLIC_URL}/alerts/",
        "company": company,
    }
    notice = AlertNotice.objects.create(
        tenant_id=row.tenant_id, channel=row, kind="test", message=message
    )
    record("alert_channel.tested", subject=row.public_id, label=row.label)
    return notice


def acknowledge(alert: Alert, *, by: str) -> bool:
    """Somebody is at it: it is told of no more until it is over. False if somebody was before, or
    it is over."""
    alert = Alert.objects.select_for_update().get(pk=alert.pk)
    if alert.acknowledged_at or alert.cleared_at:
        return False
    alert.acknowledged_at, alert.acknowledged_by = timezone.now(), by
    alert.save(update_fields=["acknowledged_at", "acknowledged_by"])
    record("alert.acknowledged", subject=alert.public_id, label=alert.subject)
    return True
