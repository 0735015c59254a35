"""Whether this process lives, and whether it can do its work."""

from collections.abc import Callable

import redis
import structlog
from django.conf import settings
from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

log = structlog.get_logger(__name__)


class NotReady(Exception):
    """A part is there, but not fit for work."""


def check_database() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")


def check_migrations() -> None:
    executor = MigrationExecutor(connection)
    if waiting := executor.migration_plan(executor.loader.graph.leaf_nodes()):
        raise NotReady(f"{len(waiting)} migrations are not applied")


def check_redis() -> None:
    with redis.Redis.from_url(
        settings.REDIS_URL, socket_timeout=2, socket_connect_timeout=2
    ) as client:
        client.ping()


PARTS: dict[str, Callable[[], None]] = {
    "database": check_database,
    "migrations": check_migrations,
    "redis": check_redis,
}


def find_failing_parts() -> list[str]:
    """Return the names of the parts that do not work; the reasons go to the log."""
    failing = []
    for name, check in PARTS.items():
        try:
            check()
        except (DatabaseError, redis.RedisError, NotReady, OSError) as error:
            log.warning("part is not ready", part=name, reason=str(error))
            failing.append(name)
    return failing


@require_safe
@never_cache
def healthz(request: HttpRequest) -> HttpResponse:
    """The process answers; nothing else is asked."""
    return HttpResponse("ok\n", content_type="text/plain")


@require_safe
@never_cache
def readyz(request: HttpRequest) -> HttpResponse:
    """Database, migrations and Redis are as they should be, or 503 with those that are not."""
    failing = find_failing_parts()
    return JsonResponse({"ready": not failing, "failing": failing}, status=503 if failing else 200)
