"""Forgets alerts that were over long ago, with what was told of them."""

from datetime import datetime, timedelta

from django.conf import settings
from django.utils import timezone

from ekyam.tenants.scope import across_tenants
from flows.models import Alert, AlertNotice, NoticeState

MOST_AT_ONCE = 1_000  # the rest goes with the next hour
_ENDED = (NoticeState.SENT, NoticeState.FAILED)


def forget_old(now: datetime | None = None) -> int:
    """Returns how many rows are gone. What is open stays, however old it is."""
    old = (now or timezone.now()) - timedelta(days=settings.EKYAM_ALERT_DAYS)
    with across_tenants("alerts that are past their days are forgotten, whosever they are"):
        over = Alert.objects.filter(cleared_at__lt=old).values_list("pk", flat=True)
        count, _ = Alert.objects.filter(pk__in=list(over[:MOST_AT_ONCE])).delete()
        # A test of a channel belongs to no alert.
        tests = AlertNotice.objects.filter(alert=None, state__in=_ENDED, created_at__lt=old)
        few = list(tests.values_list("pk", flat=True)[:MOST_AT_ONCE])
        return count + AlertNotice.objects.filter(pk__in=few).delete()[0]
