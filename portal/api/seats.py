"""Who calls: a key or a token in the header Authorization, and nothing else; no cookie counts."""

from django.contrib.auth.models import AnonymousUser
from rest_framework.authentication import BaseAuthentication
from rest_framework.exceptions import NotAuthenticated
from rest_framework.request import Request

from ekyam.addresses import address_of
from ekyam.keys.authenticate import seat_of
from ekyam.tenants.seats import Seat

CHALLENGE = 'Bearer realm="Ekyam"'


class SeatAuthentication(BaseAuthentication):
    """`request.auth` is the seat afterwards."""

    def authenticate(self, request: Request) -> tuple[AnonymousUser, Seat]:
        seat = find_seat(request)
        if seat is None:
            raise NotAuthenticated
        return AnonymousUser(), seat

    def authenticate_header(self, request: Request) -> str:
        return CHALLENGE


def find_seat(request: Request) -> Seat | None:
    """None alike for a header that is missing, malformed, wrong, revoked or over."""
    header = request.headers.get("Authorization", "")
    return seat_of(header, address_of(request._request)) if header else None
