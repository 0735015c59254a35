"""What no page takes: too much at once, characters that no text may hold, and being looked at when
it is only for sending to."""

from collections.abc import Callable, Iterable
from typing import Any

from django.conf import settings
from django.core.exceptions import BadRequest
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed, QueryDict
from django.http.response import HttpResponseBase
from django.template.loader import render_to_string

# They say no in words of their own.
MACHINES = ("/hooks/", "/api/v1/", "/oauth/token", "/oauth/userinfo")
NUL = "\x00"  # PostgreSQL has no text with it


class Limits:
    """Middleware of the site; the doors of machines have limits of their own.

    A body without a length is taken for an empty one, as WSGI wants it.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if request.path.startswith(MACHINES):
            return self.get_response(request)
        if _length(request) > settings.SITE_BODY_BYTES:
            return _too_large()
        if NUL in request.path or _has_nul(request.GET):
            raise BadRequest("A NUL in the address.")
        answer = self.get_response(request)
        if isinstance(answer, HttpResponseNotAllowed) and request.method == "GET":
            answer.content = render_to_string("405.html")
        return answer

    def process_view(self, request: HttpRequest, view: Any, args: Any, kwargs: Any) -> None:
        """Only here has a view said how its body is to be read."""
        is_form = request.method == "POST" and not request.path.startswith(MACHINES)
        if is_form and _has_nul(request.POST):
            raise BadRequest("A NUL in a field.")


def _length(request: HttpRequest) -> int:
    text = request.META.get("CONTENT_LENGTH") or "0"
    return int(text) if str(text).isdigit() else 0


def _has_nul(values: QueryDict) -> bool:
    found: Iterable[tuple[str, list[Any]]] = values.lists()
    return any(NUL in text for name, texts in found for text in (name, *map(str, texts)))


def _too_large() -> HttpResponse:
    most = settings.SITE_BODY_BYTES // 1024 // 1024
    return HttpResponse(render_to_string("413.html", {"most": most}), status=413)
