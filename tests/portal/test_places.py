"""Connections' health, runs, and the simulated systems, as people see them."""

import csv
import io
from collections.abc import Iterator
from datetime import timedelta
from html import unescape
from typing import Any

import pytest
from django.db import connection as db
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from connectors.health import Heard, hear
from ekyam.audit.models import AuditEntry
from ekyam.tenants.scope import tenant_scope
from flows.demo.breakage import BREAKAGES
from flows.demo.desk import DESKS, ORDERS
from flows.models import Delivery, Run
from flows.operations.publish import CONNECTION_FAILING, CONNECTION_WELL, KINDS
from tests.portal import build
from tests.portal.conftest import Side
from tests.portal.stock_rows import Stock
from tests.portal.test_pages import read
from tests.sandboxes import TOKEN, ask, sandbox_server


@pytest.fixture
def port(settings: Any) -> Iterator[int]:
    with sandbox_server() as found:
        settings.SANDBOX_URL, settings.SANDBOX_TOKEN = f"http://127.0.0.1:{found}", TOKEN
        yield found


def system(side: Side, slug: str, deed: str = "") -> str:
    return f"/sandbox/{side.shop.connections[slug].public_id}/{deed}"


def ledger(side: Side, port: int, slug: str, kind: str) -> list[dict[str, Any]]:
    rows = ask(port, slug, side.shop.connections[slug].account, "ledger")
    return [row for row in rows if row["kind"] == kind]


def said(client: Client, address: str, form: dict[str, str]) -> str:
    answer = client.post(address, form, follow=True)
    assert answer.status_code == 200
    return answer.content.decode()


# --- The simulated systems ------------------------------------------------------------------------


def test_what_is_no_order_is_not_among_the_newest_orders(
    owner: Client, here: Side, port: int
) -> None:
    assert "EKM-MUG" in read(owner, system(here, "shopify"))
    text = read(owner, "/sandbox/")
    assert "Newest orders" in text and "Nothing is there yet" in text and "EKM-MUG" not in text


def test_the_first_order_comes_into_sight_by_itself(owner: Client, here: Side, port: int) -> None:
    before = read(owner, system(here, "shopify"))
    assert "Make the order" in before and "Unfulfilled" not in before
    polled = unescape(before.split('hx-get="')[1].split('"')[0])
    assert owner.get(polled).status_code == 204
    form = {"do": "place_order", "order": "kind-0", "from": "start"}
    said(owner, system(here, "shopify", "act/"), form)
    part = read(owner, polled)
    assert "Unfulfilled" in part and 'aria-current="page">Order' in part


def test_every_kind_of_order_can_be_made(owner: Client, here: Side, port: int) -> None:
    for at, (key, kind) in enumerate(ORDERS.items()):
        form = {"do": "place_order", "order": key, "from": "start"}
        text = said(owner, system(here, "shopify", "act/"), form)
        assert f"#{1001 + at} is placed." in text and "has not heard of it yet" in text, kind.name
    assert len(ledger(here, port, "shopify", "order")) == len(ORDERS)
    assert "Emoji in the name" in text


def test_a_form_that_is_sent_twice_is_heard_once(owner: Client, here: Side, port: int) -> None:
    form = {"do": "place_order", "order": "kind-0", "once": "a" * 32}
    said(owner, system(here, "shopify", "act/"), form)
    assert "it was heard once" in said(owner, system(here, "shopify", "act/"), form)
    assert len(ledger(here, port, "shopify", "order")) == 1


def test_a_document_is_taken_from_state_to_state(owner: Client, here: Side, port: int) -> None:
    account = here.shop.connections["netsuite"].account
    item = next(row for row in ledger(here, port, "netsuite", "item") if row["label"] == "EKM-MUG")
    customer = ask(port, "netsuite", account, "ledger")
    body = {
        "entity": {"id": next(row["id"] for row in customer if row["kind"] == "customer")},
        "item": {"items": [{"item": {"id": item["id"]}, "quantity": 1, "rate": 5}]},
    }
    made = ask(port, "netsuite", account, "add_order", {"body": body})
    form = {"do": "approve_order", "row": str(made["id"]), "kind": "sales_order"}
    assert "Approve" in read(owner, system(here, "netsuite", "?kind=sales_order"))
    assert f"{made['number']} is approved." in said(owner, system(here, "netsuite", "act/"), form)
    again = said(owner, system(here, "netsuite", "act/"), form)
    assert "cannot be done" in again and "pending fulfillment by now" in again
    with tenant_scope(here.company.tenant):
        (entry,) = AuditEntry.objects.filter(action="sandbox.used")
        assert entry.after == {"did": "Approve", "to": made["number"]}


@pytest.mark.parametrize(
    ("slug", "form", "told"),
    [
        ("shopify", {"do": "place_order", "order": "<script>"}, "Choose one"),
        ("shopify", {"do": "approve_order"}, "cannot be done in this system"),
        ("shopify", {"do": "count_stock", "sku": "🦊" * 5000, "count": "1"}, "has no SKU «🦊"),
        ("netsuite", {"do": "adjust_stock", "sku": "EKM-MUG", "by": "1.5"}, "a whole number"),
        ("netsuite", {"do": "adjust_stock", "sku": "EKM-MUG", "by": "9" * 99}, "at most 1,000,000"),
        ("netsuite", {"do": "approve_order", "row": "none"}, "not there any more"),
        ("whiplash", {}, "cannot be done in this system"),
    ],
)
def test_what_cannot_be_done_is_said_and_not_done(
    owner: Client, here: Side, port: int, slug: str, form: dict[str, str], told: str
) -> None:
    text = said(owner, system(here, slug, "act/"), form)
    assert "Nothing was done." in text and told in text


@pytest.mark.parametrize(("slug", "blank"), [("netsuite", "by"), ("whiplash", "by")])
def test_stock_is_adjusted(owner: Client, here: Side, port: int, slug: str, blank: str) -> None:
    form = {"do": "adjust_stock", "sku": "EKM-MUG", blank: "-3"}
    assert "EKM-MUG is adjusted." in said(owner, system(here, slug, "act/"), form)


def test_everything_is_broken_and_mended(owner: Client, here: Side, port: int) -> None:
    account = here.shop.connections["whiplash"].account
    for one in BREAKAGES:
        form = {"what": one.name, "times": "always"}
        text = said(owner, system(here, "whiplash", "break/"), form)
        assert f"«{one.label}» is switched on." in text and "until it is mended" in text
    assert len(ask(port, "whiplash", account, "faults")) == len(BREAKAGES)
    assert "Broken on purpose" in read(owner, "/sandbox/")
    assert "nothing is broken there now" in said(owner, system(here, "whiplash", "mend/"), {})
    assert ask(port, "whiplash", account, "faults") == []
    for form in ({"what": "nothing"}, {"what": "down", "times": "-1"}, {}):
        assert "Choose what is to break" in said(owner, system(here, "whiplash", "break/"), form)


def test_one_that_is_down_is_a_clear_message(owner: Client, here: Side) -> None:
    """At the address that the tests give stands nobody."""
    text = read(owner, "/sandbox/")
    assert text.count("Does not answer") == 3
    assert "It does not answer. «bin/demo» starts it" in read(owner, system(here, "netsuite"))
    text = said(owner, system(here, "shopify", "act/"), {"do": "place_order", "order": "kind-0"})
    assert "does not answer. Look below whether it was done" in text


def test_where_none_run_there_is_no_page(owner: Client, here: Side, settings: Any) -> None:
    settings.SANDBOX_URL = ""
    assert owner.get("/sandbox/").status_code == 404
    assert 'href="/sandbox/"' not in read(owner, "/")


def test_live_connections_have_no_sandbox(owner: Client, here: Side, port: int) -> None:
    with tenant_scope(here.company.tenant):
        row = here.shop.connections["shopify"]
        row.environment = "live"
        row.save()
    assert owner.get(system(here, "shopify")).status_code == 404


def test_each_act_has_a_control(here: Side, port: int) -> None:
    from connectors.sandbox.server import load_sandbox

    for slug, acts in DESKS.items():
        assert {act.control for act in acts} <= set(load_sandbox(slug).controls())


# --- Connections ----------------------------------------------------------------------------------


def test_a_connection_says_how_it_fares(owner: Client, here: Side) -> None:
    row, now = here.shop.connections["netsuite"], timezone.now()
    with tenant_scope(here.company.tenant):
        hear(row, Heard(good=7, good_ms=1400.0), now=now - timedelta(hours=3))
        hear(row, Heard(failed=2, throttled=1), now=now)
    with CaptureQueriesContext(db) as found:
        text = read(owner, f"/connections/{row.public_id}/")
    assert "It answered 7 of 9 tries of the last 24 hours." in text
    assert text.count('class="hour-good"') == 1 and text.count('class="hour-failed"') == 1
    assert "200 ms" in text and "Shipment Sync" in text
    assert "They do not end on a day" in text or "There is none at the moment" in text
    asked = [one["sql"] for one in found if one["sql"].lstrip().upper().startswith("SELECT")]
    assert len([sql for sql in asked if "set_config" not in sql]) <= 15
    text = read(owner, "/connections/")
    assert "All 3 systems are well." in text and "7 answered, 2 failed" in text


def test_one_that_nobody_has_checked_is_not_called_healthy(owner: Client, here: Side) -> None:
    row = here.shop.connections["whiplash"]
    with tenant_scope(here.company.tenant):
        type(row).objects.filter(pk=row.pk).update(checked_at=None)
    text = read(owner, "/connections/")
    assert "2 of 3 systems are well. Whiplash is not checked yet." in text
    assert text.count("Healthy") == 2 and "Not checked yet" in text
    assert "Not checked yet" in read(owner, f"/connections/{row.public_id}/")
    assert "Whiplash: Not checked yet" in read(owner, "/flows/")


def test_one_that_fails_says_so_everywhere(owner: Client, here: Side) -> None:
    row, now = here.shop.connections["netsuite"], timezone.now()
    silent = Heard(failed=1, silent=1, reason="No answer within 30 seconds.")
    with tenant_scope(here.company.tenant):
        for seconds in (60, 40, 20):
            hear(row, silent, now=now - timedelta(seconds=seconds))
    text = read(owner, f"/connections/{row.public_id}/")
    assert "It does not answer; Ekyam goes on trying" in text and "within 30 seconds" in text
    assert "2 of 3 systems are well. NetSuite is failing." in read(owner, "/connections/")
    assert "NetSuite is failing" in read(owner, "/flows/")
    assert {CONNECTION_FAILING, CONNECTION_WELL} <= set(KINDS)


# --- Runs -----------------------------------------------------------------------------------------


@pytest.fixture
def runs(here: Side) -> dict[str, Run]:
    """Of each kind one, besides those of the orders."""
    at = timezone.now() - timedelta(minutes=5)
    with tenant_scope(here.company.tenant):
        failed = here.shop.run(here.shop.flow("Fulfilments"), at, failure="The source is away.")
        found = Run.objects.create(
            tenant=here.company.tenant, connection=here.shop.connections["netsuite"],
            feed="orders", origin="poll", started_at=at, finished_at=at + timedelta(seconds=2),
            records=1,
        )  # fmt: skip
        event = here.shop.event("netsuite", "", at + timedelta(seconds=1))
        event.origin, event.feed, event.delivery_key = "poll", "orders", "orders:77123:v1:abc"
        event.save()
        record = here.shop.record("#1500")
        here.shop.delivery(here.shop.flow("Shipment Sync"), event, record)
    return {"failed": failed, "found": found}


@pytest.mark.parametrize(
    ("query", "failed", "polled"),
    [
        ("", True, True),
        ("out=failed", True, False),
        ("out=done", False, True),
        ("by=poll", False, True),
        ("by=nonsense&out=%F0%9F%A6%8A&since=ever", True, True),
        ("since=hour&by=webhook", True, False),
    ],
)
def test_runs_are_filtered(
    owner: Client, runs: dict[str, Run], query: str, failed: bool, polled: bool
) -> None:
    text = read(owner, f"/runs/?{query}")
    assert (runs["failed"].public_id in text) == failed
    assert (runs["found"].public_id in text) == polled


def test_runs_of_a_flow_page_by_key_with_their_filters(owner: Client, here: Side) -> None:
    flow, other = here.shop.flow("Fulfilments"), here.shop.flow("Orders")
    at = timezone.now() - timedelta(days=2)
    with tenant_scope(here.company.tenant):
        for _ in range(60):  # all in one moment: only the key tells them apart
            here.shop.run(flow, at)
        there = here.shop.run(other, at)
    text = read(owner, f"/runs/?flow={flow.public_id}&by=webhook")
    further = f"?flow={flow.public_id}&amp;by=webhook&amp;after="
    assert further in text and there.public_id not in text
    rest = text.split(further)[1].split('"')[0]
    second = read(owner, f"/runs/?flow={flow.public_id}&by=webhook&after={rest}")
    assert text.count('href="/runs/run_') == 50 and second.count('href="/runs/run_') == 10
    answer = owner.get(f"/runs/csv/?flow={flow.public_id}")
    rows = list(csv.DictReader(io.StringIO(b"".join(answer).decode())))
    assert len(rows) == 60 and rows[0]["By"] == "A message"
    assert owner.get("/runs/?flow=flw_none").status_code == 404


def test_a_poll_tells_what_came_of_each_record(owner: Client, runs: dict[str, Run]) -> None:
    text = read(owner, f"/runs/{runs['found'].public_id}/")
    assert "Asked for orders" in text and "77123" in text and "#1500" in text
    text = read(owner, f"/runs/{runs['failed'].public_id}/")
    assert "The source is away." in text and "Nothing is lost" in text


def test_a_run_tells_of_its_deliveries_by_state(owner: Client, here: Side) -> None:
    with tenant_scope(here.company.tenant):
        flow, event = here.shop.flow("Orders"), here.dead.event
        run = here.shop.run(flow, timezone.now())
        for number, state in enumerate(("succeeded", "succeeded", "dead")):
            made = here.shop.delivery(flow, event, here.shop.record(f"#160{number}"), run=run)
            Delivery.objects.filter(pk=made.pk).update(state=state)
    text = read(owner, f"/runs/{run.public_id}/")
    assert "All of it is settled." in text and "#1600" in text
    text = read(owner, f"/runs/{run.public_id}/?state=dead")
    assert "#1602" in text and "#1600" not in text
    assert build.SLUGS and read(owner, f"/runs/{run.public_id}/?state=<b>").count("#160") == 3


def test_what_is_under_way_is_followed(owner: Client, here: Side) -> None:
    assert "Under way" not in read(owner, "/runs/")
    with tenant_scope(here.company.tenant):
        stock = Stock(here.shop, here.shop.flow("Inventory Sync")).open()
        sync = stock.sync("source", checked=40, total=200)
    text = read(owner, "/runs/")
    assert f"/stock/syncs/{sync.public_id}/" in text and "40 of 200" in text
    seen = text.split("seen=")[1].split('"')[0]
    assert owner.get(f"/runs/part/?seen={seen}").status_code == 204
    with tenant_scope(here.company.tenant):
        sync.checked = 90
        sync.save()
    assert b"90 of 200" in owner.get(f"/runs/part/?seen={seen}").content
