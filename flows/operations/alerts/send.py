"""Sends notices. Each is claimed in its row and committed before anything leaves.

What a process that died has claimed is sent by another when the claim has run out: nothing is lost,
and if it had left already it comes twice, under the same key.
"""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import structlog
from django.db.models import Q
from django.utils import timezone

from ekyam import ids
from ekyam.tenants.scope import across_tenants, tenant_scope
from flows.alerts.words import Message
from flows.models import AlertNotice, NoticeState
from flows.operations.alerts.ways import NotTaken, Way, hand_over, open_way

log = structlog.get_logger(__name__)
CLAIM = timedelta(minutes=2)  # longer than any way takes, all its owners included
LATER = [timedelta(seconds=30), *(timedelta(minutes=m) for m in (2, 10, 30, 120))]
AT_ONCE = 50
OPEN = (NoticeState.WAITING, NoticeState.SENDING)


def send_due(now: datetime | None = None) -> int:
    """Return how many were tried."""
    at = now or timezone.now()
    with across_tenants("notices are sent, whosever they are"):
        due = AlertNotice.objects.filter(state__in=OPEN, due_at__lte=at)
        # What was tried before may wait long for its answer again: the others go first.
        due = due.order_by("tries", "due_at")
        found = list(due.values_list("tenant_id", "pk")[:AT_ONCE])
    return sum(send(tenant_id, notice_id, now=at) for tenant_id, notice_id in found)


def send(tenant_id: UUID, notice_id: UUID, *, now: datetime | None = None) -> bool:
    """Whether it was this one's to send; what came of it stands in the row."""
    token = ids.new()
    claimed = _claim(tenant_id, notice_id, token, now or timezone.now())
    if claimed is None:
        return False
    notice, way = claimed
    reason = ""
    try:
        hand_over(way, Message(**notice.message), key=notice.public_id)
    except NotTaken as error:
        reason = str(error)
    except Exception as error:
        log.exception("notice not sent", notice=notice.public_id)
        reason = f"It could not be written: {type(error).__name__}."
    with tenant_scope(tenant_id):
        _settle(notice_id, token, reason, now or timezone.now())
    return True


def _claim(
    tenant_id: UUID, notice_id: UUID, token: UUID, now: datetime
) -> tuple[AlertNotice, Way] | None:
    with tenant_scope(tenant_id):
        free = AlertNotice.objects.filter(Q(state__in=OPEN), pk=notice_id, due_at__lte=now)
        claimed = free.update(state=NoticeState.SENDING, token=token, due_at=now + CLAIM)
        if not claimed:
            return None
        notice = AlertNotice.objects.select_related("channel").get(pk=notice_id)
        return notice, open_way(notice.channel)


def _settle(notice_id: UUID, token: UUID, reason: str, now: datetime) -> None:
    """What another has claimed since is left to that one."""
    mine = AlertNotice.objects.select_for_update(of=("self",)).filter(pk=notice_id, token=token)
    notice = mine.select_related("channel").first()
    if notice is None:
        return
    notice.tries, notice.token, notice.error = notice.tries + 1, None, reason[:300]
    changed: dict[str, Any] = {"error": notice.error}
    if not reason:
        notice.state, notice.sent_at = NoticeState.SENT, now
        changed["sent_at"] = now
    elif notice.kind == "test" or notice.tries > len(LATER):
        notice.state = NoticeState.FAILED
    else:
        notice.state, notice.due_at = NoticeState.WAITING, now + LATER[notice.tries - 1]
    notice.save()
    type(notice.channel).objects.filter(pk=notice.channel_id).update(**changed)
