"""What Whiplash sends and is sent, beside the standard record."""

import json
from pathlib import Path

import msgspec
import pytest

from connectors.client import classify
from connectors.errors import (
    Failure,
)
from connectors.signatures import sign_sha256
from connectors.spec import Context, Request, Response
from connectors.standard import resources
from flows.mapping.records import read_record, select_record, write_body
from tests.connectors.whiplash.account import (
    REFERENCE,
    SAMPLES,
    WHIPLASH,
    sample,
)


@pytest.mark.parametrize(
    "name",
    [
        "shipments",
        "cancelled_orders",
        "cancelled_sales_orders",
        "returns",
        "inventory_levels",
        "inventory_totals",
        "inventory_adjustments",
    ],
)
def test_it_reads_each_sample_into_its_standard_record(name: str) -> None:
    stream = WHIPLASH.stream(name)
    feed = next(iter(stream.sources))
    raw = select_record(stream, feed, sample(f"{name}.json"))
    record = read_record(stream, raw, Context(settings={"location": "1"}))
    assert json.loads(msgspec.json.encode(record)) == sample(f"{name}.standard.json")


@pytest.mark.parametrize("name", ["create_order", "cancel_order", "pause_order", "release_order"])
def test_it_writes_each_sample_into_its_body(name: str) -> None:
    action = WHIPLASH.action(name)
    kind = resources()[action.resource]
    record = msgspec.convert(sample(f"{name}.record.json"), kind)
    context = Context(settings={}, reference=REFERENCE)
    assert write_body(action, record, context) == sample(f"{name}.body.json")


@pytest.mark.parametrize("path", sorted(SAMPLES.glob("error_*.json")), ids=lambda path: path.stem)
def test_it_understands_each_error(path: Path) -> None:
    case = json.loads(path.read_text())
    asked = case.get("request", {})
    request = Request(asked.get("method", "GET"), asked.get("path", "/api/v2/orders"))
    body = case["body"] if isinstance(case["body"], str) else json.dumps(case["body"])
    failure = classify(WHIPLASH, request, Response(case["status"], case["headers"], body.encode()))
    assert isinstance(failure, Failure) and failure.code == case["failure"]


def test_it_signs_as_the_vendor_does() -> None:
    body = b'{"event_name":"order.shipped"}'
    signature = sign_sha256("fake-secret", body, "hex")
    webhooks = WHIPLASH.webhooks
    assert webhooks is not None
    headers = {"x-whiplash-signature": signature}
    assert webhooks.verify(headers, body, {"client_secret": "fake-secret"})
    assert not webhooks.verify(headers, body, {"client_secret": "another"})
