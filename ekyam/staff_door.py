"""Who of Ekyam's own staff is in: by a second factor, at its own address, and not for long."""

import time
from collections.abc import Callable
from enum import StrEnum
from typing import Any

from django.conf import settings
from django.contrib.auth.signals import user_logged_in
from django.http import Http404, HttpRequest
from django.http.response import HttpResponseBase

from ekyam.addresses import address_of
from ekyam.audit.actors import Actor, Kind

SIGNED_IN_AT = "staff_signed_in_at"
SEEN_AT = "staff_seen_at"
_WRITE_SECONDS = 60  # so often a session is written for the sake of being seen
ADDRESS = "/admin/"


class Hindrance(StrEnum):
    NOBODY = "nobody"  # not signed in
    NOT_STAFF = "not_staff"
    NO_FACTOR = "no_factor"  # signed in by a password alone
    TOO_LONG = "too_long"  # signed in too long ago, or idle for too long


def find_hindrance(request: HttpRequest) -> Hindrance | None:
    """Why this request may not enter as staff; None if it may."""
    user: Any = request.user
    if not user.is_authenticated:
        return Hindrance.NOBODY
    if not (user.is_active and user.is_staff):
        return Hindrance.NOT_STAFF
    if not user.is_verified():
        return Hindrance.NO_FACTOR
    return Hindrance.TOO_LONG if _is_too_long(request, time.time()) else None


def _is_too_long(request: HttpRequest, now: float) -> bool:
    """A session that does not say when it began is one from before."""
    began = request.session.get(SIGNED_IN_AT, 0.0)
    seen = request.session.get(SEEN_AT, began)
    longest, idle = settings.EKYAM_STAFF_SESSION_MINUTES, settings.EKYAM_STAFF_IDLE_MINUTES
    return bool(now - began > longest * 60 or now - seen > idle * 60)


def note_seen(request: HttpRequest) -> None:
    now = time.time()
    if now - request.session.get(SEEN_AT, 0.0) > _WRITE_SECONDS:
        request.session[SEEN_AT] = now


def staff_actor(request: HttpRequest) -> Actor:
    user: Any = request.user
    return Actor(Kind.STAFF, user.public_id, user.email, address_of(request))


def _note_sign_in(sender: Any, request: HttpRequest | None, **kwargs: Any) -> None:
    """The only moment at which a session knows that a person has just proved who they are."""
    if request is not None:
        request.session[SIGNED_IN_AT] = time.time()
        request.session.pop(SEEN_AT, None)


user_logged_in.connect(_note_sign_in, dispatch_uid="ekyam.staff_door")


class StaffAddress:
    """Middleware: where staff has a host of its own, the admin is at no other."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        host = settings.STAFF_HOST
        if host and request.path.startswith(ADDRESS) and request.get_host() != host:
            raise Http404
        return self.get_response(request)
