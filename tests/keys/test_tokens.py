"""The tokens of applications: how they are got, what they open, and every way to forge one."""

import base64
from collections.abc import Callable
from typing import Any

import jwt
import pytest
from django.test import Client
from django.utils import timezone

from ekyam.audit.actors import Kind
from ekyam.keys import spelling
from ekyam.keys.models import Application, ApplicationSecret
from ekyam.keys.operations import (
    TwoAreLive,
    revoke_application,
    revoke_secret,
    rotate_secret,
)
from ekyam.tenants.models import Membership, Role
from ekyam.tenants.rights import Right, rights_of
from ekyam.tenants.scope import tenant_scope
from tests.keys.callers import GRANT, Till, ask, ask_as, basic, seat_by, token_of
from tests.keys.conftest import Desk
from tests.world import add_member


def test_it_gives_a_token_by_the_header_and_by_the_body(till: Till, address: str) -> None:
    by_header = ask_as(till, address)
    application = till.row.application
    by_body = ask(address, client_id=application.public_id, client_secret=till.secret)
    for answer in (by_header, by_body):
        said = answer.json()
        assert answer.status_code == 200 and answer["Cache-Control"] == "no-store"
        assert said["token_type"] == "Bearer" and said["expires_in"] == 600
        assert said["scope"] == "look operate" and "refresh_token" not in said
        seat = seat_by(said["access_token"], address)
        assert seat.tenant == application.tenant and seat.person == "Till"
        assert seat.rights == {Right.LOOK, Right.OPERATE}
        assert (seat.actor.kind, seat.actor.id) == (Kind.APPLICATION, application.public_id)


def test_its_token_is_shaped_as_rfc_9068_says(till: Till, address: str, settings: Any) -> None:
    token = token_of(till, address)
    header = jwt.get_unverified_header(token)
    keys = {key["kid"]: key for key in Client().get("/.well-known/jwks.json").json()["keys"]}
    assert header["typ"] == "at+jwt" and header["alg"] == "RS256"
    claims = jwt.decode(
        token, jwt.PyJWK(keys[header["kid"]]), ["RS256"], audience=f"{settings.PUBLIC_URL}/api"
    )
    client_id = till.row.application.public_id
    assert claims["iss"] == settings.PUBLIC_URL
    assert claims["sub"] == claims["client_id"] == client_id
    assert claims["exp"] - claims["iat"] == 600 and claims["jti"]


def test_it_gives_less_if_less_is_asked_for(till: Till, address: str) -> None:
    seat = seat_by(token_of(till, address, scope="look"), address)
    assert seat.rights == {Right.LOOK}


@pytest.mark.parametrize("scope", ["connect", "look connect", "own", "*", "openid", "\x00", "é"])
def test_it_gives_no_more_than_the_application_has(till: Till, address: str, scope: str) -> None:
    answer = ask_as(till, address, scope=scope)
    assert (answer.status_code, answer.json()["error"]) == (400, "invalid_scope")


def test_it_gives_nothing_to_an_application_without_rights(desk: Desk, address: str) -> None:
    answer = ask_as(desk.application(rights=[]), address)
    assert (answer.status_code, answer.json()["error"]) == (400, "unauthorized_client")


@pytest.mark.parametrize("grant", ["password", "refresh_token", "implicit", "", "x" * 1999])
def test_it_knows_two_grants_only(till: Till, address: str, grant: str) -> None:
    answer = ask_as(till, address, grant_type=grant)
    assert answer.status_code == 400
    assert answer.json()["error"] in ("unsupported_grant_type", "invalid_request")


WRONG: dict[str, Callable[[str, str], dict[str, str]]] = {
    "nothing": lambda id_, secret: {},
    "no secret": lambda id_, secret: {"client_id": id_},
    "a wrong secret": lambda id_, secret: {
        "client_id": id_,
        "client_secret": spelling.write_new(spelling.Kind.APPLICATION),
    },
    "a malformed secret": lambda id_, secret: {"client_id": id_, "client_secret": secret[:-1]},
    "another application": lambda id_, secret: {
        "client_id": "app_00000000000000000000000000",
        "client_secret": secret,
    },
    "no application": lambda id_, secret: {"client_id": "\x00' OR 1", "client_secret": secret},
    "a bearer": lambda id_, secret: {"header": f"Bearer {secret}"},
    "no base64": lambda id_, secret: {"header": "Basic ***"},
    "not UTF-8": lambda id_, secret: {"header": "Basic /w=="},
    "no colon": lambda id_, secret: {"header": "Basic " + base64.b64encode(b"app").decode()},
    "twice": lambda id_, secret: {"header": basic(id_, secret), "client_secret": secret},
    "two names": lambda id_, secret: {"header": basic(id_, secret), "client_id": "app_1"},
}


@pytest.mark.parametrize("how", WRONG)
def test_it_says_the_same_to_all_that_is_wrong(till: Till, address: str, how: str) -> None:
    answer = ask(address, **WRONG[how](till.row.application.public_id, till.secret))
    assert answer.status_code == 401 and answer["WWW-Authenticate"].startswith("Basic")
    assert answer.json() == {
        "error": "invalid_client",
        "error_description": "Who calls is not known here.",
        "type": "about:blank",
        "title": "Who calls is not known here.",
        "status": 401,
        "code": "unauthenticated",
    }


def test_it_does_not_take_the_secret_of_another_application(desk: Desk, address: str) -> None:
    one, two = desk.application(), desk.application("Second till")
    answer = ask(address, basic(one.row.application.public_id, two.secret))
    assert answer.status_code == 401
    assert desk.entries("application.refused")[0].after == {"why": "wrong secret"}


def test_it_reads_nothing_from_the_address(till: Till, address: str) -> None:
    id_ = till.row.application.public_id
    where = f"/oauth/token?client_id={id_}&client_secret={till.secret}"
    assert Client(REMOTE_ADDR=address).post(where, GRANT).status_code == 401
    assert Client(REMOTE_ADDR=address).get(where).status_code == 405


def test_it_refuses_what_is_said_twice_or_too_long(till: Till, address: str) -> None:
    assert ask_as(till, address, scope="x" * 2001).status_code == 400
    twice: Any = ["look", "operate"]
    assert ask_as(till, address, scope=twice).status_code == 400


def test_two_secrets_are_live(till: Till, address: str) -> None:
    application = till.row.application
    with tenant_scope(application.tenant_id):
        second = rotate_secret(application, may=rights_of("owner"))
        with pytest.raises(TwoAreLive):
            rotate_secret(application, may=rights_of("owner"))
    assert token_of(till, address) and token_of(second, address)
    with tenant_scope(application.tenant_id):
        assert revoke_secret(till.row)
    assert ask_as(till, address).status_code == 401
    assert token_of(second, address)


def test_a_secret_expires(till: Till, address: str) -> None:
    with tenant_scope(till.row.tenant_id):
        ApplicationSecret.objects.update(expires_at=timezone.now())
    assert ask_as(till, address).status_code == 401


def test_a_revoked_application_ends_with_its_tokens(desk: Desk, till: Till, address: str) -> None:
    token = token_of(till, address)
    with tenant_scope(desk.tenant):
        assert revoke_application(till.row.application)
        assert not revoke_application(till.row.application)
    assert seat_by(token, address) is None
    assert ask_as(till, address).status_code == 401


def test_its_tokens_do_no_more_than_its_maker_may_today(desk: Desk, address: str) -> None:
    maker = add_member(desk.tenant, Role.INTEGRATOR)
    till = Desk(desk.tenant, maker, "integrator").application(rights=[Right.LOOK, Right.CONNECT])
    token = token_of(till, address)
    with tenant_scope(desk.tenant):
        mine = Membership.objects.filter(user=maker)
        mine.update(role=Role.VIEWER)
    assert seat_by(token, address).rights == {Right.LOOK}
    assert ask_as(till, address).json()["scope"] == "look"
    with tenant_scope(desk.tenant):
        mine.delete()
    assert seat_by(token, address) is None
    assert ask_as(till, address).status_code == 401


def test_a_token_is_no_other_companys(desk: Desk, other: Desk, address: str) -> None:
    mine, theirs = desk.application(), other.application()
    assert seat_by(token_of(mine, address), address).tenant == desk.tenant
    assert seat_by(token_of(theirs, address), address).tenant == other.tenant
    with tenant_scope(desk.tenant):
        assert Application.objects.count() == 1
