"""Changing the password: a page of allauth, behind a fresh proof."""

from http import HTTPStatus

from allauth.account import views
from django.http.response import HttpResponseBase
from django.shortcuts import redirect

from portal.account.asked import Asked, for_fresh


@for_fresh("GET", "POST")
def change_password(asked: Asked) -> HttpResponseBase:
    """Nobody on the way in changes the password by it: allauth wants them signed in."""
    response: HttpResponseBase = views.password_change(asked.request)
    return redirect("security") if response.status_code == HTTPStatus.FOUND else response
