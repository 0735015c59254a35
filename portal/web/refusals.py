"""What a person reads when a form is refused, or an address leads nowhere."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import Resolver404, resolve
from django.utils import timezone

from ekyam.tenants.seats import Seat
from portal.web.access import find_seat


def csrf_failed(request: HttpRequest, reason: str = "") -> HttpResponse:
    """Without reasons, which only attackers need."""
    return render(request, "403_csrf.html", status=403)


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Who has a seat keeps the navigation, and is shown the list that such a thing would be in."""
    seat = getattr(request, "seat", None) or _seat(request)
    if seat is None or seat.must_prove:
        return render(request, "404.html", status=404)
    request.seat = seat  # type: ignore[attr-defined]
    with timezone.override(seat.tenant.time_zone):
        return render(request, "portal/not_found.html", {"above": _above(request)}, status=404)


def _seat(request: HttpRequest) -> Seat | None:
    user = getattr(request, "user", None)
    return find_seat(request) if user is not None and user.is_authenticated else None


def _above(request: HttpRequest) -> str:
    """The nearest address above that leads somewhere without anybody's id: /orders/ of an order."""
    parts = request.path.strip("/").split("/")
    for end in range(len(parts) - 1, 0, -1):
        address = f"/{'/'.join(parts[:end])}/"
        try:
            if not resolve(address).kwargs:
                return address
        except Resolver404:
            continue
    return ""
