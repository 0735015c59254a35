"""Django's own middleware of sessions and people, told where a request comes from.

Session and person are one query. The second factor's device is looked for when somebody asks.
"""

from functools import partial
from typing import Any

from django.contrib import auth
from django.contrib.auth.middleware import AuthenticationMiddleware
from django.contrib.sessions.middleware import SessionMiddleware
from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject
from django_otp import DEVICE_ID_SESSION_KEY
from django_otp.middleware import OTPMiddleware

from ekyam.addresses import address_of
from ekyam.sessions.store import SessionStore
from ekyam.tenants.models import User

LONGEST_NAME = 400


class Sessions(SessionMiddleware):
    def process_request(self, request: HttpRequest) -> None:
        super().process_request(request)
        session: Any = request.session
        session.address = address_of(request)
        # PostgreSQL's texts hold everything but this one character.
        session.browser = request.headers.get("User-Agent", "").replace("\0", "")[:LONGEST_NAME]
        session.is_person_there = not asks_by_itself(request)


def asks_by_itself(request: HttpRequest) -> bool:
    """A page that is left open asks for its live part every few seconds: nobody need be there."""
    return "HX-Request" in request.headers and request.path.endswith("/part/")


class People(AuthenticationMiddleware):
    def process_request(self, request: HttpRequest) -> None:
        super().process_request(request)
        request.user = SimpleLazyObject(lambda: find_person(request))  # type: ignore[assignment]


def find_person(request: HttpRequest) -> Any:
    """What Django would find; by its own way where the session's row does not settle it."""
    assert isinstance(request.session, SessionStore)
    if not hasattr(request, "_cached_user"):  # Django's own name, which it also looks for
        found = request.session.person or auth.get_user(request)
        request._cached_user = found  # type: ignore[attr-defined]
    return request._cached_user  # type: ignore[attr-defined]


class SecondFactors(OTPMiddleware):  # type: ignore[misc]
    """Few pages ask whether the person is verified: signing in has seen to it for all of them."""

    def _verify_user_sync(self, request: HttpRequest, user: Any) -> Any:
        self._init_user_fields(user)
        if isinstance(user, User) and DEVICE_ID_SESSION_KEY in request.session:
            user.find_otp_device = partial(self._find_device, request, user)
        return user

    def _find_device(self, request: HttpRequest, user: User) -> Any:
        found = self._device_from_persistent_id(request.session[DEVICE_ID_SESSION_KEY])
        return self._finalize_device(request, user, found)
