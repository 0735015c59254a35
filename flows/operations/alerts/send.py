"""Sends notices. Each is claimed in its row and committed before anything leaves.

What a process that died has claimed is sent by another when the claim has run out: nothing is lost,
and if it had left already it comes twice, under the same key.

Channels are told beside each other, each in a thread of its own that holds no row: one that is slow
keeps nobody but itself. A channel gets few notices at once, so that its claims outlast it: a way
takes ten seconds at most (DEADLINE_SECONDS, EMAIL_TIMEOUT). A notice is no message of the queue of
its own: the threads of a worker are there for deliveries, and slow hosts would take them all.
"""

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime, timedelta
from queue import Queue
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
LOOKED_AT, AT_ONCE, OF_A_CHANNEL, THREADS = 1_000, 50, 5, 16
OPEN = (NoticeState.WAITING, NoticeState.SENDING)


def send_due(now: datetime | None = None) -> int:
    """Return how many were tried."""
    at = now or timezone.now()
    with across_tenants("notices are sent, whosever they are"):
        due = AlertNotice.objects.filter(state__in=OPEN, due_at__lte=at)
        # What was tried before may wait long for its answer again: the others go first.
        due = due.order_by("tries", "due_at")
        rows = list(due.values_list("tenant_id", "channel_id", "pk")[:LOOKED_AT])
    by_channel: dict[UUID, list[Claimed]] = {}
    for tenant_id, notice_id in _few_of_each(rows):
        if claimed := _claim(tenant_id, notice_id, at):
            by_channel.setdefault(claimed.channel_id, []).append(claimed)
    told: Queue[tuple[Claimed, str]] = Queue()
    count = sum(map(len, by_channel.values()))
    with ThreadPoolExecutor(THREADS, thread_name_prefix="notices") as threads:
        for some in by_channel.values():
            threads.submit(_hand_over_all, some, told)
        for _ in range(count):
            _settle(*told.get(), now or timezone.now())
    return count


def send(tenant_id: UUID, notice_id: UUID) -> bool:
    """Whether it was this one's to send; what came of it stands in the row."""
    claimed = _claim(tenant_id, notice_id, timezone.now())
    if claimed is None:
        return False
    _settle(claimed, _hand_over(claimed), timezone.now())
    return True


def _few_of_each(rows: list[tuple[UUID, UUID, UUID]]) -> list[tuple[UUID, UUID]]:
    """The first ones of each channel, in their order."""
    counts: Counter[UUID] = Counter()
    found = []
    for tenant_id, channel_id, notice_id in rows:
        counts[channel_id] += 1
        if counts[channel_id] <= OF_A_CHANNEL:
            found.append((tenant_id, notice_id))
    return found[:AT_ONCE]


@dataclass(frozen=True)
class Claimed:
    """What a thread needs: nothing of it is a row."""

    tenant_id: UUID
    notice_id: UUID
    channel_id: UUID
    token: UUID
    key: str
    message: dict[str, Any]
    way: Way


def _hand_over_all(some: list[Claimed], told: "Queue[tuple[Claimed, str]]") -> None:
    for one in some:
        told.put((one, _hand_over(one)))


def _hand_over(one: Claimed) -> str:
    """Why it did not leave; empty if it did. Never raises."""
    try:
        hand_over(one.way, Message(**one.message), key=one.key)
    except NotTaken as error:
        return str(error)
    except Exception as error:
        log.exception("notice not sent", notice=one.key)
        return f"It could not be written: {type(error).__name__}."
    return ""


def _claim(tenant_id: UUID, notice_id: UUID, now: datetime) -> Claimed | None:
    token = ids.new()
    with tenant_scope(tenant_id):
        free = AlertNotice.objects.filter(Q(state__in=OPEN), pk=notice_id, due_at__lte=now)
        claimed = free.update(state=NoticeState.SENDING, token=token, due_at=now + CLAIM)
        if not claimed:
            return None
        notice = AlertNotice.objects.select_related("channel").get(pk=notice_id)
        way, key = open_way(notice.channel), notice.public_id
        return Claimed(tenant_id, notice_id, notice.channel_id, token, key, notice.message, way)


def _settle(one: Claimed, reason: str, now: datetime) -> None:
    with tenant_scope(one.tenant_id):
        _write(one, reason, now)


def _write(one: Claimed, reason: str, now: datetime) -> None:
    """What another has claimed since is left to that one."""
    mine = AlertNotice.objects.select_for_update(of=("self",))
    mine = mine.filter(pk=one.notice_id, token=one.token)
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
