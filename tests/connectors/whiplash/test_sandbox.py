"""What the Whiplash sandbox refuses, and the vendor's own ways to drive it."""

from typing import Any

import pytest

from connectors.client import request_token
from connectors.spec import Request
from tests.connectors.whiplash.account import REFERENCE, Account, raw, sample


def test_it_is_driven_by_the_vendors_simulation(account: Account) -> None:
    written = account.create()
    path = f"/simulate/orders/{written.external_id}/processing"
    states = []
    for status in ("batched", "packed", "shipped"):
        assert raw(account, "PUT", path, {"status": status}).status == 200
        states.append(account.orders()[0]["state"])
    assert states == ["Printed", "Packed", "Shipped"]
    assert raw(account, "PUT", path, {"status": "packed"}).status == 422
    copied = raw(account, "POST", "/simulate/orders/create", {"order_id": written.external_id})
    assert copied.status == 201 and len(account.orders()) == 2
    account.ask("deliver", {"order": REFERENCE})
    assert {row["state"] for row in account.orders()} == {"Delivered", "Processing"}


def test_it_separates_a_line_into_an_order_with_the_same_originator(account: Account) -> None:
    written = account.create()
    lines = raw(account, "GET", f"/orders/{written.external_id}/order_items").json()
    answer = raw(account, "PUT", f"/order_items/{lines[0]['id']}/separate", {"quantity": 1})
    assert answer.status == 200
    first, second = account.orders()
    assert first["reference"] == second["reference"] == REFERENCE
    assert sum(line["quantity"] for row in (first, second) for line in row["lines"]) == 4


@pytest.mark.parametrize(
    ("method", "path", "body", "status"),
    [
        ("GET", "/orders/999", None, 404),
        ("GET", "/nothing", None, 404),
        ("GET", "/originators", None, 400),
        ("POST", "/orders", {}, 422),
        ("POST", "/items", {"title": "No SKU"}, 422),
        ("POST", "/items", {"sku": "EKM-MUG", "title": "Enamel Mug"}, 409),
        ("POST", "/consumer_returns", {}, 422),
        ("POST", "/notification_subscriptions", {"notification_event_id": 1}, 404),
        ("GET", "/orders?search=broken", None, 422),
    ],
)
def test_it_refuses_what_whiplash_would_refuse(
    account: Account, method: str, path: str, body: Any, status: int
) -> None:
    answer = raw(account, method, path, body)
    assert answer.status == status
    assert answer.json()["message"]


def test_it_lets_a_reading_token_write_nothing(account: Account) -> None:
    keys = {name: account.client.credentials[name] for name in ("client_id", "client_secret")}
    form = {"grant_type": "client_credentials", "scope": "app_read", **keys}
    tokens = request_token(account.client, Request("POST", "/oauth/token", form=form))
    account.client.credentials = tokens
    assert raw(account, "GET", "/orders").status == 200
    assert raw(account, "POST", "/orders", sample("create_order.body.json")).status == 403
