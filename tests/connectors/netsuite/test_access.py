"""Polling NetSuite, logging in to it, and checking a connection."""

import dataclasses
import json
import threading
from datetime import UTC, datetime, timedelta

import jwt
import pytest

from connectors.catalog.netsuite.clock import as_utc, lower_bound
from connectors.catalog.netsuite.suiteql import rows_for
from connectors.client import request_token
from connectors.drive import drive
from connectors.errors import (
    RateLimited,
    Rejected,
    Unauthorized,
)
from connectors.spec import Context, Position, Request, Response
from tests.connectors.netsuite.account import (
    NETSUITE,
    RECORDS,
    SLUG,
    Account,
    enter_orders,
    ping,
    sell,
)
from tests.sandboxes import context_of, sandbox_client

# Polling


def test_it_reads_every_order_though_many_share_a_second(account: Account) -> None:
    enter_orders(account, 95)
    found = [one["id"] for one in account.poll("orders")]
    assert len(found) == len(set(found)) == 95
    since = datetime.now(UTC) - timedelta(minutes=5)
    assert len(account.poll("orders", since)) == 95


@pytest.mark.parametrize("zone", ["America/Los_Angeles", "Asia/Kolkata"])
def test_it_reads_changes_in_the_accounts_own_time_zone(account: Account, zone: str) -> None:
    account.do("set", account_time_zone=zone)
    account.client.settings = {**account.client.settings, "account_time_zone": zone}
    enter_orders(account, 2)
    now = datetime.now(UTC)
    assert len(account.poll("orders", now - timedelta(minutes=2))) == 2
    assert account.poll("orders", now + timedelta(minutes=2)) == []
    [level] = [one for one in account.poll("stock") if one["sku"] == "EKM-MUG"]
    assert abs(datetime.fromisoformat(level["changedAt"]) - now) < timedelta(minutes=1)


def test_it_passes_over_nothing_in_the_night_when_clocks_go_back() -> None:
    """In New York 01:30 comes twice on 2026-11-01: at 05:30 and at 06:30 UTC."""
    settings = {"account_time_zone": "America/New_York"}
    since = datetime(2026, 11, 1, 5, 50, tzinfo=UTC)
    now = datetime(2026, 11, 1, 6, 40, tzinfo=UTC)
    assert lower_bound(since, now, settings) == "2026-11-01T00:50:00"
    assert as_utc("2026-11-01T01:30:00", now, settings) == datetime(2026, 11, 1, 6, 30, tzinfo=UTC)
    assert as_utc("2026-11-01T01:30:00", since, settings) == datetime(
        2026, 11, 1, 5, 30, tzinfo=UTC
    )


def test_it_reads_lists_that_are_longer_than_a_page() -> None:
    sql = "SELECT t.id FROM transaction t WHERE t.id IN ({ids})"
    asked: list[Request] = []

    def send(request: Request) -> Response:
        asked.append(request)
        more = len(asked) == 1
        body = {"items": [{"links": [], "id": str(len(asked))}], "hasMore": more}
        return Response(200, {}, json.dumps(body).encode())

    rows = drive(rows_for([str(number) for number in range(700)], sql), send)
    assert [row["id"] for row in rows] == ["1", "2", "3"]
    assert [one.params["offset"] for one in asked] == ["0", "1", "0"]


def test_it_reads_no_document_whose_version_is_known(account: Account) -> None:
    enter_orders(account, 2)
    late = datetime.now(UTC) + timedelta(minutes=1)
    context = context_of(account.client)
    knowing = dataclasses.replace(context, now=late, is_known=lambda key, version: True)
    poll = NETSUITE.feed("orders").poll
    assert poll is not None
    assert account.client.run(poll(Position(), knowing)).records == []


def test_it_reads_an_order_again_once_its_second_is_over(account: Account) -> None:
    enter_orders(account, 1)
    poll = NETSUITE.feed("orders").poll
    assert poll is not None
    early = context_of(account.client)
    late = Context(settings=early.settings, now=datetime.now(UTC) + timedelta(minutes=1))
    [first] = account.client.run(poll(Position(), early)).records
    [second] = account.client.run(poll(Position(), late)).records
    assert second["version"] > first["version"]


def test_it_leaves_out_an_order_that_was_deleted_meanwhile(account: Account) -> None:
    enter_orders(account, 2)
    gone = account.rows("sales_order")[0]["id"]
    poll = NETSUITE.feed("orders").poll
    assert poll is not None
    send = account.client.send
    listed: list[Response] = []

    def send_late(request: Request) -> Response:
        answer = send(request)
        if not listed:
            listed.append(send(Request("DELETE", f"{RECORDS}/salesOrder/{gone}", writes=True)))
        return answer

    page = drive(poll(Position(), context_of(account.client)), send_late)
    assert len(page.records) == 1 and page.records[0]["id"] != gone


# Logging in and limits


def test_it_fetches_a_new_token_when_the_old_one_ends(account: Account) -> None:
    ping(account)
    first = account.client.credentials["access_token"]
    ping(account)
    assert account.client.credentials["access_token"] == first
    soon = (datetime.now(UTC) + timedelta(seconds=5)).isoformat()
    account.client.credentials = {**account.client.credentials, "expires_at": soon}
    ping(account)
    assert account.client.credentials["access_token"] != first


def test_it_is_unauthorized_once_the_token_is_revoked(account: Account) -> None:
    ping(account)
    account.do("break", kind="token_expired")
    with pytest.raises(Unauthorized, match="Invalid login attempt"):
        ping(account)


def test_it_logs_in_with_an_rsa_key_and_not_with_a_wrong_one(account: Account) -> None:
    from cryptography.hazmat.primitives.asymmetric import ec, rsa
    from cryptography.hazmat.primitives.serialization import (
        Encoding,
        NoEncryption,
        PrivateFormat,
        PublicFormat,
    )

    key = rsa.generate_private_key(65537, 3072)
    public = key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    certificate = account.do("upload_certificate", public_key=public.decode())["certificate_id"]
    shape = (Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    known = {**account.client.credentials, "certificate_id": certificate}
    account.client.credentials = {**known, "private_key": key.private_bytes(*shape).decode()}
    assert ping(account).status == 200
    now = datetime.now(UTC)
    form = dict(account.client.auth.request(known, account.client.settings, now).form)
    claims = jwt.decode(form["client_assertion"], options={"verify_signature": False})
    form["client_assertion"] = jwt.encode(claims, key, "RS256", {"kid": certificate})
    path = "/services/rest/auth/oauth2/v1/token"
    with pytest.raises(Unauthorized, match="invalid_grant"):
        request_token(account.client, Request("POST", path, form=form))
    stranger = ec.generate_private_key(ec.SECP256R1()).private_bytes(*shape).decode()
    account.client.credentials = {**known, "private_key": stranger}
    with pytest.raises(Unauthorized, match="invalid_grant"):
        ping(account)
    account.client.credentials = {**known, "private_key": "not a key"}
    with pytest.raises(Unauthorized, match="private key cannot be used"):
        ping(account)


def test_it_logs_in_by_token_based_authentication(account: Account) -> None:
    needed = account.do("connection_tba")
    account.client.auth = NETSUITE.auth_method("tba")
    account.client.credentials = needed["credentials"]
    sell(account)
    assert len(account.read("orders")) == 1
    account.client.credentials = {**needed["credentials"], "token_secret": "not-the-secret"}
    with pytest.raises(Unauthorized, match="Invalid login"):
        ping(account)


def test_it_waits_when_the_account_is_at_its_concurrency_limit(account: Account) -> None:
    ping(account)
    account.do("set", concurrency=1)
    account.do("break", kind="latency", match="GET .*customer", seconds=1.0, times=2)
    failures: list[Exception] = []

    def knock() -> None:
        client = sandbox_client(account.port, SLUG, account.name)
        try:
            client.send(Request("GET", f"{RECORDS}/customer"))
        except RateLimited as failure:
            failures.append(failure)

    knocks = [threading.Thread(target=knock) for _ in range(3)]
    for one in knocks:
        one.start()
    for one in knocks:
        one.join(10)
    assert failures and all(isinstance(one, RateLimited) for one in failures)


def test_it_checks_the_connection_part_by_part(account: Account) -> None:
    sell(account)
    context = context_of(account.client)
    said = {check.name: account.client.run(check.plan(context)) for check in NETSUITE.checks}
    assert "2 locations" in said["login"] and "sandbox" in said["environment"]
    assert said["time_zone"] == "The account's times are those of UTC."


def test_it_says_what_is_wrong_with_the_connection(account: Account) -> None:
    sell(account)
    account.do("set", account_time_zone="Asia/Tokyo", custom_columns=[], forbidden=["customer"])
    settings = {**account.client.settings, "tax_item_id": "99999"}
    context = Context(settings=settings)
    checks = {check.name: check.plan for check in NETSUITE.checks}
    for name, failure, words in (
        ("time_zone", Rejected, r"\+9 hours from UTC"),
        ("line_column", Rejected, "no line column custcol_ekyam_line_id"),
        ("permission_customer", Unauthorized, "Permission Violation"),
        ("chosen_records", Rejected, "no active item 99999"),
    ):
        with pytest.raises(failure, match=words):
            account.client.run(checks[name](context))
