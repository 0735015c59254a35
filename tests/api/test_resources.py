"""What each resource shows and does, asked as a program asks."""

from datetime import timedelta
from typing import Any

import pytest

from connectors.models import Connection, ConnectionState
from ekyam.audit.models import AuditEntry
from ekyam.tenants.scope import tenant_scope
from flows.models import Delivery, Event, Flow, Run, Sync, WebhookEndpoint
from flows.models.event import EventState
from flows.states import State
from tests.api.conftest import Program
from tests.portal import build
from tests.portal.conftest import Side
from tests.portal.stock_rows import ODD_SKU, Stock


def rows(answer: Any) -> list[dict[str, Any]]:
    assert answer.status_code == 200, answer.content
    return list(answer.json()["data"])


@pytest.fixture
def stock(here: Side) -> Stock:
    with tenant_scope(here.company.tenant):
        found = Stock(here.shop, here.shop.flow("Inventory Sync")).open()
        found.pair("LAMP", 40, 37)
        found.pair(ODD_SKU, 4, 4)
        return found


def test_it_shows_connections(program: Program, here: Side) -> None:
    shop = here.shop.connections["shopify"]
    found = rows(program.get("connections"))
    assert {one["system"] for one in found} == {"Shopify", "NetSuite", "Whiplash"}
    one = program.get(f"connections/{shop.public_id}").json()
    assert one["label"] == "Shopify"
    assert one["check"] == []


def test_it_pauses_and_resumes_a_connection(program: Program, here: Side) -> None:
    shop = here.shop.connections["shopify"]
    address = f"connections/{shop.public_id}"
    paused = program.post(f"{address}/pause").json()
    assert (paused["state"], paused["reason"][:9]) == ("paused", "Paused by")
    assert program.post(f"{address}/pause").status_code == 409
    assert program.post(f"{address}/resume").json()["state"] == "active"
    assert program.post(f"{address}/resume").json()["code"] == "conflict"
    with tenant_scope(here.company.tenant):
        state = Connection.objects.get(pk=shop.pk).state
        assert state == ConnectionState.ACTIVE


def test_it_switches_flows(program: Program, here: Side) -> None:
    flow = here.shop.flow("Orders")
    address = f"flows/{flow.public_id}"
    assert len(rows(program.get("flows"))) == len(here.shop.flows)
    assert program.get(address).json()["is_on"] is True
    assert program.call("PATCH", address, {"is_on": False}).json()["light"] == "off"
    with tenant_scope(here.company.tenant):
        assert not Flow.objects.get(pk=flow.pk).is_on
    assert program.call("PATCH", address, {"is_on": True}).json()["is_on"] is True


def test_it_shows_the_lines_of_mappings(program: Program, here: Side) -> None:
    flow = here.shop.flow("Orders")
    found = program.get(f"mappings/{flow.public_id}").json()
    assert found["resource"] == "order"
    assert {line["target"] for line in found["reads"]} >= {"number", "currency", "lines"}
    assert found["writes"]
    every = rows(program.get("mappings"))
    assert len(every) == len(here.shop.flows)
    steps = [step for one in every for line in one["writes"] for step in line["steps"]]
    inner = [line for one in every for line in (*one["reads"], *one["writes"]) if line["each"]]
    assert all(step["name"] for step in steps)
    assert all(line["target"] for one in inner for line in one["each"])
    assert steps
    assert inner


def test_it_shows_events_with_their_bodies(program: Program, here: Side) -> None:
    shop = here.shop.connections["shopify"]
    found = rows(program.get(f"events?connection={shop.public_id}&topic=orders/create"))
    assert len(found) == 4
    whole = program.get(f"events/{found[0]['id']}").json()
    assert whole["headers"]["x-topic"] == "orders/create"
    assert "shopper.example" in whole["body"]
    assert whole["is_exact"] is True


def test_it_marks_what_an_event_asked_as_done(program: Program, here: Side) -> None:
    with tenant_scope(here.company.tenant):
        event = Event.objects.order_by("pk")[0]
        Event.objects.filter(pk=event.pk).update(state=EventState.ASKS)
    address = f"events/{event.public_id}/answer"
    assert program.post(address).json()["state"] == "routed"
    assert program.post(address).status_code == 409


def test_it_shows_runs_and_what_they_made(program: Program, here: Side) -> None:
    with tenant_scope(here.company.tenant):
        run = Run.objects.exclude(delivered=None)[0]
    assert program.get(f"runs/{run.public_id}").json()["state"] == "done"
    assert len(rows(program.get("runs?origin=webhook"))) == 4
    assert len(rows(program.get(f"deliveries?run={run.public_id}"))) == 1


def test_it_shows_a_delivery_with_every_try(program: Program, here: Side) -> None:
    found = program.get(f"deliveries/{here.dead.public_id}").json()
    assert found["reason"] == "Whiplash rejects the postcode: it needs six digits."
    assert found["standard"]["number"] == "SO1002"
    assert found["attempts"][0]["exchanges"][0]["status"] == "422"
    assert (found["may_replay"], found["may_waive"]) == (True, True)


@pytest.mark.parametrize(
    ("query", "count"),
    [
        ("state=dead", 1),
        ("state=parked", 1),
        ("state=pending", 0),
        ("failure=rejected", 1),
        ("received_after=2020-01-01T00:00:00Z&state=dead", 1),
        ("received_before=2020-01-01T00:00:00Z", 0),
        ("state=dead&failure=unreachable", 0),
    ],
)
def test_it_filters_deliveries(program: Program, here: Side, query: str, count: int) -> None:
    assert len(rows(program.get(f"deliveries?{query}"))) == count


def test_it_retries_what_has_not_arrived(program: Program, here: Side) -> None:
    found = program.post(f"deliveries/{here.dead.public_id}/retry")
    assert found.json()["state"] == "pending"
    with tenant_scope(here.company.tenant):
        done = Delivery.objects.filter(state=State.SUCCEEDED)[0]
    refused = program.post(f"deliveries/{done.public_id}/retry")
    assert (refused.status_code, refused.json()["code"]) == (409, "conflict")
    assert program.post(f"deliveries/{done.public_id}/replay").json()["state"] == "pending"


def test_it_waives_with_a_note(program: Program, here: Side) -> None:
    address = f"deliveries/{here.dead.public_id}/waive"
    found = program.post(address, {"note": "Shipped by hand."}).json()
    assert found["state"] == "cancelled"
    assert found["note"].startswith("Waived by Program")
    assert found["note"].endswith("Shipped by hand.")
    assert program.post(address, {"note": "Again."}).status_code == 409


def test_it_edits_and_sends(program: Program, here: Side) -> None:
    address = f"deliveries/{here.dead.public_id}"
    standard = program.get(address).json()["standard"]
    standard["shipping_address"]["postal_code"] = "411001"
    found = program.post(f"{address}/edit", {"standard": standard})
    assert found.status_code == 200, found.content
    assert found.json()["state"] == "pending"
    assert found.json()["standard"]["shipping_address"]["postal_code"] == "411001"


def test_it_refuses_an_edit_that_does_not_hold(program: Program, here: Side) -> None:
    found = program.post(f"deliveries/{here.dead.public_id}/edit", {"standard": {"lines": 7}})
    assert (found.status_code, found.json()["code"]) == (422, "refused")
    assert program.get(f"deliveries/{here.dead.public_id}").json()["state"] == "dead"


@pytest.mark.parametrize("quantity", ["NaN", "sNaN", "Infinity", "1e999999999", "-1", "two", 1e300])
def test_it_refuses_an_edit_with_a_number_that_is_none(
    program: Program, here: Side, quantity: Any
) -> None:
    with tenant_scope(here.company.tenant):
        done = Delivery.objects.get(flow=here.shop.flow("Orders"), record=here.shipped)
    for one in (done, here.dead):  # what has totals, and what has none
        address = f"deliveries/{one.public_id}"
        standard = program.get(address).json()["standard"]
        standard["lines"][0]["quantity"] = quantity
        found = program.post(f"{address}/edit", {"standard": standard})
        assert (found.status_code, found.json()["code"]) == (422, "refused"), found.content


def test_it_says_first_what_it_would_do_to_many(program: Program, here: Side) -> None:
    wanted = {"filter": {"state": "dead"}, "dry_run": True}
    found = program.post("deliveries/retry", wanted).json()
    assert (found["matched"], found["done"]) == (1, 0)
    assert found["sample"] == [here.dead.public_id]
    assert program.get(f"deliveries/{here.dead.public_id}").json()["state"] == "dead"


def test_it_does_it_to_many_and_to_no_others(program: Program, here: Side, there: Side) -> None:
    cause = rows(program.get("dead-letters"))[0]["key"]
    wanted = {"filter": {"state": "dead", "cause": cause}}
    found = program.post("deliveries/retry", wanted).json()
    assert (found["matched"], found["done"], found["passed_over"]) == (1, 1, 0)
    with tenant_scope(here.company.tenant):
        assert Delivery.objects.get(pk=here.dead.pk).state == State.PENDING
    with tenant_scope(there.company.tenant):
        assert Delivery.objects.get(pk=there.dead.pk).state == State.DEAD


def test_it_waives_and_replays_many(program: Program, here: Side) -> None:
    parked = {"filter": {"state": "parked"}, "note": "Not sold any more.", "limit": 10}
    assert program.post("deliveries/waive", parked).json()["done"] == 1
    done = {"filter": {"state": "succeeded"}, "limit": 3}
    found = program.post("deliveries/replay", done).json()
    assert found["matched"] > found["done"] == 3


@pytest.mark.parametrize("name", ["#1001", "1001", "SO1001", "551001", "W1001", "TRK1001"])
def test_it_finds_the_journey_by_any_id(program: Program, here: Side, name: str) -> None:
    for id in (here.shipped.public_id, name, here.shipped.reference):
        found = program.get(f"orders/{id.replace('#', '%23')}")
        assert found.status_code == 200, (id, found.content)
        assert found.json()["id"] == here.shipped.public_id
    assert found.json()["answer"].startswith("Order #1001 was shipped")
    assert {step["kind"] for step in found.json()["steps"]} == {"event", "delivery"}
    assert found.json()["money"]["totals"][-1] == {"label": "Total", "amount": "118.00"}


def test_it_names_the_orders_where_several_are_called_so(program: Program, here: Side) -> None:
    with tenant_scope(here.company.tenant):
        twin = here.shop.record("#1001x")
        twin.label = "#1001"
        twin.save()
        here.shop.link(twin, "whiplash", "1001", "#1001")
    found = program.get("orders/%231001")
    assert (found.status_code, found.json()["code"]) == (409, "ambiguous_id")
    assert {one["at"] for one in found.json()["errors"]} == {
        here.shipped.public_id,
        twin.public_id,
    }


def test_it_lists_and_finds_orders(program: Program, here: Side) -> None:
    assert len(rows(program.get("orders"))) == 4
    assert [one["label"] for one in rows(program.get("orders?state=dead"))] == ["#1002"]
    assert [one["label"] for one in rows(program.get("orders?q=SO1003"))] == ["#1003"]
    assert rows(program.get("orders?q=SO1003&state=dead")) == []


def test_it_shows_stock_side_by_side(program: Program, here: Side, stock: Stock) -> None:
    lamp = next(one for one in rows(program.get("stock/levels")) if one["sku"] == "LAMP")
    told = {
        (place["system"], place["place"]): [
            place[name] for name in ("on_hand", "available", "holds", "offered")
        ]
        for place in lamp["places"]
    }
    assert told["Whiplash", "Main warehouse"] == [40, 40, None, None]
    assert told["Shopify", "Online"] == [None, None, 37, 40]
    assert rows(program.get("stock/levels?sku=LAMP&show=all")) == [lamp]


def test_it_shows_one_sku_whatever_its_name(program: Program, here: Side, stock: Stock) -> None:
    from urllib.parse import quote

    found = program.get(f"stock/levels/{quote(ODD_SKU, safe='')}").json()
    assert found["sku"] == ODD_SKU
    assert {level["on_hand"] for level in found["levels"]} == {4, None}
    assert found["sums"][0]["quantity"] == 4
    assert program.get("stock/levels/nothing").status_code == 404


def test_it_begins_a_sync_once_and_stops_it(program: Program, here: Side, stock: Stock) -> None:
    wanted = {"flow_id": stock.flow.public_id}
    begun = program.post("stock/syncs", wanted)
    assert begun.status_code == 201, begun.content
    assert program.post("stock/syncs", wanted).status_code == 409
    address = f"stock/syncs/{begun.json()['id']}"
    assert program.get(address).json()["state"] == "source"
    assert program.post(f"{address}/stop").json()["state"] == "stopped"
    assert program.post(f"{address}/stop").status_code == 409
    assert len(rows(program.get("stock/syncs"))) == 1


def test_it_answers_a_sync_that_asks(program: Program, here: Side, stock: Stock) -> None:
    with tenant_scope(here.company.tenant):
        asking = stock.sync("asks")
    address = f"stock/syncs/{asking.public_id}"
    assert program.post(f"{address}/answer", {"goes_on": False}).json()["state"] == "stopped"
    assert program.post(f"{address}/answer", {"goes_on": True}).status_code == 409
    with tenant_scope(here.company.tenant):
        assert Sync.objects.get(pk=asking.pk).state == "stopped"


def test_it_begins_no_sync_of_what_is_no_stock(program: Program, here: Side) -> None:
    orders = {"flow_id": here.shop.flow("Orders").public_id}
    assert program.post("stock/syncs", orders).status_code == 404


ENDPOINT = {"url": "https://hooks.example.com/ekyam", "events": ["order.shipped"]}


def test_it_shows_the_secret_of_an_endpoint_once(program: Program, here: Side) -> None:
    made = program.post("webhook-endpoints", ENDPOINT)
    assert made.status_code == 201, made.content
    secret = made.json()["secret"]
    assert secret.startswith("whsec_")
    address = f"webhook-endpoints/{made.json()['id']}"
    assert "secret" not in program.get(address).json()
    assert "secret" not in rows(program.get("webhook-endpoints"))[0]
    with tenant_scope(here.company.tenant):
        row = WebhookEndpoint.objects.get()
        assert row.unseal("sealed") == secret.encode()
        assert secret not in str(list(AuditEntry.objects.values()))
    renewed = program.post(f"{address}/secret").json()["secret"]
    assert renewed not in ("", secret)


def test_it_changes_and_removes_an_endpoint(program: Program, here: Side) -> None:
    id = program.post("webhook-endpoints", ENDPOINT).json()["id"]
    address = f"webhook-endpoints/{id}"
    changed = program.call("PATCH", address, {"is_on": False, "events": ["order.shipped"] * 2})
    assert (changed.json()["is_on"], changed.json()["events"]) == (False, ["order.shipped"])
    assert changed.json()["url"] == ENDPOINT["url"]
    assert program.call("DELETE", address).status_code == 204
    assert program.get(address).status_code == 404
    with tenant_scope(here.company.tenant):
        entries = AuditEntry.objects.filter(subject=id).order_by("number")
        assert [one.action for one in entries] == [
            "webhook_endpoint.added",
            "webhook_endpoint.changed",
            "webhook_endpoint.removed",
        ]
        assert {one.actor_kind for one in entries} == {"key"}
        assert entries[1].before["is_on"] is True


@pytest.mark.parametrize(
    "url",
    [
        "http://hooks.example.com/",
        "https://127.0.0.1/",
        "https://[::1]/",
        "https://0x7f000001/",
        "https://2130706433/",
        "https://169.254.169.254/latest/meta-data",
        "https://localhost/",
        "https://printer.local/",
        "https://ekyam/",
        "https://user:password@hooks.example.com/",
        "https://",
        "ftp://hooks.example.com/",
        "nonsense",
    ],
)
def test_it_refuses_an_endpoint_that_is_not_on_the_internet(program: Program, url: str) -> None:
    found = program.post("webhook-endpoints", {**ENDPOINT, "url": url})
    assert (found.status_code, found.json()["code"]) == (422, "refused"), found.content


def test_it_shows_members(program: Program, here: Side) -> None:
    found = rows(program.get("members"))
    assert {one["role"] for one in found} == {"owner", "viewer"}
    assert program.get(f"members/{found[0]['id']}").json() == found[0]


def test_it_shows_what_was_done(program: Program, here: Side) -> None:
    id = program.post("webhook-endpoints", ENDPOINT).json()["id"]
    found = rows(program.get(f"audit?subject={id}&action=webhook_endpoint.added"))
    assert len(found) == 1
    assert program.get(f"audit/{found[0]['id']}").json() == found[0]
    assert rows(program.get(f"audit?subject={id}&until=2020-01-01T00:00:00Z")) == []
    assert rows(program.get("audit?actor=nobody")) == []


def test_it_pages_through_everything_once(program: Program, here: Side) -> None:
    with tenant_scope(here.company.tenant):
        for number in range(2000, 2007):
            build.refused(here.shop, str(number), ago=timedelta(minutes=number - 1990))
    for path in (
        "deliveries?state=dead",
        "deliveries",
        "events",
        "runs",
        "orders",
        "flows",
        "mappings",
        "connections",
        "members",
        "audit",
    ):
        joint = "&" if "?" in path else "?"
        whole = rows(program.get(f"{path}{joint}limit=100"))
        found, cursor = [], ""
        while True:
            more = f"&cursor={cursor}" if cursor else ""
            answer = program.get(f"{path}{joint}limit=3{more}").json()
            assert len(answer["data"]) <= 3
            found += answer["data"]
            if not (cursor := answer["next"]):
                break
        assert found == whole, path
        assert path == "audit" or len(whole) > 1
