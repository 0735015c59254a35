"""Changing the password: a page of allauth, behind a fresh proof."""

from allauth.account import views
from django.http.response import HttpResponseBase

from portal.account.asked import Asked, for_fresh


@for_fresh("GET", "POST")
def change_password(asked: Asked) -> HttpResponseBase:
    """Nobody on the way in changes the password by it: allauth wants them signed in."""
    response: HttpResponseBase = views.password_change(asked.request)
    return response
