"""Rows that only some doors need, so that their addresses name something."""

from datetime import timedelta
from typing import Any
from uuid import uuid4

from django.utils import timezone

from ekyam.keys.operations import make_application, make_key
from ekyam.tenants.models import Role
from ekyam.tenants.rights import RIGHTS
from flows.mapping.logic import Logic
from flows.models import Alert, AlertChannel, AlertRule, ShadowDifference, ShadowRun
from flows.operations.alerts.arrange import ensure_rules
from flows.operations.shadow.start import start_shadow
from flows.operations.versions import find_edition, save_draft
from tests.portal.conftest import Side


def shadow_of(side: Side) -> dict[str, str]:
    """A shadow run, and something that it found."""
    flow, event = side.shop.flow("Orders"), side.dead.event
    run = ShadowRun.objects.filter(flow=flow).first()
    if run is None:
        save_draft(flow, Logic(), edition=find_edition(flow))
        run = start_shadow(flow, since=timezone.now() - timedelta(days=1))
    said = {"tenant": side.company.tenant, "run": run, "kind": "changed", "attributes": "total"}
    one = ShadowDifference.objects.create(event=event, external_id="5501", **said)
    return {"shadow": run.public_id, "difference": one.public_id}


def alerts_of(side: Side) -> dict[str, str]:
    """A rule, an alert of it, and a channel that no rule uses."""
    tenant, now = side.company.tenant, timezone.now()
    ensure_rules(tenant.pk)
    rule = AlertRule.objects.get(kind="dead_letters")
    said = {"tenant": tenant, "rule": rule, "opened_at": now, "last_at": now}
    one, _ = Alert.objects.get_or_create(cause="tested", cleared_at=None, defaults=said)
    channel, _ = AlertChannel.objects.get_or_create(
        tenant=tenant, label=f"{tenant.slug} on call", defaults={"kind": "owners"}
    )
    ids = {"alert_rule": rule.public_id, "alert": one.public_id}
    return ids | {"alert_channel": channel.public_id}


def programs_of(side: Side) -> dict[str, str]:
    """A key, and an application with its secret; others each time."""
    said: Any = {"tenant": side.company.tenant, "maker": side.company.owner}
    said |= {"name": f"Till {uuid4()}", "may": RIGHTS[Role.OWNER], "rights": ["look"]}
    secret = make_application(**said, redirects=[], asks=True).row
    key = make_key(**said, days=30).row
    ids = {"key": key.public_id, "secret": secret.public_id}
    return ids | {"application": secret.application.public_id}
