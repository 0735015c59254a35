"""The matrix of strangers is whole: a route without its row fails, wherever it was added."""

from collections.abc import Iterable, Iterator
from typing import Any

import pytest
from django.http import HttpRequest, HttpResponse
from django.test import Client
from django.urls import URLPattern, URLResolver, path
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

import ekyam.urls
import portal.api.urls
import portal.web.urls
from ekyam.tenants.models import Role
from tests.api import test_isolation as api
from tests.portal import test_isolation as pages
from tests.test_guards_matter import noticed

# Neither pages of a company nor the API, each with how it greets somebody who shows nothing.
PUBLIC = {
    "healthz",
    "readyz",
    "metrics",  # open without METRICS_TOKEN, which hardened environments need
    ".well-known/jwks.json",
    ".well-known/oauth-authorization-server",
    ".well-known/openid-configuration",
    "api/",
    "api/v1/openapi.json",
    "dev/inbox/",  # not in hardened environments
    "accounts/login/",
    "accounts/inactive/",
    "accounts/signup/",  # says that nobody signs up
    "accounts/confirm-email/",
    r"accounts/^confirm-email/(?P<key>[-:\w]+)/$",
    "accounts/password/reset/",
    "accounts/password/reset/done/",
    "accounts/password/reset/key/done/",
    r"accounts/^password/reset/key/(?P<uidb36>[0-9A-Za-z]+)-(?P<key>.+)/$",
    "account/passkey/",
    "account/passkey/options/",
}
MACHINES = {"hooks/<str:connection_id>", "oauth/token", "oauth/userinfo", "api/^v1(/.*)?$"}
OWN = {
    "account/prove/",
    "account/prove/way/",
    "account/prove/send/",
    "account/prove/passkey/",
    "account/set-up/",
    "account/set-up/totp/",
    "account/set-up/totp/<str:id>/",
    "account/set-up/phone/",
    "account/set-up/phone/<str:id>/",
    "account/set-up/phone/<str:id>/send/",
    "account/set-up/passkey/",
    "account/set-up/passkey/options/",
    "account/set-up/done/",
    "account/security/",
    "account/security/recovery/",
    "account/security/forget/",
    "account/security/<str:id>/remove/",
    "accounts/password/change/",
    "accounts/password/set/",
    "accounts/email/",
    "accounts/reauthenticate/",
    "accounts/logout/",
    "accounts/login/code/confirm/",
}

LEAVING = "accounts/logout/"  # whoever was never in goes home


def walk(patterns: Iterable[Any], before: str = "") -> Iterator[tuple[str, URLPattern]]:
    for one in patterns:
        address = before + str(one.pattern)
        if isinstance(one, URLResolver):
            yield from walk(one.url_patterns, address)
        else:
            yield address, one


def elsewhere() -> set[str]:
    """What the tables of pages and of the API do not speak of; the admin has tests of its own."""
    known = [*portal.web.urls.urlpatterns, *portal.api.urls.resources]
    found = walk(ekyam.urls.urlpatterns)
    return {
        address
        for address, one in found
        if not address.startswith("admin/") and not any(one is row for row in known)
    }


def test_every_other_route_says_whom_it_is_for() -> None:
    assert elsewhere() == PUBLIC | MACHINES | OWN


@pytest.mark.django_db
@pytest.mark.parametrize("verb", ["GET", "POST", "PUT", "DELETE"])
@pytest.mark.parametrize("address", sorted(OWN))
def test_a_stranger_sees_no_page_of_a_person(address: str, verb: str) -> None:
    answer = Client().generic(verb, "/" + address.replace("<str:id>", "fac_1"))
    assert answer.status_code in (302, 405), answer.content
    assert answer.get("Location", "/account").startswith("/account") or address == LEAVING


@pytest.mark.django_db
def test_a_program_that_shows_nothing_gets_nothing() -> None:
    asked = ("oauth/token", "oauth/userinfo", "hooks/con_1", "api/v1", "api/v1/nothing")
    found = [Client().post(f"/{address}").status_code for address in asked]
    assert found == [401, 401, 404, 404, 404]


def test_it_has_five_hundred_cases() -> None:
    """Each of them a door, and somebody who must not get in, or only as the table says."""
    strangers_and_outsiders, roles = 2 * len(pages.DOORS), len(Role) * len(pages.DOORS)
    showing = 3  # nothing, a wrong key, a misspelled one
    outsiders_and_rightless = 2
    of_api = len(api.KNOWN) * (showing + outsiders_and_rightless)
    assert strangers_and_outsiders + roles + of_api >= 900
    assert strangers_and_outsiders + len(pages.POSTING) + of_api >= 500


def new(request: HttpRequest) -> HttpResponse:
    return HttpResponse("new")


class New(APIView):
    def get(self, request: Request) -> Response:
        return Response("new")


def test_a_new_page_without_a_row_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    more = [*portal.web.urls.urlpatterns, path("new/", new, name="new")]
    monkeypatch.setattr(pages, "urlpatterns", more)
    with noticed():
        pages.test_it_has_a_row_for_every_door()


def test_a_new_route_of_the_api_without_a_right_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(api, "resources", [*portal.api.urls.resources, path("new", New.as_view())])
    with noticed():
        api.test_it_declares_a_right_for_every_verb_of_every_route()


def test_a_new_route_anywhere_else_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    more = [*ekyam.urls.urlpatterns, path("new/", new)]
    monkeypatch.setattr(ekyam.urls, "urlpatterns", more)
    with noticed():
        test_every_other_route_says_whom_it_is_for()
