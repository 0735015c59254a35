"""What signing in and rights cost a page: three queries, and little time."""

import time
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any
from unittest import mock
from uuid import UUID

import pytest
from django.db import connection
from django.http import HttpRequest, HttpResponse
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import include, path
from django_otp.models import Device

from ekyam.people.models import TotpFactor
from ekyam.tenants.models import Role, Tenant, User
from ekyam.tenants.rights import Right
from portal.web.access import act_on_return
from tests.portal.conftest import sign_in
from tests.signing_in.conftest import add_totp, require
from tests.world import add_member, build_company


def bare(request: HttpRequest) -> HttpResponse:
    return HttpResponse("seen")


def asks(request: HttpRequest) -> HttpResponse:
    return HttpResponse(str(request.user.is_verified()))  # type: ignore[union-attr]


# A door whose view opens its scope itself: all that it asks is who is there, and what they may do.
door = act_on_return(Right.LOOK)
urlpatterns = [
    path("bare/", bare),
    path("guarded/", door(bare)),
    path("asks/", door(asks)),
    path("", include("ekyam.urls")),
]


def queries_of(client: Client, address: str) -> list[str]:
    with CaptureQueriesContext(connection) as asked:
        assert client.get(address).status_code == 200
    said = [query["sql"] for query in asked.captured_queries]
    return [sql for sql in said if sql not in ("BEGIN", "COMMIT")]


@pytest.fixture
def client(transactional_db: None, settings: Any) -> Client:
    """Of somebody in a company of thirty, verified by a device."""
    settings.ROOT_URLCONF = __name__
    company = build_company("Juniper Home", "juniper", "UTC")
    for number in range(28):
        add_member(company.tenant, Role.VIEWER, f"colleague{number}")
    client = sign_in(company.owner)
    session = client.session
    session["otp_device_id"] = "kind.device/1"
    session.save()
    return client


def test_it_asks_three_times(client: Client) -> None:
    """For the session with its person; then, in the person's own scope, for the memberships."""
    session, scope, memberships = queries_of(client, "/guarded/")
    assert "ekyam_sessions_session" in session and "tenants_user" in session
    assert "set_config" in scope
    assert "tenants_membership" in memberships and "tenants_tenant" in memberships


def test_it_asks_as_often_in_a_company_that_requires_a_second_factor(client: Client) -> None:
    """Whether it does, and whether one was shown, is said along with the memberships."""
    person = User.objects.get(pk=client.session["_auth_user_id"])
    company = Tenant.objects.get()
    require(company)
    assert client.get("/guarded/").status_code == 302
    login_by(client, factor := add_totp(person))
    *_, memberships = asked = queries_of(client, "/guarded/")
    assert len(asked) == 3
    assert "people_signinpolicy" in memberships and "people_totpfactor" in memberships
    factor.delete()
    assert client.get("/guarded/").status_code == 302


def login_by(client: Client, factor: TotpFactor) -> None:
    session = client.session
    session["otp_device_id"] = factor.persistent_id
    session.save()


def test_a_factor_of_somebody_else_verifies_nobody(client: Client) -> None:
    company = Tenant.objects.get()
    another = add_totp(add_member(company, Role.VIEWER, "another"))
    require(company)
    for kept in (another.persistent_id, "tenants.user/1", "people.totpfactor/x", "no/1", "", "/"):
        session = client.session
        session["otp_device_id"] = kept
        session.save()
        assert client.get("/guarded/").status_code == 302, kept


def test_it_asks_nothing_of_a_page_for_everybody(client: Client) -> None:
    assert queries_of(client, "/bare/") == []


def test_it_looks_for_the_device_only_when_asked(client: Client) -> None:
    found = SimpleNamespace(user_id=UUID(client.session["_auth_user_id"]), confirmed=True)
    with mock.patch.object(Device, "from_persistent_id", return_value=found) as looked:
        client.get("/guarded/")
        assert not looked.called
        assert client.get("/asks/").content == b"True"
        found.confirmed = False
        assert client.get("/asks/").content == b"False"
    assert "otp_device_id" not in client.session


def seconds(deed: Callable[[], object]) -> float:
    began = time.perf_counter()
    deed()
    return time.perf_counter() - began


def ask_once() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")


def test_it_takes_little_time(client: Client) -> None:
    """Measured against the smallest question on the same machine, each at its quickest, so that a
    busy one does not matter much: some twenty of them, and under 5 ms where one takes 0.13 ms."""
    deeds = [lambda: client.get("/bare/"), lambda: client.get("/guarded/"), ask_once]
    for _ in range(3):  # a machine may be slow at all but questions for as long as it takes
        rounds = [[seconds(deed) for deed in deeds] for _ in range(120)]
        without, within, question = (min(times) for times in zip(*rounds, strict=True))
        if within - without < 40 * question:
            return
    assert within - without < 40 * question
