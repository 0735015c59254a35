"""What a page says while Valkey is away: nobody is let past a count that cannot be taken."""

from collections.abc import Callable

import structlog
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.template.loader import render_to_string
from redis.exceptions import RedisError

from ekyam.limits import MACHINES

log = structlog.get_logger(__name__)
RETRY_SECONDS = 10


class ValkeyAway:
    """Middleware of the site. What can do without Valkey sees to that itself."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        if not isinstance(error, RedisError) or request.path.startswith(MACHINES):
            return None
        log.warning("a page needs Valkey, which is away", path=request.path, reason=str(error))
        return HttpResponse(
            render_to_string("503.html"), status=503, headers={"Retry-After": str(RETRY_SECONDS)}
        )
