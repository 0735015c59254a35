"""Polling NetSuite, logging in to it, and checking a connection."""

import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from connectors.drive import drive
from connectors.errors import (
    RateLimited,
    Rejected,
    Unauthorized,
)
from connectors.sandbox.server import start_server
from connectors.spec import Context, Position, Request, Response
from tests.connectors.netsuite_account import (
    NETSUITE,
    RECORDS,
    SLUG,
    Account,
    enter_orders,
    ping,
    sell,
)
from tests.sandboxes import TOKEN, context_of, sandbox_client


@pytest.fixture(scope="module")
def port() -> Iterator[int]:
    server = start_server(token=TOKEN)
    yield server.server_port
    server.shutdown()
    server.server_close()


_numbers = iter(range(10_000))


@pytest.fixture
def account(port: int) -> Account:
    return Account(port, f"tstdrv{7_000_000 + next(_numbers)}")


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
