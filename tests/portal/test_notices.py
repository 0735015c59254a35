"""What a shop tells of its people and of our access: through the hook, the router and Home."""

import base64
import hashlib
import hmac
import json
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.test import Client

from connectors.credentials import seal_credentials
from connectors.models import Connection
from ekyam.tenants.scope import tenant_scope
from flows.models import (
    Attempt,
    BulkAct,
    BulkState,
    Deed,
    Delivery,
    Event,
    Fact,
    ShadowDifference,
    ShadowRun,
)
from flows.operations.mend.paths import Change, changes_of, keep_changes
from flows.operations.receive import receive_again
from flows.operations.redact import GONE
from flows.operations.route import route_events
from flows.personal import blank
from tests.portal.build import ordered, standard_order
from tests.portal.conftest import Side

SECRET = "not-a-secret-of-this-test"
EMAIL = "buyer1001@shopper.example"
PERSON = {"id": 7, "email": EMAIL, "phone": "+12065550100"}


@pytest.fixture
def shop(here: Side) -> Connection:
    row = here.shop.connections["shopify"]
    with tenant_scope(here.company.tenant):
        seal_credentials(row, {"client_secret": SECRET})
        row.save()
    return row


def knock(row: Connection, topic: str, body: Any, *, secret: str = SECRET, key: str = "1") -> int:
    raw = json.dumps(body).encode()
    signed = base64.b64encode(hmac.new(secret.encode(), raw, hashlib.sha256).digest()).decode()
    headers = {
        "X-Shopify-Topic": topic,
        "X-Shopify-Hmac-Sha256": signed,
        "X-Shopify-Webhook-Id": f"{topic}-{key}",
    }
    answer = Client().post(
        f"/hooks/{row.public_id}", raw, content_type="application/json", headers=headers
    )
    return answer.status_code


def tell(side: Side, row: Connection, topic: str, body: Any) -> Event:
    assert knock(row, topic, body) == 200
    route_events(tenant_id=side.company.tenant.pk, connection_id=row.pk)
    with tenant_scope(side.company.tenant):
        return Event.objects.get(topic=topic)


def everything(side: Side) -> str:
    """All that the company's rows hold, as one text."""
    with tenant_scope(side.company.tenant):
        parts: list[Any] = [bytes(one.body).decode() for one in Event.objects.all()]
        parts += Delivery.objects.values_list("standard", flat=True)
        parts += Attempt.objects.values_list("exchanges", flat=True)
    return json.dumps(parts)


@pytest.mark.parametrize(
    "topic", ["customers/data_request", "customers/redact", "shop/redact", "app/uninstalled"]
)
def test_it_refuses_what_is_not_signed(here: Side, shop: Connection, topic: str) -> None:
    assert knock(shop, topic, {"customer": PERSON}, secret="another") == 401
    with tenant_scope(here.company.tenant):
        assert not Event.objects.filter(topic=topic).exists()


def test_it_asks_a_person_for_the_data_of_a_shopper(
    owner: Client, viewer: Client, here: Side, shop: Connection
) -> None:
    event = tell(here, shop, "customers/data_request", {"customer": PERSON})
    assert "customers/data_request" in owner.get("/").content.decode()
    done = f"/events/{event.public_id}/done/"
    assert done not in viewer.get("/").content.decode()
    assert done in owner.get("/").content.decode()
    owner.post(done)
    assert "customers/data_request" not in owner.get("/").content.decode()
    with tenant_scope(here.company.tenant):
        assert "owner@juniper.example" in Event.objects.get(pk=event.pk).note


def redaction(*orders: int) -> dict[str, Any]:
    return {"shop_id": 1, "customer": PERSON, "orders_to_redact": list(orders)}


def test_it_blanks_one_shopper_and_no_other(here: Side, shop: Connection) -> None:
    with tenant_scope(here.company.tenant):
        stray = here.shop.event("shopify", "orders/updated", here.shop.now, {"contact": EMAIL})
    assert EMAIL in everything(here)
    event = tell(here, shop, "customers/redact", redaction(551001))
    text = everything(here)
    assert EMAIL not in text and str(PERSON["phone"]) not in text
    assert "buyer1002@shopper.example" in text
    assert "118.00" in text and "551001" in text
    assert "were blanked" in event.note
    with tenant_scope(here.company.tenant):
        assert json.loads(bytes(Event.objects.get(pk=stray.pk).body)) == {"contact": ""}


def test_it_blanks_once_and_changes_nothing_the_second_time(here: Side, shop: Connection) -> None:
    event = tell(here, shop, "customers/redact", redaction(551001))
    before = everything(here)
    with tenant_scope(here.company.tenant):
        again = receive_again(event=event)
    route_events(tenant_id=here.company.tenant.pk, connection_id=shop.pk)
    with tenant_scope(here.company.tenant):
        assert "in 0 rows" in Event.objects.get(pk=again.pk).note
        Event.objects.filter(pk=again.pk).delete()
    assert everything(here) == before


def test_it_forgets_what_was_set_in_many_letters_at_once(here: Side, shop: Connection) -> None:
    changes = [Change("email", EMAIL), Change("phone", None)]
    with tenant_scope(here.company.tenant):
        for state in (BulkState.DONE, BulkState.RUNNING):
            BulkAct.objects.create(
                tenant=here.company.tenant,
                token=uuid4(),
                deed=Deed.SET,
                cause=uuid4(),
                change=keep_changes(changes),
                until=here.shop.now,
                state=state,
            )
    tell(here, shop, "customers/redact", redaction(551001))
    with tenant_scope(here.company.tenant):
        done, running = (
            changes_of(BulkAct.objects.get(state=state).change)
            for state in (BulkState.DONE, BulkState.RUNNING)
        )
    assert done == [Change("email", GONE), Change("phone", None)] and running == changes


def test_it_forgets_what_shadow_runs_found_of_them(here: Side, shop: Connection) -> None:
    with tenant_scope(here.company.tenant):
        theirs, others = (
            Delivery.objects.filter(record__label=order, flow__isnull=False)[0]
            for order in ("#1001", "#1002")
        )
        assert theirs.flow is not None
        run = ShadowRun.objects.create(
            tenant=here.company.tenant,
            flow=theirs.flow,
            since=here.shop.now - timedelta(days=1),
            until=here.shop.now,
        )
        for one in (theirs, others):
            change = {"path": "email", "old": EMAIL, "new": ""}
            ShadowDifference.objects.create(
                tenant=run.tenant, run=run, event=one.event, kind="changed", changes=[change]
            )
    tell(here, shop, "customers/redact", redaction(551001))
    with tenant_scope(here.company.tenant):
        assert [one.event_id for one in run.differences.all()] == [others.event_id]


def test_it_sends_no_blanked_record(here: Side, shop: Connection) -> None:
    tell(here, shop, "customers/redact", redaction(551002, 551003))
    with tenant_scope(here.company.tenant):
        for delivery in (here.dead, here.parked):
            row = Delivery.objects.get(pk=delivery.pk)
            assert row.state == "cancelled" and "erased" in row.note


def test_it_blanks_all_shoppers_of_a_shop(here: Side, there: Side, shop: Connection) -> None:
    tell(here, shop, "shop/redact", {"shop_id": 1})
    assert "@shopper.example" not in everything(here)
    assert "@shopper.example" in everything(there)


def test_it_blanks_people_and_leaves_the_rest() -> None:
    order = standard_order("1001", EMAIL) | {
        "note": f"Call {EMAIL}",
        "tags": ["vip", EMAIL],
        "shipping_address": {"name": "A. Person", "postal_code": "411001", "country": "IN"},
        "customer": {"id": "7", "first_name": "A.", "addresses": [{"line1": "12 MG Road"}]},
    }
    found = blank(order, [EMAIL])
    assert found["email"] == found["note"] == "" and found["tags"] == ["vip", ""]
    assert set(found["shipping_address"].values()) == {""}
    assert found["customer"] == {"id": "7", "first_name": "", "addresses": [{"line1": ""}]}
    assert found["lines"] == order["lines"] and found["total"] == order["total"]


def test_it_blanks_the_flat_columns_of_other_vendors() -> None:
    row = {"shipping_name": "A.", "shipping_zip": "4", "shipaddress": "x", "phone": 12, "sku": "T"}
    blanked = {"shipping_name": "", "shipping_zip": "", "shipaddress": "", "phone": None}
    assert blank(row) == {**blanked, "sku": "T"}


def test_it_stops_when_the_app_is_uninstalled(owner: Client, here: Side, shop: Connection) -> None:
    tell(here, shop, "app/uninstalled", {"id": 1})
    with tenant_scope(here.company.tenant):
        row = Connection.objects.get(pk=shop.pk)
        assert row.state == "needs_reauthorization" and "app/uninstalled" in row.state_reason
        assert Fact.objects.filter(kind="connection.down").count() == 1
        attempts = Attempt.objects.filter(delivery__target=row).count()
    route_events(tenant_id=here.company.tenant.pk, connection_id=shop.pk)
    with tenant_scope(here.company.tenant):
        assert Attempt.objects.filter(delivery__target=row).count() == attempts
    text = owner.get("/").content.decode()
    assert "access was taken from Ekyam" in text and "1 delivery waits" in text
    assert "1 delivery waits for it." in owner.get("/connections/").content.decode()


def test_it_does_not_heed_an_uninstall_older_than_the_authorisation(
    here: Side, shop: Connection
) -> None:
    with tenant_scope(here.company.tenant):
        event = here.shop.event("shopify", "app/uninstalled", here.shop.now)
        event.sent_at, event.state = here.shop.now - timedelta(hours=1), "received"
        event.save()
    route_events(tenant_id=here.company.tenant.pk, connection_id=shop.pk)
    with tenant_scope(here.company.tenant):
        assert Connection.objects.get(pk=shop.pk).state == "active"


def test_it_blanks_an_order_that_came_in_the_same_batch(here: Side, shop: Connection) -> None:
    with tenant_scope(here.company.tenant):
        _, event = ordered(here.shop, "1009", ago=timedelta(seconds=5))
        Event.objects.filter(pk=event.pk).update(state="received")
    tell(here, shop, "customers/redact", redaction(551009))
    assert "buyer1009@shopper.example" not in everything(here)
