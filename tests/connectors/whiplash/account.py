"""A Whiplash account of a test's own, and the words for what tests do in it."""

import json
from pathlib import Path
from typing import Any

import msgspec

from connectors.client import Client
from connectors.registry import get_connector
from connectors.spec import Context, Page, Position, Response, Written
from connectors.standard import resources
from connectors.standard.record import Record
from flows.mapping.records import read_record, select_record, write_body
from tests.sandboxes import ask, context_of, sandbox_client, transport

SAMPLES = Path(__file__).parents[3] / "connectors/catalog/whiplash/samples"
WHIPLASH = get_connector("whiplash")
REFERENCE = "acme-shop-5512345678"


class Account:
    """A world of its own for each test, with the client that is connected to it."""

    def __init__(self, port: int, name: str) -> None:
        self.port, self.name = port, name
        self.client: Client = sandbox_client(port, "whiplash", name)
        self.set(rate_limit=0)

    def ask(self, control: str, arguments: Any = None) -> Any:
        return ask(self.port, "whiplash", self.name, control, arguments)

    def set(self, **settings: Any) -> None:
        self.ask("set", settings)

    def context(self, reference: str = REFERENCE, **more: Any) -> Context:
        return context_of(self.client, reference=reference, **more)

    def create(self, record: Record | None = None, reference: str = REFERENCE) -> Written:
        action = WHIPLASH.action("create_order")
        record = record or request_record()
        context = self.context(reference)
        return self.client.run(action.plan(write_body(action, record, context), record, context))

    def act(self, name: str, reference: str = REFERENCE, **more: Any) -> Written:
        action = WHIPLASH.action(name)
        record, context = request_record(), self.context(reference, **more)
        return self.client.run(action.plan(write_body(action, record, context), record, context))

    def find(self, name: str, reference: str = REFERENCE) -> Written | None:
        action = WHIPLASH.action(name)
        assert action.find is not None
        return self.client.run(action.find(request_record(), self.context(reference)))

    def poll(self, feed: str, position: Position | None = None) -> list[Any]:
        found: list[Any] = []
        position = position or Position()
        while True:
            poll = WHIPLASH.feed(feed).poll
            assert poll is not None
            page: Page = self.client.run(poll(position, self.context()))
            found += page.records
            if not page.next_page:
                return found
            position = Position(position.since, page.next_page)

    def read(self, stream_name: str) -> list[Any]:
        stream = WHIPLASH.stream(stream_name)
        feed = next(iter(stream.sources))
        found = [select_record(stream, feed, raw) for raw in self.poll(feed)]
        return [read_record(stream, raw, self.context()) for raw in found if raw is not None]

    def orders(self) -> list[Any]:
        return [row for row in self.ask("ledger") if row["kind"] == "order"]

    def item(self, sku: str) -> Any:
        return next(row for row in self.ask("ledger") if row["label"] == sku)


def request_record(**changes: Any) -> Any:
    return msgspec.convert(
        {**sample("create_order.record.json"), **changes}, resources()["shipment_request"]
    )


def sample(name: str) -> Any:
    return json.loads((SAMPLES / name).read_text())


def raw(account: Account, method: str, path: str, body: Any = None) -> Response:
    """A request past the client, as anybody with the token can send it."""
    token = account.client.credentials["access_token"]
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
    content = json.dumps(body).encode() if body is not None else b""
    url = f"{account.client.base_url}/api/v2{path}"
    return transport(method, url, headers, content, 10)
