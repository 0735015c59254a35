"""Says that there is work; a lost nudge costs latency, for the sweeper says it again."""

import logging
from functools import cache
from uuid import UUID

import redis
from django.conf import settings
from django.db import transaction

log = logging.getLogger(__name__)
KEPT_SECONDS = 5


@cache
def _redis() -> redis.Redis:
    return redis.Redis.from_url(
        settings.REDIS_URL, socket_timeout=2, socket_connect_timeout=2, health_check_interval=30
    )


def nudge(task: str, *, tenant_id: UUID, subject_id: UUID) -> None:
    """After this transaction: `task` has work for the subject. Coalesced: one message at a time.

    A mark says that one is under way. Whoever does the work clears it before a last look; so a row
    that was committed before its nudge found the mark is never missed.
    """
    transaction.on_commit(lambda: _send(task, tenant_id, subject_id))


def _send(task: str, tenant_id: UUID, subject_id: UUID) -> None:
    from flows import tasks

    try:
        if not _redis().set(_mark(task, subject_id), 1, nx=True, ex=KEPT_SECONDS):
            return
        getattr(tasks, task).apply_async(
            kwargs={"tenant_id": str(tenant_id), "subject_id": str(subject_id)}, retry=False
        )
    except (redis.RedisError, OSError, tasks.BrokerError) as error:
        log.warning("nudge lost", extra={"task": task, "error": str(error)})


def clear(task: str, subject_id: UUID) -> None:
    """From now on a nudge is a new message; look once more after this."""
    try:
        _redis().delete(_mark(task, subject_id))
    except (redis.RedisError, OSError) as error:
        log.warning("nudge mark not cleared", extra={"task": task, "error": str(error)})


def _mark(task: str, subject_id: UUID) -> str:
    return f"ekyam:nudge:{task}:{subject_id}"
