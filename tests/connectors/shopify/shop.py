"""A shop of its own for each test, with the client that is connected to it."""

from datetime import datetime
from typing import Any

import msgspec

from connectors.client import Client
from connectors.registry import get_connector
from connectors.spec import Context, Page, Position, Written
from connectors.standard import resources
from flows.mapping.records import read_record, select_record, write_body
from tests.sandboxes import ask, context_of, sandbox_client

SHOPIFY = get_connector("shopify")
TEE = {"sku": "EKM-TEE-S", "quantity": 2}
MUG = {"sku": "EKM-MUG", "quantity": 1}


class Shop:
    """A world of its own for each test, with the client that is connected to it."""

    def __init__(self, port: int, name: str) -> None:
        self.port, self.name = port, name
        self.set(rate_limit=False)
        self.client: Client = sandbox_client(port, "shopify", name)

    def ask(self, control: str, arguments: Any = None) -> Any:
        return ask(self.port, "shopify", self.name, control, arguments)

    def set(self, **settings: Any) -> None:
        self.ask("set", settings)

    def place(self, *lines: Any, **more: Any) -> str:
        return str(self.ask("place_order", {"lines": lines or [TEE, MUG], **more})["id"])

    def row(self, order_id: str) -> Any:
        return next(row for row in self.ask("ledger") if row["id"] == order_id)

    def context(self, **more: Any) -> Context:
        return context_of(self.client, **{"find_link": self.find_link, **more})

    def find_link(self, resource: str, key: str, by: str) -> str | None:
        """As the engine does: the finder looks when no link is known."""
        if by != "reference" or resource not in SHOPIFY.finders:
            return key if by == "id" and key.isdigit() else None
        found = self.client.run(SHOPIFY.finders[resource](key, context_of(self.client)))
        return found.external_id if found else None

    def poll(self, feed: str, since: datetime | None = None) -> list[Any]:
        found: list[Any] = []
        position = Position(since)
        while True:
            poll = SHOPIFY.feed(feed).poll
            assert poll is not None
            page: Page = self.client.run(poll(position, self.context()))
            found += page.records
            if not page.next_page:
                return found
            position = Position(since, page.next_page)

    def read(self, stream_name: str, feed: str) -> list[Any]:
        stream = SHOPIFY.stream(stream_name)
        found = [select_record(stream, feed, raw) for raw in self.poll(feed)]
        return [self.record(stream_name, raw) for raw in found if raw is not None]

    def record(self, stream_name: str, raw: Any) -> Any:
        """Read and checked, as the engine does before it sends anything."""
        found = read_record(SHOPIFY.stream(stream_name), raw, self.context())
        found.check()
        return found

    def order(self, *lines: Any, **more: Any) -> Any:
        """Place one and read it back."""
        self.place(*lines, **more)
        return self.read("orders", "orders")[-1]

    def act(self, name: str, record: Any, **more: Any) -> Written:
        action = SHOPIFY.action(name)
        context = self.context(**more)
        body = write_body(action, record, context)
        return self.client.run(action.plan(body, record, context))

    def find(self, name: str, record: Any, **more: Any) -> Written | None:
        action = SHOPIFY.action(name)
        assert action.find is not None
        return self.client.run(action.find(record, self.context(**more)))

    def journal(self, what: str) -> list[Any]:
        return [row for row in self.ask("history") if row["what"] == what]


def shipment(shop: Shop, order_id: str, *lines: Any, number: str = "1Z999", **more: Any) -> Any:
    """Of all lines of the order, or of these (index, quantity)."""
    sold = shop.row(order_id)["lines"]
    shipped = lines or [(place, line["quantity"]) for place, line in enumerate(sold)]
    given = {
        "id": "77001",
        "order_id": "77000",
        "order_reference": f"{shop.name}-{order_id}",
        "carrier": "UPS",
        "lines": [
            {"reference": sold[place]["id"], "sku": sold[place]["sku"], "quantity": quantity}
            for place, quantity in shipped
        ],
        "parcels": [{"tracking_number": number, "tracking_url": f"https://ups.example/{number}"}]
        if number
        else [],
        **more,
    }
    return msgspec.convert(given, resources()["shipment"], strict=False)


def erp_order(shop: Shop, order_id: str, **more: Any) -> Any:
    given = {
        "id": "884",
        "reference": f"{shop.name}-{order_id}",
        "number": "SO1042",
        "currency": "USD",
        "total": "0",
        **more,
    }
    return msgspec.convert(given, resources()["order"], strict=False)
