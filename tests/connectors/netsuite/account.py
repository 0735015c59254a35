"""A NetSuite account of a test's own, and the words for what tests do in it."""

from datetime import datetime
from typing import Any

import msgspec

from connectors.client import Client
from connectors.registry import get_connector
from connectors.spec import Context, Position, Request, Response, Written
from connectors.standard.order import Order
from connectors.standard.record import Record
from connectors.standard.shipment import Shipment
from flows.mapping.records import read_record, select_record, write_body
from tests.sandboxes import ask, context_of, sandbox_client

SLUG = "netsuite"
NETSUITE = get_connector(SLUG)
RECORDS = "/services/rest/record/v1"


class Account:
    """One world of its own, with a client and the words for what tests do in it."""

    def __init__(self, port: int, name: str) -> None:
        self.port, self.name = port, name
        self.client: Client = sandbox_client(port, SLUG, name)

    def do(self, control: str, **arguments: Any) -> Any:
        return ask(self.port, SLUG, self.name, control, arguments)

    def look(self, view: str) -> Any:
        return ask(self.port, SLUG, self.name, view)

    def rows(self, kind: str) -> list[dict[str, Any]]:
        return [row for row in self.look("ledger") if row["kind"] == kind]

    def find_sku(self, sku: str) -> str | None:
        context = context_of(self.client)
        found = self.client.run(NETSUITE.finders["variant"](sku, context))
        return found.external_id if found else None

    def context(self, reference: str, **more: Any) -> Context:
        def find_link(resource: str, key: str, by: str) -> str | None:
            if resource == "variant":
                return self.find_sku(key)
            return links.get((resource, key))

        links: dict[tuple[str, str], str] = more.pop("links", {})
        return context_of(self.client, reference=reference, find_link=find_link, **more)

    def write(self, action: str, record: Record, reference: str, **more: Any) -> Written:
        self.client.exchanges.clear()
        context = self.context(reference, **more)
        found = NETSUITE.action(action)
        body = write_body(found, record, context)
        return self.client.run(found.plan(body, record, context))

    def poll(self, feed: str, since: datetime | None = None) -> list[Any]:
        """Every page."""
        context = context_of(self.client)
        records: list[Any] = []
        position = Position(since)
        poll = NETSUITE.feed(feed).poll
        assert poll is not None
        while True:
            page = self.client.run(poll(position, context))
            records += page.records
            if not page.next_page:
                return records
            position = Position(since, page.next_page)

    def read(self, stream: str) -> list[Any]:
        declared = NETSUITE.stream(stream)
        [feed] = declared.sources
        context = context_of(self.client)
        found = (select_record(declared, feed, raw) for raw in self.poll(feed))
        return [read_record(declared, raw, context) for raw in found if raw]


ADDRESS = {
    "name": "Ada Example",
    "line1": "1 Sample Street",
    "city": "Springfield",
    "region": "IL",
    "postal_code": "62701",
    "country": "US",
    "phone": "+1 555 0100",
}


def order(number: int = 5512, **changes: Any) -> Order:
    """Two lines of one SKU, a discount, tax on top, shipping with a discount, and a tip."""
    fields: dict[str, Any] = {
        "id": str(number),
        "number": f"#{number}",
        "currency": "USD",
        "placed_at": "2026-03-01T10:00:00Z",
        "email": "ada@example.com",
        "shipping_address": ADDRESS,
        "billing_address": ADDRESS,
        "lines": [
            {
                "id": "11",
                "reference": "11",
                "sku": "EKM-TEE-S",
                "title": "Organic Tee S",
                "quantity": "2",
                "unit_price": "24.00",
                "discounts": [{"amount": "4.80"}],
                "taxes": [{"title": "IL", "amount": "3.33"}],
            },
            {
                "id": "12",
                "reference": "12",
                "sku": "EKM-TEE-S",
                "title": "Organic Tee S, gift",
                "quantity": "1",
                "unit_price": "24.00",
            },
        ],
        "shipping": [
            {
                "title": "Standard",
                "price": "7.90",
                "discounts": [{"amount": "2.00"}],
                "taxes": [{"title": "IL", "amount": "0.41"}],
            }
        ],
        "tip": "1.00",
        "total": "77.84",
        **changes,
    }
    made = msgspec.convert(fields, Order, strict=False)
    made.check()
    return made


def shipment(number: int, quantities: dict[str, int]) -> Shipment:
    lines = [{"reference": one, "quantity": str(count)} for one, count in quantities.items()]
    fields = {
        "id": f"{number}",
        "label": f"W{number}",
        "order_id": "900",
        "order_reference": "acme-shop-5512",
        "shipped_at": "2026-03-02T10:00:00Z",
        "carrier": "UPS",
        "lines": lines,
        "parcels": [{"tracking_number": f"1Z{number}", "weight": "453.59237"}],
    }
    return msgspec.convert(fields, Shipment, strict=False)


def sell(account: Account, status: str = "A", **changes: Any) -> Written:
    account.client.settings = {**account.client.settings, "new_order_status": status}
    return account.write("upsert_sales_order", order(**changes), "acme-shop-5512")


def ping(account: Account) -> Response:
    return account.client.send(Request("GET", f"{RECORDS}/customer"))


def enter_orders(account: Account, count: int) -> None:
    item = account.find_sku("EKM-MUG")
    body = {"entity": "110", "item": {"items": [{"item": item, "quantity": 1}]}}
    for _ in range(count):
        account.do("add_order", body=body)
