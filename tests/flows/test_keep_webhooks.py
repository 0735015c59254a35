"""A shop that has forgotten us is told again where to knock, and what it did meanwhile is read."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from connectors.channel import open_channel
from connectors.checks import register_webhooks
from connectors.models import Connection
from connectors.operations import connect
from connectors.spec import Plan, Request
from ekyam.tenants.models import Tenant
from ekyam.tenants.scope import across_tenants, tenant_scope
from flows.models import Cursor, Event, Flow
from flows.operations.configure import switch_on
from flows.operations.keep_webhooks import EVERY, due_for_webhooks, keep_webhooks_of
from flows.operations.poll import poll_feed
from tests.sandboxes import ask, sandbox_server

GRAPHQL = "/admin/api/2026-07/graphql.json"
LIST = "{ webhookSubscriptions(first: 50) { nodes { id topic } } }"
FORGET = "mutation($id: ID!) { webhookSubscriptionDelete(id: $id) { userErrors { message } } }"


@pytest.fixture
def port(transactional_db: None, settings: Any) -> Iterator[int]:
    with sandbox_server() as found:
        settings.SANDBOX_URL = f"http://127.0.0.1:{found}"
        yield found


@pytest.fixture
def shop(port: int) -> Connection:
    """Two hours ago it was last seen to knock."""
    tenant = Tenant.objects.create(name="Juniper Home", slug="juniper")
    needed = ask(port, "shopify", "juniper", "connection")
    with tenant_scope(tenant):
        row = connect(
            tenant_id=tenant.pk,
            connector="shopify",
            label="Shop",
            environment="sandbox",
            **needed,
        )
        flow = Flow.objects.create(
            tenant=tenant,
            label="Order numbers",
            source=row,
            stream="orders",
            target=row,
            action="write_order_number",
        )
        switch_on(flow)
        Cursor.objects.update(due_at=timezone.now() + timedelta(hours=1))
    register_webhooks(row)
    with tenant_scope(tenant):
        long_ago = timezone.now() - 2 * EVERY
        Connection.objects.filter(pk=row.pk).update(webhooks_checked_at=long_ago)
    return row


def subscriptions(row: Connection, *, forget: str = "") -> list[str]:
    """The topics that the shop would tell; `forget` deletes one, as the vendor does."""

    def plan() -> Plan[list[str]]:
        found = (yield Request("POST", GRAPHQL, json={"query": LIST})).json()
        nodes = found["data"]["webhookSubscriptions"]["nodes"]
        for node in nodes:
            if node["topic"] == forget:
                variables = {"id": node["id"]}
                yield Request("POST", GRAPHQL, json={"query": FORGET, "variables": variables})
        return sorted(node["topic"] for node in nodes)

    return open_channel(row).client().run(plan())


def keep(row: Connection) -> list[str]:
    return keep_webhooks_of(tenant_id=row.tenant_id, connection_id=row.pk)


def due() -> set[Any]:
    with across_tenants("a test looks as the sweeper does"):
        return {pk for _, pk in due_for_webhooks(timezone.now())}


def test_it_registers_again_and_reads_what_came_in_the_gap(port: int, shop: Connection) -> None:
    all_topics = subscriptions(shop, forget="ORDERS_CREATE")
    ask(port, "shopify", "juniper", "place_order", {"lines": [{"sku": "EKM-MUG", "quantity": 1}]})
    assert due() == {shop.pk}
    assert keep(shop) == ["added orders/create"]
    assert subscriptions(shop) == all_topics
    with tenant_scope(shop.tenant_id):
        cursor = Cursor.objects.get(feed="orders")
        assert cursor.due_at <= timezone.now()
        Event.objects.all().delete()
    poll_feed(tenant_id=shop.tenant_id, cursor_id=cursor.pk)
    with tenant_scope(shop.tenant_id):
        assert Event.objects.filter(feed="orders", origin="poll").count() == 1


def test_it_looks_once_an_hour_and_disturbs_nothing(shop: Connection) -> None:
    assert keep(shop) == []
    assert due() == set()
    subscriptions(shop, forget="ORDERS_CREATE")
    assert keep(shop) == []
    with tenant_scope(shop.tenant_id):
        assert Cursor.objects.get(feed="orders").due_at > timezone.now()


def test_it_looks_after_none_that_is_not_open(shop: Connection) -> None:
    with tenant_scope(shop.tenant_id):
        Connection.objects.update(state="paused")
    assert due() == set()
    assert keep(shop) == []


def test_it_comes_back_when_the_shop_does_not_answer(shop: Connection, settings: Any) -> None:
    subscriptions(shop, forget="ORDERS_CREATE")
    settings.SANDBOX_URL, there = "http://127.0.0.1:9", settings.SANDBOX_URL
    assert keep(shop) == []
    settings.SANDBOX_URL = there
    with tenant_scope(shop.tenant_id):
        Connection.objects.update(webhooks_checked_at=timezone.now() - 2 * EVERY)
    assert keep(shop) == ["added orders/create"]


def test_it_asks_for_a_person_when_it_is_refused(port: int, shop: Connection) -> None:
    ask(port, "shopify", "juniper", "uninstall", {})
    keep(shop)
    with tenant_scope(shop.tenant_id):
        assert Connection.objects.get(pk=shop.pk).state == "needs_reauthorization"
