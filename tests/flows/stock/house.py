"""A shop, an ERP and a warehouse at the sandboxes, with flows of stock, worked by hand."""

import hashlib
import hmac
import json
from dataclasses import dataclass, field
from typing import Any

from django.test import Client
from django.utils import timezone

from connectors.models import Connection
from connectors.operations import connect
from connectors.registry import get_connector
from ekyam.tenants.models import Tenant
from ekyam.tenants.scope import tenant_scope
from flows.models import Cursor, Delivery, Event, Flow, StockLevel, Sync, SyncState
from flows.models.event import EventState
from flows.models.stock import READING
from flows.operations.configure import switch_on
from flows.operations.deliver import deliver_to
from flows.operations.poll import poll_feed
from flows.operations.route import route_events
from flows.operations.stock.finish import finish_syncs
from flows.operations.stock.plan import start_sync
from flows.operations.stock.sync import run_sync
from tests.sandboxes import ask

ACCOUNTS = {"shopify": "stock-shop", "netsuite": "TSTDRV7654321", "whiplash": "stock-3pl"}


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

    # --- What the workers would do ------------------------------------------------------------

    def work(self) -> None:
        """Until nothing is left that is due."""
        while self.read() | self.route() | self.deliver():
            pass

    def read(self) -> bool:
        """Go on with full syncs, and read what webhooks named; regular polls are `poll`'s."""
        with tenant_scope(self.tenant):
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
        item = next(one for one in self._whiplash_items() if one["sku"] == sku)
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

    def _whiplash_items(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.see("whiplash", "items")
        return found

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
