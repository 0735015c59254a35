"""Whiplash's webhooks, logins, limits and checks."""

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from queue import Queue
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest

from connectors.client import request_token
from connectors.errors import (
    RateLimited,
    Unauthorized,
)
from flows.mapping.records import read_record, select_record
from tests.connectors.whiplash.account import (
    REFERENCE,
    WHIPLASH,
    Account,
)
from tests.sandboxes import transport


class Listener:
    """An address that keeps what it is sent."""

    def __init__(self) -> None:
        heard: Queue[tuple[dict[str, str], bytes]] = Queue()

        class Ear(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                heard.put(({k.lower(): v for k, v in self.headers.items()}, body))
                self.send_response(200)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, format: str, *args: Any) -> None:
                return

        self.heard = heard
        self.server = HTTPServer(("127.0.0.1", 0), Ear)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def address(self, path: str = "/hooks/con_1") -> str:
        return f"http://127.0.0.1:{self.server.server_port}{path}"


@pytest.fixture
def listener() -> Iterator[Listener]:
    found = Listener()
    yield found
    found.server.shutdown()
    found.server.server_close()


def register(account: Account, address: str, *topics: str) -> list[str]:
    webhooks = WHIPLASH.webhooks
    assert webhooks is not None and webhooks.register is not None
    return account.client.run(webhooks.register(address, topics, account.context()))


def test_it_receives_a_signed_shipment(account: Account, listener: Listener) -> None:
    register(account, listener.address(), "order.shipped")
    account.create()
    account.ask("ship", {"order": REFERENCE})
    headers, body = listener.heard.get(timeout=5)
    webhooks = WHIPLASH.webhooks
    assert webhooks is not None
    assert webhooks.verify(headers, body, account.client.credentials)
    assert not webhooks.verify(headers, body + b" ", account.client.credentials)
    assert not webhooks.verify(headers, body, {})
    assert webhooks.topic(headers, body) == "order.shipped"
    assert webhooks.sent_at(headers, body)
    stream = WHIPLASH.stream("shipments")
    raw = select_record(stream, "orders", json.loads(body)["order"])
    assert read_record(stream, raw, account.context()).id == account.orders()[0]["id"]


def test_it_makes_the_subscriptions_equal_to_the_topics(account: Account) -> None:
    old = "https://old.example.com/hooks/con_1"
    new = "https://new.example.com/hooks/con_1"
    other = "https://new.example.com/hooks/con_2"
    assert register(account, other, "order.shipped") == ["created order.shipped"]
    assert sorted(register(account, old, "order.shipped", "order.cancelled")) == [
        "created order.cancelled",
        "created order.shipped",
    ]
    changes = register(account, new, "order.shipped", "item.created", "no.such")
    assert sorted(changes) == [
        "created item.created",
        "moved order.shipped",
        "not offered by Whiplash: no.such",
        "removed order.cancelled",
    ]
    assert register(account, new, "order.shipped", "item.created") == []
    assert register(account, other, "order.shipped") == []


def test_it_reads_no_topic_out_of_a_broken_body() -> None:
    webhooks = WHIPLASH.webhooks
    assert webhooks is not None
    assert webhooks.topic({}, b"not json") == ""
    assert webhooks.topic({}, b"[1]") == ""


def test_it_renews_an_expired_token_and_keeps_the_rotated_one(account: Account) -> None:
    old = dict(account.client.credentials)
    account.client.credentials = {**old, "expires_at": "2020-01-01T00:00:00+00:00"}
    assert account.create().external_id
    fresh = account.client.credentials
    assert fresh["refresh_token"] != old["refresh_token"]
    account.client.credentials = {**old, "expires_at": "2020-01-01T00:00:00+00:00"}
    with pytest.raises(Unauthorized, match="invalid"):
        account.create()


def test_it_needs_a_new_login_when_the_token_is_refused(account: Account) -> None:
    account.ask("break", {"kind": "token_expired"})
    with pytest.raises(Unauthorized):
        account.create()


def test_it_connects_by_a_persons_consent(account: Account) -> None:
    auth: Any = WHIPLASH.auth_method("oauth")
    keys, settings = account.client.credentials, account.client.settings
    back = "https://ekyam.example.com/oauth/back"
    page = transport("GET", auth.authorize(settings, keys, "state-1", back), {}, b"", 5)
    answer = dict(parse_qsl(urlsplit(page.headers["location"]).query))
    assert answer["state"] == "state-1"
    request = auth.exchange(keys, settings, answer, back)
    tokens = request_token(account.client, request)
    assert tokens["scope"] == "user_manage" and tokens["refresh_token"]
    with pytest.raises(Unauthorized):
        request_token(account.client, request)
    with pytest.raises(Unauthorized, match="denied"):
        auth.exchange(keys, settings, {"error_description": "The person denied it"}, back)


def test_it_connects_with_application_credentials(account: Account) -> None:
    account.client.auth = WHIPLASH.auth_method("client_credentials")
    kept = ("client_id", "client_secret")
    account.client.credentials = {name: account.client.credentials[name] for name in kept}
    assert account.create().external_id
    account.client.credentials = {"client_id": "ekyam-demo-application", "client_secret": "wrong"}
    with pytest.raises(Unauthorized):
        account.create(reference="acme-shop-2")


def test_it_slows_down_when_whiplash_asks_for_it(account: Account) -> None:
    account.set(rate_limit=2)
    with pytest.raises(RateLimited):
        for _ in range(5):
            account.find("create_order")


def test_it_passes_every_check(account: Account) -> None:
    said = [account.client.run(check.plan(account.context())) for check in WHIPLASH.checks]
    assert len(said) == 6 and all(said)
    account.client.settings = {**account.client.settings, "customer_id": "999"}
    with pytest.raises(Unauthorized):
        account.client.run(WHIPLASH.checks[1].plan(account.context()))
