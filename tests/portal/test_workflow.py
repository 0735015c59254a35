"""The workflow, one flow with what its light is earned by, and switching with a preview."""

import json
import re
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import connection, connections, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from connectors.models import Connection
from connectors.registry import folder_of
from ekyam import ids
from ekyam.audit.models import AuditEntry
from ekyam.tenants.models import Role
from ekyam.tenants.scope import tenant_scope
from flows.mapping.logic import Logic
from flows.models import Delivery, Flow
from flows.operations.configure import switch_on
from flows.operations.versions import find_edition, publish, save_draft
from flows.queries import lights
from flows.queries.workflow import MOST_SHOWN, Workflow, get_workflow
from flows.rules.rule import Compare, Hold, Rule
from flows.states import State
from tests.portal import build
from tests.portal.conftest import Side, furnish, sign_in
from tests.portal.stock_rows import Stock
from tests.portal.test_flow_pages import text_of
from tests.world import add_member, build_world

LARGE = Rule("Large", Compare("total", "above", "1"), (Hold("Look at it"),))


def light_of(side: Side, label: str) -> tuple[str, datetime | None]:
    flow = next(one for one in workflow(side).flows if one.label == label)
    return flow.light, flow.last_success_at


def workflow(side: Side) -> Workflow:
    with tenant_scope(side.company.tenant):
        return get_workflow(now=timezone.now())


def seen(client: Client) -> str:
    return client.get("/flows/").content.decode().split("/flows/part/?seen=")[1].split('"')[0]


def asked(found: CaptureQueriesContext) -> list[str]:
    """What was asked of tables: not the beginning and the end of transactions."""
    return [one["sql"] for one in found if "FROM" in one["sql"]]


def change(flow: Flow, **values: Any) -> None:
    with tenant_scope(flow.tenant_id):
        Flow.objects.filter(pk=flow.pk).update(**values)


def add_flows(side: Side, count: int) -> None:
    """All between the same two systems."""
    source, target = side.shop.connections["shopify"], side.shop.connections["netsuite"]
    rows = [
        Flow(
            tenant=side.company.tenant,
            label=f"Order kind {number}",
            source=source,
            stream="orders",
            target=target,
            action=f"upsert_sales_order_{number}",
            position=100 + number,
        )
        for number in range(count)
    ]
    with tenant_scope(side.company.tenant):
        Flow.objects.bulk_create(rows)


def test_it_draws_each_system_and_flow_with_its_figures(owner: Client, here: Side) -> None:
    broken = "Shipment Sync, from NetSuite to Whiplash: On, broken"
    assert broken in text_of(owner.get("/flows/"))
    with tenant_scope(here.company.tenant):
        build.shipped(here.shop, "1010", ago=timedelta(minutes=5))
    found = workflow(here)
    assert {one.label for one in found.systems} == {"Shopify", "NetSuite", "Whiplash"}
    drawn = [placed.flow.id for one in found.placed_bundles for placed in one.flows]
    assert sorted(drawn) == sorted(flow.id for flow in found.flows)
    by_label = {flow.label: flow for flow in found.flows}
    assert by_label["Shipment Sync"].dead == 1 and by_label["Shipment Sync"].waiting == 1
    assert by_label["Orders"].rate == 3  # of the last hour, of five in all
    text = text_of(owner.get("/flows/"))
    assert "3 in the last hour" in text and "1 wait, 1 dead" in text
    assert broken not in text  # it has delivered since


def test_what_could_not_be_counted_to_the_end_is_at_least_so_much(
    owner: Client, here: Side, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert not any(one.more_waiting or one.more_made for one in workflow(here).flows)
    with tenant_scope(here.company.tenant):
        lately = ids.floor(timezone.now() - timedelta(hours=1))
        made = Delivery.objects.filter(pk__gte=lately).count()
    monkeypatch.setattr(lights, "MOST_OPEN", 1)
    monkeypatch.setattr(lights, "MOST_MADE", made - 1)
    assert all(one.more_waiting and one.more_made for one in workflow(here).flows)
    page = owner.get("/flows/").content.decode()
    assert ">1+ wait<" in page and re.search(r"\d\+ in the last hour", page)


def test_a_comparison_that_found_nothing_to_write_earns_the_light(here: Side) -> None:
    with tenant_scope(here.company.tenant):
        stock = Stock(here.shop, here.shop.flow("Inventory Sync"))
        stock.sync("failed", finished_at=here.shop.now)
        assert light_of(here, "Inventory Sync") == ("quiet", None)
        stock.sync("done", checked=8, finished_at=here.shop.now.replace(microsecond=0))
    at = here.shop.now.replace(microsecond=0)
    assert light_of(here, "Inventory Sync") == ("on", at)


def test_it_answers_nothing_while_nothing_changed(owner: Client, here: Side) -> None:
    before = seen(owner)
    assert owner.get(f"/flows/part/?seen={before}").status_code == 204
    with tenant_scope(here.company.tenant):
        Connection.objects.filter(label="Whiplash").update(state="paused", state_reason="Holiday.")
    answer = owner.get(f"/flows/part/?seen={before}")
    assert "On, broken" in text_of(answer) and "Paused" in text_of(answer)
    assert 'id="flow-list" hx-swap-oob="true"' in text_of(answer)
    assert seen(owner) != before


def test_the_page_of_one_flow_follows_it(owner: Client, here: Side) -> None:
    id = here.shop.flow("Orders").public_id
    before = owner.get(f"/flows/{id}/").content.decode().split(f"/flows/{id}/part/?seen=")[1][:16]
    with CaptureQueriesContext(connection) as found:
        assert owner.get(f"/flows/{id}/part/?seen={before}").status_code == 204
    assert len(asked(found)) <= 10
    with tenant_scope(here.company.tenant):
        build.shipped(here.shop, "1010", ago=timedelta(minutes=5))
    text = text_of(owner.get(f"/flows/{id}/part/?seen={before}"))
    assert "<html" not in text and "#1010" in text and f"seen={before}" not in text


def test_many_flows_between_two_systems_are_one_box(owner: Client, here: Side) -> None:
    with CaptureQueriesContext(connection) as few:
        owner.get("/flows/")
    add_flows(here, 200)
    with CaptureQueriesContext(connection) as many:
        answer = owner.get("/flows/")
    assert len(asked(few)) == len(asked(many)) <= 15
    text = text_of(answer)
    orders = [one for one in workflow(here).placed_bundles if one.more]
    assert [len(one.flows) for one in orders] == [MOST_SHOWN - 1]
    assert f"and {orders[0].more} more" in text
    chain = orders[0].chain
    listed = f"/flows/?from={chain.source.id}&to={chain.target.id}"
    shown, after = set[str](), ""
    for _ in range(9):  # by pages of 25
        text = text_of(owner.get(f"{listed}&after={after}"))
        shown |= set(re.findall(r'id="to-(\w+)"', text))
        after = (re.findall(r"after=(flw_\w+)\">Further", text) or [""])[0]
    assert shown == {flow.id for flow in chain.flows} and not after


def test_it_asks_little_while_one_looks(owner: Client, here: Side) -> None:
    address = f"/flows/part/?seen={seen(owner)}"
    with CaptureQueriesContext(connection) as found:
        assert owner.get(address).status_code == 204
    ours = [sql for sql in asked(found) if "flows_" in sql or "connectors_" in sql]
    assert len(ours) <= 6, ours


def test_a_name_of_any_kind_is_only_text(owner: Client, here: Side) -> None:
    change(here.shop.flow("Orders"), label="<script>alert(1)</script>😀" + "W" * 90)
    for address in ("/flows/", f"/flows/{here.shop.flow('Orders').public_id}/"):
        text = owner.get(address).content.decode()
        assert "<script>alert" not in text and "&lt;script&gt;alert(1)" in text


def test_the_page_of_a_flow_says_what_its_light_lacks(owner: Client, here: Side) -> None:
    broken = here.shop.flow("Shipment Sync").public_id
    text = text_of(owner.get(f"/flows/{broken}/"))
    assert "3 of 4 are met" in text and "needs six digits" in text
    assert "See dead letters" in text and "On, broken" in text
    text = text_of(owner.get(f"/flows/{here.shop.flow('Orders').public_id}/"))
    assert "4 of 4 are met" in text
    with CaptureQueriesContext(connection) as found:
        owner.get(f"/flows/{broken}/")
    assert len(asked(found)) <= 15
    stock = text_of(owner.get(f"/flows/{here.shop.flow('Inventory Sync').public_id}/"))
    assert "Formula, places and kits" in stock


def test_a_flow_that_is_off_says_what_keeps_it_from_going_on(owner: Client, here: Side) -> None:
    flow = here.shop.flow("Orders")
    change(flow, is_on=False)
    with tenant_scope(here.company.tenant):
        reader = flow.stream_spec.reader
        lines = tuple(line for line in reader.lines if line.target != "total")
        save_draft(flow, Logic(reader=type(reader)(lines)), edition=find_edition(flow))
        publish(Flow.objects.get(pk=flow.pk))
    text = text_of(owner.get(f"/flows/{flow.public_id}/"))
    assert "is required" in text and "See Verify" in text
    asked = text_of(owner.get(f"/flows/{flow.public_id}/switch/"))
    assert "It cannot go on as it is." in asked
    answer = owner.post(f"/flows/{flow.public_id}/switch/", {"to": "on"}, follow=True)
    assert "is required" in text_of(answer)


def raw_order() -> Any:
    found = json.loads((folder_of("shopify") / "samples" / "orders.json").read_text())
    return found[0] if isinstance(found, list) else found


def test_going_on_shows_first_what_would_be_sent(owner: Client, here: Side) -> None:
    flow = here.shop.flow("Orders")
    change(flow, is_on=False, switched_at=here.shop.now - timedelta(minutes=1))
    address = f"/flows/{flow.public_id}/switch/"
    with tenant_scope(here.company.tenant):
        here.shop.event("shopify", "orders/updated", here.shop.now, raw_order())
        here.shop.event("shopify", "orders/updated", here.shop.now, {"id": 7, "name": "#7"})
        waits = here.shop.delivery(flow, here.dead.event, None, state=State.PENDING)
    text = text_of(owner.get(address))
    assert "2 messages came from Shopify" in text
    assert "1 record that waits here already will be sent" in text
    assert "would fail" in text and "Tried on the newest records" in text
    cancels = here.shop.flow("Warehouse cancels in ERP")
    change(cancels, is_on=False)
    text = text_of(owner.get(f"/flows/{cancels.public_id}/switch/"))
    assert "1 record: 1 would be sent" in text and "What NetSuite would get of" in text
    assert 'name="version" value="0"' in text
    form = {"to": "on", "version": "0", "open": "1"}
    assert "Orders is on." in text_of(owner.post(address, form, follow=True))
    again = text_of(owner.post(address, form, follow=True))
    assert "Orders is on already" in again and "Nothing was done" in again
    with tenant_scope(here.company.tenant):
        assert AuditEntry.objects.filter(action="flow.switched_on").count() == 1
        assert Delivery.objects.get(pk=waits.pk).state == State.PENDING


def test_what_changed_since_one_looked_is_shown_again(owner: Client, here: Side) -> None:
    flow = here.shop.flow("Orders")
    change(flow, is_on=False)
    address = f"/flows/{flow.public_id}/switch/"
    with tenant_scope(here.company.tenant):
        save_draft(flow, Logic(rules=(LARGE,)), edition=find_edition(flow))
        publish(Flow.objects.get(pk=flow.pk))
    answer = owner.post(address, {"to": "on", "version": "0"}, follow=True)
    assert "were changed since you looked" in text_of(answer)
    with tenant_scope(here.company.tenant):
        for _ in range(12):
            here.shop.delivery(flow, here.dead.event, None, state=State.PENDING)
    answer = owner.post(address, {"to": "on", "version": "1", "open": "0"}, follow=True)
    assert "waits than when you looked" in text_of(answer)
    with tenant_scope(here.company.tenant):
        assert not Flow.objects.get(pk=flow.pk).is_on


def test_going_off_says_what_becomes_of_what_is_open(owner: Client, here: Side) -> None:
    flow = here.shop.flow("Shipment Sync")
    address = f"/flows/{flow.public_id}/switch/"
    with tenant_scope(here.company.tenant):
        here.shop.delivery(flow, here.dead.event, None, state=State.SENDING)
    text = text_of(owner.get(address))
    assert "1 record waits. It stays" in text and "1 is being sent just now" in text
    answer = owner.post(address, {"to": "off", "open": "2"}, follow=True)
    assert "Shipment Sync is off. What is open waits." in text_of(answer)
    assert "Its light" in text_of(answer)


def test_who_may_not_switch_is_offered_no_switch(here: Side) -> None:
    operator = sign_in(add_member(here.company.tenant, Role.OPERATOR, "colleague"))
    for address in ("/flows/", f"/flows/{here.shop.flow('Orders').public_id}/"):
        text = text_of(operator.get(address))
        assert "/switch/" not in text and "Orders" in text


@pytest.mark.django_db(transaction=True)
def test_of_two_who_switch_at_once_one_does() -> None:
    side = furnish(build_world().here)
    flow = side.shop.flow("Orders")
    change(flow, is_on=False)

    def go_on(_: int) -> bool:
        try:
            with transaction.atomic(), tenant_scope(side.company.tenant):
                return switch_on(Flow.objects.select_related("source", "target").get(pk=flow.pk))
        finally:
            connections.close_all()

    with ThreadPoolExecutor(2) as threads:
        assert sorted(threads.map(go_on, range(2))) == [False, True]
    with tenant_scope(side.company.tenant):
        assert AuditEntry.objects.filter(action="flow.switched_on").count() == 1
