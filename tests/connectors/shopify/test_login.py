"""Ways into a shop, its limits, and its refusals."""

from datetime import UTC, datetime
from urllib.parse import parse_qsl, urlsplit

import pytest

from connectors.catalog.shopify import login, records
from connectors.client import Client, request_token
from connectors.errors import (
    Failure,
    RateLimited,
    Unauthorized,
)
from connectors.spec import Request
from tests.connectors.shopify.shop import SHOPIFY, Shop, shipment
from tests.sandboxes import context_of, sandbox_client, transport


def fresh(shop: Shop, method: str) -> Client:
    shop.set(connect_with=method)
    return sandbox_client(shop.port, "shopify", shop.name)


@pytest.mark.parametrize("method", ["oauth", "client_credentials", "access_token"])
def test_it_signs_in_by_every_method(shop: Shop, method: str) -> None:
    client = fresh(shop, method)
    for check in SHOPIFY.checks:
        assert client.run(check.plan(context_of(client)))


def test_it_goes_through_the_consent_and_renews_with_rotation(shop: Shop) -> None:
    client = fresh(shop, "oauth")
    known = {k: v for k, v in client.credentials.items() if k.startswith("client_")}
    settings = {**client.settings, "shop": shop.name}
    address = login.authorize(settings, known, "state-1", "https://ekyam.example/back")
    answer = transport("GET", address, {}, b"", 5)
    query = dict(parse_qsl(urlsplit(answer.headers["location"]).query))
    assert query["state"] == "state-1"
    client.credentials = known
    with pytest.raises(Unauthorized, match="not signed"):
        login.exchange(known, settings, {**query, "shop": "evil.myshopify.com"}, "")
    tokens = request_token(client, login.exchange(known, settings, query, ""))
    assert tokens["refresh_token"] and tokens["expires_at"]
    client.credentials = {**known, **tokens, "expires_at": datetime.now(UTC).isoformat()}
    client.run(SHOPIFY.checks[0].plan(context_of(client)))
    renewed = client.credentials
    assert renewed["refresh_token"] != tokens["refresh_token"]
    for step in range(2):
        again = login.refresh({**known, **renewed}, settings, client.now())
        renewed = {**renewed, **request_token(client, again)}
        assert step < 2
    with pytest.raises(Unauthorized, match="invalid or has expired"):
        request_token(client, login.refresh({**known, **tokens}, settings, client.now()))


def test_it_names_the_scope_that_is_missing(shop: Shop) -> None:
    shop.set(scopes=["read_orders", "read_customers"])
    shop.place()
    with pytest.raises(Unauthorized, match="read_assigned_fulfillment_orders"):
        shop.poll("orders")
    check = next(check for check in SHOPIFY.checks if check.name == "write_products")
    with pytest.raises(Unauthorized, match="write_products"):
        shop.client.run(check.plan(shop.context()))


def test_it_stops_when_the_app_is_thrown_out_or_the_token_ends(shop: Shop) -> None:
    shop.poll("locations")
    shop.ask("break", {"kind": "token_expired", "match": "graphql"})
    with pytest.raises(Unauthorized, match="token"):
        shop.poll("locations")
    shop.ask("uninstall", {})
    shop.client.credentials = {k: v for k, v in shop.client.credentials.items() if "token" not in k}
    with pytest.raises(Unauthorized):
        shop.poll("locations")


@pytest.mark.parametrize("status", [200, 429])
def test_it_waits_as_long_as_the_bucket_needs(shop: Shop, status: int) -> None:
    shop.set(rate_limit=True, bucket=100, restore=50, throttle_status=status)
    with pytest.raises(RateLimited) as caught:
        shop.poll("products")
    assert 0.5 <= caught.value.retry_after <= 5


def test_it_asks_for_what_shopify_understands(shop: Shop) -> None:
    """A document that the schema does not know is our own mistake, and says so."""
    path = "/admin/api/2026-07/graphql.json"
    for query, said in (
        ("{ shop { nope } }", "undefinedField|nope"),
        ("{ shop { name }", "syntax error"),
        ("{ orders { nodes { id } } }", "first or last"),
    ):
        with pytest.raises(Failure, match=said):
            shop.client.send(Request("POST", path, json={"query": query}))


def test_it_gives_tracking_links_for_all_parcels_or_none(shop: Shop) -> None:
    order_id = shop.place()
    parcels = [{"tracking_number": "A", "tracking_url": "https://x.example/A"}]
    parcels += [{"tracking_number": "B"}, {"weight": "100"}]
    shop.act("create_fulfillment", shipment(shop, order_id, parcels=parcels))
    (made,) = shop.row(order_id)["fulfillments"]
    assert (made["tracking"], made["urls"]) == (["A", "B"], [])


def test_it_fulfils_without_any_tracking(shop: Shop) -> None:
    order_id = shop.place()
    record = shipment(shop, order_id, number="")
    shop.act("create_fulfillment", record)
    assert shop.find("create_fulfillment", record) is not None


def test_it_reads_both_ways_of_saying_the_shops_money() -> None:
    both = {"price": "9.00", "price_set": {"shop_money": {"amount": "8.00"}}}
    assert records.shop_money(both, "price") == 8
    assert records.shop_money({"price": "9.00"}, "price") == 9
    assert records.shop_money({}, "price") == 0
