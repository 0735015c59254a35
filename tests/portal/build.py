"""A company with three systems, the flows between them, and orders in every state."""

import json
import secrets
import uuid
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import msgspec
from django.utils import timezone

from connectors.models import Connection
from connectors.registry import get_connector
from connectors.standard import resources
from ekyam import ids
from ekyam.tenants.models import Tenant
from flows.models import Attempt, Delivery, Event, Flow, Link, Record, Run
from flows.operations.configure import apply_recipe
from flows.operations.search_keys import keep_search_keys
from flows.recipes import all_recipes
from flows.states import State
from flows.waits import for_release, for_row

SLUGS = {"shopify": "Shopify", "netsuite": "NetSuite", "whiplash": "Whiplash"}


def id_at(at: datetime) -> uuid.UUID:
    """An id as it would have been given at that moment."""
    return uuid.UUID(int=ids.floor(at).int | secrets.randbits(62))


@dataclass
class Shop:
    """Call its methods inside the tenant's scope."""

    tenant: Tenant
    now: datetime = field(default_factory=timezone.now)
    connections: dict[str, Connection] = field(default_factory=dict)
    flows: list[Flow] = field(default_factory=list)

    def open(self) -> "Shop":
        """The three systems, and the flows of the recipe, all of them on."""
        for slug, label in SLUGS.items():
            self.connections[slug] = Connection.objects.create(
                tenant=self.tenant,
                connector=slug,
                label=label,
                environment="sandbox",
                auth=get_connector(slug).auth[0].name,
                settings={},
                account=f"{self.tenant.slug}-{slug}",
                checked_at=self.now,
            )
        recipe = all_recipes()["shopify_netsuite_whiplash"]
        apply_recipe(recipe, self.connections)
        self.flows = list(Flow.objects.select_related("source", "target"))
        for flow in self.flows:
            flow.is_on, flow.switched_at = True, self.now - timedelta(days=30)
        Flow.objects.bulk_update(self.flows, ["is_on", "switched_at"])
        return self

    def flow(self, label: str) -> Flow:
        return next(flow for flow in self.flows if flow.label == label)

    def record(
        self, label: str, *, resource: str = "order", parent: Record | None = None
    ) -> Record:
        return Record.objects.create(
            id=ids.new(),
            tenant=self.tenant,
            resource=resource,
            reference=f"shopify:{self.tenant.slug}:{resource}:{label.strip('#')}",
            label=label,
            parent=parent,
        )

    def link(self, record: Record, slug: str, external_id: str, label: str = "") -> Link:
        return Link.objects.create(
            tenant=self.tenant,
            record=record,
            connection=self.connections[slug],
            resource=record.resource,
            external_id=external_id,
            label=label,
        )

    def event(self, slug: str, topic: str, at: datetime, body: Any = None) -> Event:
        return Event.objects.create(
            id=id_at(at),
            tenant=self.tenant,
            connection=self.connections[slug],
            origin="webhook",
            topic=topic,
            delivery_key=str(ids.new()),
            headers={"content-type": "application/json", "x-topic": topic},
            body=json.dumps(body or {"id": 1, "note": topic}).encode(),
            received_at=at,
            state="routed",
        )

    def run(self, flow: Flow, at: datetime, *, failure: str = "") -> Run:
        return Run.objects.create(
            tenant=self.tenant,
            connection=flow.source,
            flow=flow,
            origin="webhook",
            started_at=at,
            finished_at=at + timedelta(milliseconds=180),
            records=1,
            deliveries=1,
            failure=failure,
        )

    def delivery(
        self,
        flow: Flow,
        event: Event,
        record: Record | None,
        *,
        state: State = State.SUCCEEDED,
        after: timedelta = timedelta(seconds=1.3),
        run: Run | None = None,
        **more: Any,
    ) -> Delivery:
        at = event.received_at
        is_ended = state in (State.SUCCEEDED, State.UNCHANGED, State.DEAD, State.CANCELLED)
        values: dict[str, Any] = {
            "external_id": f"gid-{secrets.token_hex(4)}",
            "source_version": str(ids.new()),
            "due_at": at,
            "received_at": at,
            "created_at": at + timedelta(milliseconds=120),
            "finished_at": at + after if is_ended else None,
            "parked_at": at + after if state == State.PARKED else None,
        }
        if record is not None and more.get("standard"):
            kind = resources()[flow.stream_spec.resource]
            with suppress(msgspec.ValidationError):
                said = msgspec.convert(more["standard"], kind, strict=False)
                keep_search_keys([(record, said)])
        return Delivery.objects.create(
            id=id_at(at),
            tenant=self.tenant,
            flow=flow,
            run=run,
            event=event,
            record=record,
            root_id=(record.parent_id or record.pk) if record else None,
            target=flow.target,
            action=flow.action,
            state=state,
            **{**values, **more},
        )

    def attempt(
        self, delivery: Delivery, *, number: int = 1, outcome: str = "succeeded", status: int = 200
    ) -> Attempt:
        assert delivery.target is not None
        address = f"https://{delivery.target.connector}.example/api/{delivery.action}"
        exchange = {
            "method": "POST",
            "url": address,
            "sent": json.dumps({"reference": delivery.external_id, "total": "118.00"}),
            "writes": True,
            "at": delivery.received_at.isoformat(),
            "duration_ms": 412.0,
            "status": status,
            "headers": {"content-type": "application/json"},
            "answer": json.dumps({"ok": status < 400, "message": delivery.reason}),
        }
        return Attempt.objects.create(
            tenant=self.tenant,
            delivery=delivery,
            number=number,
            started_at=delivery.received_at + timedelta(seconds=number),
            duration_ms=431.5,
            outcome=outcome,
            reason=delivery.reason,
            exchanges=[exchange],
        )


def standard_order(number: str, email: str) -> dict[str, Any]:
    """An order as it is stored, whose sum holds: 2 x 50 - 10 + 18 + 10 = 118."""
    return {
        "id": f"55{number}",
        "label": f"#{number}",
        "number": f"#{number}",
        "status": "open",
        "currency": "INR",
        "email": email,
        "lines": [
            {
                "id": "1",
                "reference": "L1",
                "sku": "JH-LAMP-01",
                "title": "Reading lamp, brass",
                "quantity": "2",
                "unit_price": "50.00",
                "discounts": [{"amount": "10.00", "code": "WELCOME"}],
                "taxes": [{"title": "IGST", "amount": "18.00", "rate": "0.18"}],
            }
        ],
        "shipping": [{"title": "Standard", "price": "10.00"}],
        "total": "118.00",
    }


def warehouse_order(number: str) -> dict[str, Any]:
    """An approved order as it is stored, on its way to the warehouse."""
    return {
        "id": f"90{number}",
        "number": f"SO{number}",
        "order_id": f"90{number}",
        "lines": [{"id": "1", "reference": "L1", "sku": "JH-LAMP-01", "quantity": "2"}],
        "shipping_address": {"line1": "12 MG Road", "city": "Pune", "country": "IN"},
    }


def ordered(shop: Shop, number: str, *, ago: timedelta) -> tuple[Record, Event]:
    """An order that came from the shop and was written into the ERP."""
    at = shop.now - ago
    record = shop.record(f"#{number}")
    email = f"buyer{number}@shopper.example"
    event = shop.event("shopify", "orders/create", at, {"id": int(f"55{number}"), "email": email})
    shop.link(record, "shopify", f"55{number}", f"#{number}")
    shop.link(record, "netsuite", f"90{number}", f"SO{number}")
    run = shop.run(shop.flow("Orders"), at)
    done = shop.delivery(
        shop.flow("Orders"),
        event,
        record,
        run=run,
        standard=standard_order(number, email),
        result_id=f"90{number}",
        result_label=f"SO{number}",
        attempts_made=1,
    )
    shop.attempt(done)
    return record, event


def shipped(shop: Shop, number: str, *, ago: timedelta = timedelta(hours=3)) -> Record:
    """All the way: at the warehouse, shipped, and fulfilled in the shop and the ERP."""
    record, _ = ordered(shop, number, ago=ago)
    approved = shop.event("netsuite", "salesorder", shop.now - ago + timedelta(minutes=4))
    shop.link(record, "whiplash", f"77{number}", f"W{number}")
    shop.attempt(
        shop.delivery(
            shop.flow("Shipment Sync"),
            approved,
            record,
            standard=warehouse_order(number),
            result_id=f"77{number}",
            attempts_made=1,
        )
    )
    shipment = shop.record(f"SHIP-{number}", resource="shipment", parent=record)
    left = shop.event("whiplash", "order.shipped", shop.now - ago / 4)
    standard = {
        "id": f"88{number}",
        "order_id": f"77{number}",
        "shipped_at": (shop.now - ago / 4).isoformat(),
        "lines": [{"reference": "L1", "quantity": "2"}],
        "parcels": [{"tracking_number": f"TRK{number}", "carrier": "Delhivery"}],
    }
    shop.link(shipment, "whiplash", f"88{number}")
    for label in ("Item fulfilments", "Fulfilments"):
        done = shop.delivery(shop.flow(label), left, shipment, standard=standard)
        shop.attempt(done)
    return record


def refused(shop: Shop, number: str, *, ago: timedelta = timedelta(hours=1)) -> Delivery:
    """Stuck on its way to the warehouse."""
    record, _ = ordered(shop, number, ago=ago)
    approved = shop.event("netsuite", "salesorder", shop.now - ago + timedelta(minutes=4))
    dead = shop.delivery(
        shop.flow("Shipment Sync"),
        approved,
        record,
        state=State.DEAD,
        standard=warehouse_order(number),
        failure="rejected",
        reason="Whiplash rejects the postcode: it needs six digits.",
        blame="tenant",
        attempts_made=1,
    )
    shop.attempt(dead, outcome="rejected", status=422)
    return dead


def waiting(shop: Shop, number: str, *, ago: timedelta = timedelta(minutes=30)) -> Delivery:
    """Parked: the warehouse does not know the product yet."""
    record, _ = ordered(shop, number, ago=ago)
    approved = shop.event("netsuite", "salesorder", shop.now - ago + timedelta(minutes=1))
    return shop.delivery(
        shop.flow("Shipment Sync"),
        approved,
        record,
        state=State.PARKED,
        failure="missing_link",
        reason="The product JH-SHADE-02 is not known in the target system yet.",
        blame="nobody",
        waits_for="link:example",
        parked_at=shop.now - ago,
    )


def retried(shop: Shop, number: str, *, ago: timedelta = timedelta(minutes=6)) -> Delivery:
    """The ERP took it; the shop does not answer, and is asked again soon."""
    record, event = ordered(shop, number, ago=ago)
    late = shop.delivery(
        shop.flow("Order numbers"),
        event,
        record,
        state=State.RETRYING,
        failure="unreachable",
        reason="Shopify did not answer within 30 seconds.",
        blame="remote",
        attempts_made=2,
        due_at=shop.now + timedelta(minutes=2),
    )
    shop.attempt(late, number=1, outcome="unreachable", status=503)
    shop.attempt(late, number=2, outcome="unreachable", status=503)
    return late


def hold(delivery: Delivery, rule: str = "Large", reason: str = "Above 500") -> Delivery:
    """As a rule does."""
    delivery.state, delivery.waits_for, delivery.reason = State.PARKED, for_release(rule), reason
    delivery.save()
    return delivery


def lack_row(delivery: Delivery, table: str, key: str) -> Delivery:
    delivery.state, delivery.waits_for = State.PARKED, for_row(table, key)
    delivery.reason = f"«{key}» has no row in the table {table}."
    delivery.save()
    return delivery
