"""A shop, an ERP and a warehouse at the sandboxes, with flows of stock, worked by hand."""

import base64
import hashlib
import hmac
import json
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import uuid4

from django.test import Client
from django.utils import timezone

from connectors.models import Connection
from connectors.operations import connect
from connectors.registry import get_connector
from ekyam.tenants.models import Tenant
from ekyam.tenants.scope import tenant_scope
from flows.models import (
    Cursor,
    Delivery,
    Event,
    Flow,
    Link,
    LookupRow,
    Reservation,
    StockLevel,
    StockLocation,
    Sync,
    SyncState,
)
from flows.models.event import EventState, Origin
from flows.models.stock import READING
from flows.operations.configure import switch_on
from flows.operations.deliver import deliver_to
from flows.operations.poll import poll_feed
from flows.operations.receive import receive_records
from flows.operations.route import route_events
from flows.operations.stock.finish import finish_syncs
from flows.operations.stock.offers import locations_table
from flows.operations.stock.plan import start_sync
from flows.operations.stock.sync import run_sync
from tests.sandboxes import ask

ACCOUNTS = {"shopify": "stock-shop", "netsuite": "tstdrv7654321", "whiplash": "stock-3pl"}


@dataclass
class House:
    tenant: Tenant
    port: int
    connections: dict[str, Connection] = field(default_factory=dict)

    @property
    def shop(self) -> Connection:
        return self.connections["shopify"]

    @property
    def warehouse(self) -> Connection:
        return self.connections["whiplash"]

    def add(self, slug: str, **settings: Any) -> Connection:
        needed = ask(self.port, slug, ACCOUNTS[slug], "connection")
        with tenant_scope(self.tenant):
            self.connections[slug] = connect(
                tenant_id=self.tenant.pk,
                connector=slug,
                label=get_connector(slug).label,
                environment="sandbox",
                auth=needed["auth"],
                settings={**needed["settings"], "per_second": 0, **settings},
                credentials=needed["credentials"],
            )
        return self.connections[slug]

    def flow(self, source: str, stream: str, target: str, action: str) -> Flow:
        with tenant_scope(self.tenant):
            return Flow.objects.create(
                tenant=self.tenant,
                label=stream,
                source=self.connections[source],
                stream=stream,
                target=self.connections[target],
                action=action,
            )

    def switch_on(self, flow: Flow) -> None:
        with tenant_scope(self.tenant):
            switch_on(Flow.objects.select_related("source", "target").get(pk=flow.pk))

    def place(self, flow: Flow, key: str, label: str) -> None:
        """Offer the source's place `key` at the shop's location of this name."""
        with tenant_scope(self.tenant):
            there = StockLocation.objects.get(connection=self.shop, label=label)
            LookupRow.objects.create(
                tenant=self.tenant, table=locations_table(flow), key=key, value=there.external_id
            )

    # --- What the workers would do ------------------------------------------------------------

    def work(self) -> None:
        """Until nothing is left that is due."""
        while self.read() | self.route() | self.deliver():
            pass

    def read(self) -> bool:
        """Go on with full syncs, and read what webhooks named; regular polls are `poll`'s."""
        with tenant_scope(self.tenant):
            Sync.objects.filter(failures=0).update(due_at=timezone.now())
            syncs = list(Sync.objects.filter(state__in=READING, due_at__lte=timezone.now()))
            cursors = list(Cursor.objects.exclude(asked=[]))
        for sync in syncs:
            run_sync(tenant_id=self.tenant.pk, sync_id=sync.pk)
        for cursor in cursors:
            poll_feed(tenant_id=self.tenant.pk, cursor_id=cursor.pk)
        return bool(syncs or cursors)

    def poll(self, slug: str, feed: str) -> None:
        with tenant_scope(self.tenant):
            cursor = Cursor.objects.get(connection=self.connections[slug], feed=feed)
            Cursor.objects.filter(pk=cursor.pk).update(due_at=timezone.now())
        poll_feed(tenant_id=self.tenant.pk, cursor_id=cursor.pk)

    def route(self) -> bool:
        with tenant_scope(self.tenant):
            waiting = Event.objects.filter(state=EventState.RECEIVED)
            found = set(waiting.values_list("connection_id", flat=True))
        for connection_id in found:
            route_events(tenant_id=self.tenant.pk, connection_id=connection_id)
        return bool(found)

    def deliver(self) -> bool:
        with tenant_scope(self.tenant):
            due = Delivery.objects.filter(
                state__in=("pending", "retrying", "in_doubt"),
                due_at__lte=timezone.now(),
                flow__is_on=True,
            )
            found = set(due.values_list("target_id", flat=True))
        for target_id in found:
            deliver_to(tenant_id=self.tenant.pk, target_id=target_id)
        return bool(found)

    def make_due(self) -> None:
        """As if the time until the next try had passed."""
        with tenant_scope(self.tenant):
            Delivery.objects.filter(state__in=("pending", "retrying", "in_doubt")).update(
                due_at="2020-01-01T00:00:00Z"
            )
            Sync.objects.update(due_at="2020-01-01T00:00:00Z")

    def sync(self, flow: Flow, **options: Any) -> Sync:
        """A whole one, from its beginning to its end."""
        with tenant_scope(self.tenant):
            fresh = Flow.objects.select_related("source", "target").get(pk=flow.pk)
            sync = start_sync(fresh, asked_by="a test", **options)
        assert sync is not None
        self.work()
        return self.settled(sync)

    def settled(self, sync: Sync) -> Sync:
        with tenant_scope(self.tenant):
            finish_syncs(list(Sync.objects.filter(state=SyncState.WRITING)))
            return Sync.objects.select_related("flow__source", "flow__target").get(pk=sync.pk)

    # --- What the vendors' people would do, and what they see --------------------------------

    def tell(self, slug: str, name: str, **arguments: Any) -> Any:
        return ask(self.port, slug, ACCOUNTS[slug], name, arguments)

    def see(self, slug: str, view: str) -> Any:
        return ask(self.port, slug, ACCOUNTS[slug], view)

    def whiplash_says(self, client: Client, event: str, sku: str) -> None:
        """The warehouse's own webhook, that an item's stock has changed."""
        with tenant_scope(self.tenant):
            row = StockLevel.objects.filter(connection=self.warehouse, sku=sku).first()
        assert row is not None
        item = {"id": int(row.item_id), "sku": sku, "updated_at": timezone.now().isoformat()}
        body = json.dumps({"item": item, "event_name": event}).encode()
        secret = ask(self.port, "whiplash", ACCOUNTS["whiplash"], "connection")["credentials"]
        key = secret["client_secret"].encode()
        signature = hmac.new(key, body, hashlib.sha256).hexdigest()
        answer = client.post(
            f"/hooks/{self.warehouse.public_id}",
            body,
            content_type="application/json",
            headers={"X-WHIPLASH-SIGNATURE": signature},
        )
        assert answer.status_code == 200, answer.content

    def post_shopify(
        self, client: Client, topic: str, payload: Any, at: datetime | None = None
    ) -> None:
        """One of the shop's webhooks, signed; triggered at that time, or just now."""
        body = json.dumps(payload).encode()
        needed = ask(self.port, "shopify", ACCOUNTS["shopify"], "connection")["credentials"]
        digest = hmac.new(needed["client_secret"].encode(), body, hashlib.sha256).digest()
        answer = client.post(
            f"/hooks/{self.shop.public_id}",
            body,
            content_type="application/json",
            headers={
                "X-Shopify-Topic": topic,
                "X-Shopify-Hmac-Sha256": base64.b64encode(digest).decode(),
                "X-Shopify-Webhook-Id": uuid4().hex,
                "X-Shopify-Triggered-At": (at or timezone.now()).isoformat(),
            },
        )
        assert answer.status_code == 200, answer.content

    def shop_says(self, client: Client, sku: str) -> None:
        """The shop's webhook of a level, as it is now."""
        self.post_shopify(client, "inventory_levels/update", self.level_payload(sku))

    def order(self, client: Client, sku: str, quantity: int) -> None:
        """An order is placed; it is read, and the shop tells what is left."""
        self.tell("shopify", "place_order", lines=[{"sku": sku, "quantity": quantity}])
        self.poll("shopify", "orders")
        self.shop_says(client, sku)

    def land(self, number: str) -> None:
        """The warehouse has the one order that is kept, as this number of its own."""
        with tenant_scope(self.tenant):
            (kept,) = Reservation.objects.all()
            Link.objects.create(
                tenant=self.tenant,
                record=kept.record,
                connection=self.warehouse,
                resource="order",
                external_id=number,
            )

    def held(self, *skus: str) -> dict[str, int]:
        """What the shop itself says."""
        found: dict[str, int] = self.tell("shopify", "levels", skus=list(skus))
        return found

    def level_payload(self, sku: str) -> dict[str, Any]:
        """The body of inventory_levels/update, with what the shop holds now."""
        with tenant_scope(self.tenant):
            row = StockLevel.objects.get(connection=self.shop, sku=sku)
        available = self.tell("shopify", "levels", skus=[sku])[sku]
        item, location = row.external_id.split("-")
        return {
            "inventory_item_id": int(item),
            "location_id": int(location),
            "available": available,
            "updated_at": timezone.now().strftime("%Y-%m-%dT%H:%M:%SZ"),
            "admin_graphql_api_id": f"gid://shopify/InventoryLevel/{location}"
            f"?inventory_item_id={item}",
        }

    def take_in(self, slug: str, feed: str, record: Any) -> None:
        """As if a poll had read this record."""
        with tenant_scope(self.tenant):
            receive_records(
                connection=self.connections[slug],
                feed=feed,
                records=[(uuid4().hex, json.dumps(record).encode())],
                origin=Origin.POLL,
                at=timezone.now(),
                told_at=timezone.now(),
            )

    # --- What Ekyam knows ------------------------------------------------------------------------

    def deliveries(self, **wanted: Any) -> list[Delivery]:
        with tenant_scope(self.tenant):
            rows = Delivery.objects.filter(**wanted).order_by("sequence")
            return list(rows.prefetch_related("attempts"))

    def stock(self, **wanted: Any) -> list[Delivery]:
        return self.deliveries(action="set_inventory_quantities", **wanted)

    def known(self, slug: str) -> dict[str, int | None]:
        with tenant_scope(self.tenant):
            rows = StockLevel.objects.filter(connection=self.connections[slug], is_gone=False)
            return dict(rows.values_list("sku", "available"))
