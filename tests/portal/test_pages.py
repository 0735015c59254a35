"""Each page says what it must, in a number of queries that does not grow with its rows."""

import re
import time

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from connectors.budget import ledgers, spend
from connectors.channel import account_of, limits_of
from connectors.models import Connection
from ekyam.tenants.scope import tenant_scope
from flows.models import Attempt, Cursor, Delivery
from flows.queries.home import get_home
from flows.queries.lights import list_flows
from tests.portal import build
from tests.portal.conftest import Side, sign_in
from tests.world import World


def read(client: Client, address: str) -> str:
    answer = client.get(address)
    assert answer.status_code == 200, (address, answer.status_code)
    return answer.content.decode()


def test_it_says_on_the_first_page_what_needs_a_person(owner: Client, here: Side) -> None:
    text = read(owner, "/")
    assert f"All {len(here.shop.flows)} flows are on, 1 with trouble." in text
    assert "1 dead letter needs a person: Whiplash rejects the postcode" in text
    assert "1 record waits: The product JH-SHADE-02 is not known" in text


def test_it_shows_the_light_of_each_flow_with_its_reason(owner: Client, here: Side) -> None:
    text = read(owner, "/flows/")
    assert "On, broken" in text and "needs six digits" in text
    assert "On, nothing yet" in text


def test_it_lists_orders_with_their_ids_in_each_system(owner: Client, here: Side) -> None:
    text = read(owner, "/orders/")
    assert "#1001" in text and "SO1001" in text and "W1001" in text


@pytest.mark.parametrize(
    ("state", "shown", "hidden"),
    [("dead", "#1002", "#1001"), ("open", "#1003", "#1002"), ("all", "#1001", "#9")],
)
def test_it_filters_orders_by_state(
    owner: Client, here: Side, state: str, shown: str, hidden: str
) -> None:
    text = read(owner, f"/orders/?state={state}")
    assert shown in text and hidden not in text


@pytest.mark.parametrize(
    "query", ["#1001", "1001", "SO1001", "so1001", "771001", "TRK1001", "buyer1001@shopper.example"]
)
def test_it_finds_an_order_by_any_id(owner: Client, here: Side, query: str) -> None:
    answer = owner.get("/search/", {"q": query})
    assert answer.status_code == 302
    assert answer["Location"] == f"/orders/{here.shipped.public_id}/"


def test_it_finds_what_has_a_page_by_our_own_id(owner: Client, here: Side, there: Side) -> None:
    with tenant_scope(here.company.tenant):
        run = here.shop.run(here.shop.flow("Orders"), timezone.now())
    for row, page in ((here.shipped, "orders"), (here.dead, "deliveries"), (run, "runs")):
        answer = owner.get("/search/", {"q": f" {row.public_id} "})
        assert (answer.status_code, answer["Location"]) == (302, f"/{page}/{row.public_id}/")
    assert "No order has this id" in read(owner, f"/search/?q={there.dead.public_id}")


def test_it_says_what_to_write_when_nothing_is_found(owner: Client, here: Side) -> None:
    assert "No order has this id" in read(owner, "/search/?q=nothing")


def test_it_shows_the_whole_way_of_an_order(owner: Client, here: Side) -> None:
    text = read(owner, f"/orders/{here.shipped.public_id}/")
    assert "Order #1001 was shipped 45 min ago and is fulfilled in NetSuite and Shopify." in text
    for part in ("Shopify sent orders/create", "Shipment Sync", "SO1001", "W1001", "118.00"):
        assert part in text
    assert "1.3 s after it was received" in text
    assert 'hx-trigger="every 2s"' not in text


def test_it_polls_while_something_is_under_way(owner: Client, here: Side) -> None:
    record = here.parked.record
    assert record is not None
    text = read(owner, f"/orders/{record.public_id}/")
    assert 'hx-trigger="every 2s"' in text
    seen = text.split("?seen=")[1].split('"')[0]
    assert owner.get(f"/orders/{record.public_id}/part/?seen={seen}").status_code == 204
    assert owner.get(f"/orders/{record.public_id}/part/?seen=other").status_code == 200


def count_queries(client: Client, address: str) -> int:
    with CaptureQueriesContext(connection) as found:
        read(client, address)
    return len(found)


@pytest.mark.parametrize(
    "address", ["/", "/orders/", "/flows/", "/connections/", "/runs/", "/dead-letters/"]
)
def test_it_asks_no_more_when_there_are_more_rows(owner: Client, here: Side, address: str) -> None:
    before = count_queries(owner, address)
    with tenant_scope(here.company.tenant):
        for number in range(2000, 2010):
            build.shipped(here.shop, str(number))
            build.refused(here.shop, str(number + 1000))
    assert count_queries(owner, address) == before


def test_it_asks_no_more_for_a_longer_way(owner: Client, here: Side) -> None:
    address = f"/orders/{here.shipped.public_id}/"
    before = count_queries(owner, address)
    with tenant_scope(here.company.tenant):
        event = here.shop.event("shopify", "orders/updated", here.shop.now)
        for _ in range(20):
            done = here.shop.delivery(here.shop.flow("Orders"), event, here.shipped)
            here.shop.attempt(done)
    after = count_queries(owner, address)
    assert after == before
    assert after <= 16, "sign-in, seat, scope and the five of the journey"


def test_it_groups_dead_letters_by_cause(owner: Client, here: Side) -> None:
    text = read(owner, "/dead-letters/")
    assert "needs six digits" in text and "refuses something in it" in text


def test_it_shows_what_was_said_to_the_other_system(owner: Client, here: Side) -> None:
    text = read(owner, f"/deliveries/{here.dead.public_id}/")
    assert "POST https://whiplash.example/api/create_order" in text
    assert "Answer 422" in text
    part = read(owner, f"/deliveries/{here.dead.public_id}/exchanges/")
    assert "Answer 422" in part and "<html" not in part and "Attempt 1" in part
    with tenant_scope(here.company.tenant):
        Attempt.objects.filter(delivery=here.dead).update(number=0)
    part = read(owner, f"/deliveries/{here.dead.public_id}/exchanges/")
    assert "Not counted as an attempt" in part and "Attempt 0" not in part


def test_it_shows_an_event_as_it_came(owner: Client, here: Side) -> None:
    text = read(owner, f"/events/{here.dead.event.public_id}/payload/")
    assert "&quot;note&quot;: &quot;salesorder&quot;" in text


def test_it_forbids_inline_code(owner: Client, here: Side) -> None:
    for address in ("/", f"/orders/{here.shipped.public_id}/", "/flows/"):
        answer = owner.get(address)
        assert "default-src 'none'" in answer["Content-Security-Policy"]
        text = answer.content.decode()
        assert " style=" not in text and "<script>" not in text and "onclick" not in text


def test_it_pages_by_key_and_shows_every_order_once(owner: Client, here: Side) -> None:
    with tenant_scope(here.company.tenant):
        for number in range(3000, 3060):
            here.shop.record(f"#{number}")
    first = read(owner, "/orders/")
    after = first.split("after=")[1].split('"')[0]
    second = read(owner, f"/orders/?after={after}")
    shown = [set(re.findall(r'href="/orders/(rec_[a-z0-9]+)/"', text)) for text in (first, second)]
    assert [len(ids) for ids in shown] == [50, 14]
    assert not shown[0] & shown[1]


def test_it_answers_a_key_of_nobody_with_404(owner: Client, here: Side) -> None:
    for address in ("/orders/", "/runs/"):
        assert owner.get(f"{address}?after=rec_0").status_code == 404


@pytest.mark.parametrize(
    "address",
    [
        "/",
        "/orders/",
        "/stock/",
        "/stock/syncs/",
        "/flows/",
        "/connections/",
        "/runs/",
        "/dead-letters/",
        "/search/?q=x",
    ],
)
def test_it_says_what_to_do_where_there_is_nothing(world: World, address: str) -> None:
    text = read(sign_in(world.here.owner), address)
    assert 'class="empty"' in text
    assert text.count("<h1") == 1 and "<title>" in text and text.count("<main") == 1


def test_it_shows_what_could_not_even_be_read(owner: Client, here: Side) -> None:
    with tenant_scope(here.company.tenant):
        event = here.shop.event("shopify", "orders/create", here.shop.now)
        unread = Delivery.objects.create(
            tenant=here.company.tenant,
            event=event,
            external_id=event.delivery_key,
            source_version="1",
            state="dead",
            failure="unreadable",
            reason="The body is not JSON.",
            blame="remote",
            due_at=here.shop.now,
            received_at=here.shop.now,
            created_at=here.shop.now,
            finished_at=here.shop.now,
        )
    assert "The body is not JSON." in read(owner, "/dead-letters/")
    text = read(owner, f"/deliveries/{unread.public_id}/")
    assert "It could not be read." in text and "Edit and replay" not in text
    assert "The body is not JSON." in read(owner, "/")


def test_it_shows_the_rate_budget_of_an_account(owner: Client, here: Side) -> None:
    shop = here.shop.connections["shopify"]
    address = f"/connections/{shop.public_id}/"
    limits = limits_of(shop)
    with spend(account_of(shop), limits, cost=limits.burst / 2):
        text = read(owner, address)
        assert "Rate budget" in text and f"1 of {limits.concurrency} requests" in text
        assert f"of {limits.burst:.0f} points" in text


def test_a_connection_says_its_settings_in_the_order_of_its_form(owner: Client, here: Side) -> None:
    erp = here.shop.connections["netsuite"]
    kept = {"zeta": "1", "poll_seconds": 5, "location_id": "6", "account_id": "ACME"}
    with tenant_scope(here.company.tenant):
        Connection.objects.filter(pk=erp.pk).update(settings=kept, state="paused")
        flow, due = here.shop.flow("Shipment Sync"), here.shop.now
        feed = next(iter(flow.stream_spec.sources))
        Cursor.objects.create(
            tenant=erp.tenant, connection=erp, feed=feed, interval_seconds=5, due_at=due
        )
    text = read(owner, f"/connections/{erp.public_id}/")
    assert re.findall(r"<dt>([^<]+)</dt><dd>(?:ACME|6|5|1)</dd>", text) == [
        "Account id",
        "Location that ships",
        "Seconds between polls",
        "zeta",
    ]
    assert "not while it is shut" in text


def test_it_says_when_nobody_knows_the_rate_budget(
    owner: Client, here: Side, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ledgers, "_away_until", time.monotonic() + 60)
    text = read(owner, f"/connections/{here.shop.connections['shopify'].public_id}/")
    assert "Not known at the moment" in text


def test_home_and_the_flows_page_show_the_same_lights(owner: Client, here: Side) -> None:
    """Also by what is not counted for home: here, polling that fails."""
    with tenant_scope(here.company.tenant):
        orders = here.shop.flow("Orders")
        feed = next(iter(orders.stream_spec.sources))
        Cursor.objects.update_or_create(
            tenant=here.company.tenant,
            connection=orders.source,
            feed=feed,
            defaults={
                "failures": 5,
                "failure": "It answers nothing.",
                "interval_seconds": 60,
                "due_at": here.shop.now,
            },
        )
        known = {row.id: (row.light, row.why) for row in list_flows()}
        shown = {row.id: (row.light, row.why) for row in get_home(now=timezone.now()).day.rows}
    assert known[orders.public_id][0] == "held" and shown
    assert {id: known[id] for id in shown} == shown
    with CaptureQueriesContext(connection) as found:
        assert "with trouble" in read(owner, "/")
    asked = [one["sql"] for one in found if "FROM" in one["sql"]]
    assert len(asked) <= 15, asked
