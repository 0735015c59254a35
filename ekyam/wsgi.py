"""What the web process serves: the site, and the machines' door before it."""

import os
from collections.abc import Callable, Iterable
from typing import Any

from django.core.exceptions import DisallowedHost
from django.core.handlers.exception import convert_exception_to_response
from django.core.handlers.wsgi import WSGIHandler
from django.core.wsgi import get_wsgi_application
from django.http import HttpRequest, JsonResponse
from django.middleware.common import CommonMiddleware
from django.middleware.security import SecurityMiddleware

from ekyam.collector import load_pages, spare_what_stays

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "ekyam.settings")
# Pages ask of a few rows or of a million with the same sentence: each time wants a plan of its own,
# where one that was kept may not even look into a partial index.
os.environ.setdefault("DATABASE_PREPARE_THRESHOLD", "never")

HOOKS = "/hooks/"
Answer = Callable[[HttpRequest], Any]


class MachinesHandler(WSGIHandler):
    """Without the middleware of people: no session, no cookie and no page is at that door.

    TLS is asked for all the same, and the host must be ours.
    """

    def load_middleware(self, is_async: bool = False) -> None:
        self._view_middleware: list[Any] = []
        self._template_response_middleware: list[Any] = []
        self._exception_middleware: list[Any] = []
        # The same that Django's own chain ends in; its stubs do not tell of it.
        respond = convert_exception_to_response(self._get_response)  # type: ignore[attr-defined]
        # Security for TLS and nosniff, Common for the answer's length and the host.
        self._middleware_chain = _at_our_host(SecurityMiddleware(CommonMiddleware(respond)))


def _at_our_host(respond: Answer) -> Answer:
    """Outside of what Django turns into answers; and no machine wants a page."""

    def answer(request: HttpRequest) -> Any:
        try:
            return respond(request)
        except DisallowedHost:
            return JsonResponse({"message": "This host is not served here."}, status=400)

    return answer


_site = get_wsgi_application()
_machines = MachinesHandler()
load_pages()
spare_what_stays()


def application(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
    handler = _machines if environ["PATH_INFO"].startswith(HOOKS) else _site
    return handler(environ, start_response)
