"""How the API says no, turns pages, counts, and does nothing twice."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.db import connection
from django.test import Client

from ekyam.tenants.rights import Right
from ekyam.tenants.scope import tenant_scope
from flows.models import WebhookEndpoint
from portal.api import rates
from portal.api.models import KeptAnswer
from tests.api.conftest import Program, new_key, told
from tests.portal.conftest import Side
from tests.world import World

ENDPOINT = {"url": "https://hooks.example.com/ekyam", "events": ["order.shipped"]}


# --- Bad input ------------------------------------------------------------------------------


def test_it_names_a_parameter_that_is_not_declared(program: Program) -> None:
    found = told(program.get("deliveries?stat=dead&x=1"), 400, "unknown_parameter")
    assert [one["at"] for one in found["errors"]] == ["stat", "x"]
    assert "state" in found["detail"]
    told(program.get("flows?state=on"), 400, "unknown_parameter")


@pytest.mark.parametrize(
    "query",
    [
        "state=",
        "state=DEAD",
        "state=dead&state=dead",
        "flow=flw_1",
        "flow=dlv_01jd2ve9v1x3z5b7d9f1h3k5mn",
        "limit=0",
        "limit=101",
        "limit=1.5",
        "limit=%C2%B2",
        "limit=99999999999999999999",
        "failure=",
        "failure=%00",
        f"failure={'x' * 256}",
        "received_after=2026-05-01",
        "received_after=yesterday",
        "received_after=2026-13-01T00:00:00Z",
        "received_after=2026-05-01T00:00:00",
        "received_after=2026-05-01T00:00:00%2B99:00",
        "received_after=2026-05-01T00:00:61Z",
    ],
)
def test_it_points_at_a_parameter_that_is_wrong(program: Program, query: str) -> None:
    found = told(program.get(f"deliveries?{query}"), 400, "invalid_parameter")
    assert found["errors"][0]["at"] == query.partition("=")[0]


@pytest.mark.parametrize(
    "moment",
    [
        "2026-05-01T09:30:00Z",
        "2026-05-01t09:30:00.123456789z",
        "2016-12-31T23:59:60Z",
        "2026-05-01T09:30:00%2B05:30",
        "9999-12-31T23:59:59-23:59",
        "0001-01-01T00:00:00%2B23:59",
        "0000-01-01T00:00:00Z",
    ],
)
def test_it_takes_every_time_of_rfc_3339(program: Program, moment: str) -> None:
    assert program.get(f"deliveries?received_after={moment}").status_code == 200


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"[" * 100_000,
        b'{"note": ' + b"[" * 70 + b"]" * 70 + b"}",
        b'{"note": NaN}',
        b'{"note": "\xff"}',
        b'{"note": "\\ud800"}',
        b'{"note": "a\\u0000b"}',
        b'{"a\\u0000": 1}',
        b'{"note": 1e999}',
    ],
)
def test_it_refuses_what_is_no_json(program: Program, here: Side, body: bytes) -> None:
    answer = program.post(f"deliveries/{here.dead.public_id}/waive", body)
    told(answer, 400, "malformed_body" if body else "invalid_body")


@pytest.mark.parametrize(
    ("body", "at"),
    [
        ({}, "note"),
        ({"note": ""}, "note"),
        ({"note": 7}, "note"),
        ({"note": None}, "note"),
        ({"note": ["x"]}, "note"),
        ({"note": "x" * 256}, "note"),
        ({"note": "x", "notes": "x"}, "notes"),
        ([], "body"),
        ("x", "body"),
        (7, "body"),
    ],
)
def test_it_points_at_a_field_that_is_wrong(
    program: Program, here: Side, body: Any, at: str
) -> None:
    answer = program.post(f"deliveries/{here.dead.public_id}/waive", body)
    assert at in {one["at"] for one in told(answer, 400, "invalid_body")["errors"]}


@pytest.mark.parametrize(
    ("body", "at"),
    [
        ({"filter": {}}, "filter.state"),
        ({"filter": {"state": "sending"}}, "filter.state"),
        ({"filter": {"state": "dead", "flow": 7}}, "filter.flow"),
        ({"filter": {"state": "dead", "received_after": "now"}}, "filter.received_after"),
        ({"filter": {"state": "dead", "order": "1"}}, "filter.order"),
        ({"filter": {"state": "dead"}, "dry_run": "true"}, "dry_run"),
        ({"filter": {"state": "dead"}, "limit": 501}, "limit"),
        ({"filter": {"state": "dead"}, "limit": True}, "limit"),
        ({"filter": {"state": "dead"}, "limit": "7"}, "limit"),
        ({"filter": "dead"}, "filter"),
    ],
)
def test_it_points_into_a_filter(program: Program, body: Any, at: str) -> None:
    answer = program.post("deliveries/retry", body)
    assert [one["at"] for one in told(answer, 400, "invalid_body")["errors"]] == [at]


def test_it_takes_no_body_where_none_is_declared(program: Program, here: Side) -> None:
    address = f"deliveries/{here.dead.public_id}/retry"
    told(program.post(address, {"force": True}), 400, "invalid_body")
    assert program.post(address, {}).status_code == 200


def test_it_says_what_it_does_not_speak(program: Program, here: Side) -> None:
    address = f"deliveries/{here.dead.public_id}"
    told(program.get(address, accept="text/html"), 406, "not_acceptable")
    form = program.post(f"{address}/waive", b"note=x", content_type="application/xml")
    told(form, 415, "unsupported_media_type")
    assert told(program.post(address), 405, "method_not_allowed")
    assert program.post(address)["Allow"] == "GET, HEAD"
    told(program.call("OPTIONS", address), 405, "method_not_allowed")
    told(program.get("nothing/here"), 404, "not_found")
    told(program.get("deliveries/"), 404, "not_found")
    told(Program().get("nothing"), 404, "not_found")
    told(program.get("orders/a%00b"), 404, "not_found")
    told(program.get(f"orders/{'x' * 300}"), 404, "not_found")
    told(program.post(f"{address}/waive", b'"' + b"x" * 1024 * 1024 + b'"'), 413, "too_large")


@pytest.mark.parametrize("header", ["", "Bearer", "Bearer x", "Basic eDp5", "Bearer ekm_live_x_y"])
def test_it_says_the_same_to_whoever_is_not_known(here: Side, header: str) -> None:
    client = Client(headers={"authorization": header} if header else {})
    answer = client.get("/api/v1/flows")
    told(answer, 401, "unauthenticated")
    assert answer["WWW-Authenticate"] == 'Bearer realm="Ekyam"'
    assert not answer.cookies


def test_it_does_not_take_a_cookie_for_a_key(here: Side) -> None:
    client = Client()
    client.force_login(here.company.owner, backend="django.contrib.auth.backends.ModelBackend")
    told(client.get("/api/v1/flows"), 401, "unauthenticated")


def test_it_names_the_right_that_is_missing(here: Side) -> None:
    program = Program(new_key(here, [Right.LOOK]))
    found = told(program.post("webhook-endpoints", ENDPOINT), 403, "forbidden")
    assert "«develop»" in found["detail"]


def test_it_undoes_what_ended_in_a_bug(
    program: Program, here: Side, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The part that breaks is the last one: the row was written by then."""
    from flows.operations import endpoints

    def break_down(*_: Any, **__: Any) -> None:
        raise ZeroDivisionError("secret detail")

    monkeypatch.setattr(endpoints, "record", break_down)
    answer = program.post("webhook-endpoints", ENDPOINT, idempotency_key="once")
    assert "secret detail" not in str(told(answer, 500, "internal_error"))
    with tenant_scope(here.company.tenant):
        assert not WebhookEndpoint.objects.exists()
        assert not KeptAnswer.objects.exists()


# --- Pages ----------------------------------------------------------------------------------


def test_it_takes_a_cursor_for_its_own_list_only(program: Program, here: Side, there: Side) -> None:
    cursor = program.get("events?limit=1").json()["next"]
    assert program.get(f"events?limit=5&cursor={cursor}").status_code == 200
    for address in (
        f"events?cursor={cursor}x",
        f"events?cursor=x{cursor}",
        "events?cursor=evt_01jd2vc5n7q9s1t3v5w7x9z1ab",
        f"events?origin=webhook&cursor={cursor}",
        f"runs?cursor={cursor}",
    ):
        told(program.get(address), 404, "unknown_cursor")
    stranger = Program(new_key(there))
    told(stranger.get(f"events?cursor={cursor}"), 404, "unknown_cursor")


# --- Limits ---------------------------------------------------------------------------------


@pytest.fixture
def hour(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A window that does not end while the test looks."""
    monkeypatch.setattr(rates, "WINDOW_SECONDS", 100_000_000)
    yield


def test_it_counts_each_key(here: Side, settings: Any, hour: None) -> None:
    settings.API_REQUESTS_PER_MINUTE = 3
    program, other = Program(new_key(here)), Program(new_key(here, [Right.AUDIT]))
    left = []
    for _ in range(3):
        answer = program.get("flows")
        assert answer.status_code == 200
        assert answer["RateLimit-Limit"] == "3"
        assert int(answer["RateLimit-Reset"]) > 0
        left.append(answer["RateLimit-Remaining"])
    assert left == ["2", "1", "0"]
    over = program.get("flows")
    told(over, 429, "rate_limited")
    assert over["Retry-After"] == over["RateLimit-Reset"]
    assert over["RateLimit-Remaining"] == "0"
    refused = other.get("flows")
    told(refused, 403, "forbidden")
    assert refused["RateLimit-Remaining"] == "2"


def test_it_lets_everybody_go_while_valkey_is_away(
    here: Side, settings: Any, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    program = Program(new_key(here))
    monkeypatch.setattr(rates, "_away_until", 0.0)
    settings.REDIS_URL, settings.API_REQUESTS_PER_MINUTE = "redis://127.0.0.1:1/0", 1
    for _ in range(3):
        answer = program.get("flows")
        assert answer.status_code == 200
        assert answer["RateLimit-Remaining"] == "1"
    told_of = [one for one in caplog.records if one.message == "requests are not counted"]
    assert len(told_of) == 1


def test_it_asks_little_of_the_database(here: Side, world: World) -> None:
    """The key, its use, and the scope: what comes before a view is the same for every one."""
    from django.test.utils import CaptureQueriesContext

    program = Program(new_key(here))
    program.get("members")
    with CaptureQueriesContext(connection) as queries:
        assert program.get("members").status_code == 200
    said = [one["sql"] for one in queries.captured_queries]
    asked = [sql for sql in said if not sql.startswith(("SAVEPOINT", "RELEASE"))]
    asked = [sql for sql in asked if "set_config" not in sql]
    assert len(asked) <= 3, asked
