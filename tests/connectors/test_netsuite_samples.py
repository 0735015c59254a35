"""Each sample reads, writes or fails as it says beside it."""

import dataclasses
import json
from pathlib import Path
from typing import Any

import msgspec
import pytest

from connectors.client import classify
from connectors.errors import (
    Failure,
)
from connectors.spec import Context, Request, Response
from connectors.standard import resources
from flows.mapping.records import read_record, select_record, write_body
from tests.connectors.netsuite_account import (
    NETSUITE,
)

SAMPLES = Path(__file__).parents[2] / "connectors/catalog/netsuite/samples"


def sample(name: str) -> Any:
    return json.loads((SAMPLES / name).read_text())


def sample_context() -> Context:
    known = sample("context.json")

    def find_link(resource: str, key: str, by: str) -> str | None:
        found: str | None = known["links"].get(resource, {}).get(key)
        return found

    return Context(settings=known["settings"], reference=known["reference"], find_link=find_link)


@pytest.mark.parametrize("name", [stream.name for stream in NETSUITE.streams])
def test_it_reads_each_sample_into_its_standard_record(name: str) -> None:
    stream = NETSUITE.stream(name)
    found = select_record(stream, next(iter(stream.sources)), sample(f"{name}.json"))
    record = read_record(stream, found, sample_context())
    assert json.loads(msgspec.json.encode(record)) == sample(f"{name}.standard.json")


@pytest.mark.parametrize("name", [action.name for action in NETSUITE.actions])
def test_it_writes_each_sample_as_its_body(name: str) -> None:
    action = NETSUITE.action(name)
    record = msgspec.convert(sample(f"{name}.record.json"), resources()[action.resource])
    context = dataclasses.replace(sample_context(), reference=record.reference or "acme-shop-1")
    body = write_body(action, record, context)
    assert json.loads(json.dumps(body)) == sample(f"{name}.body.json")


@pytest.mark.parametrize("path", sorted(SAMPLES.glob("error_*.json")), ids=lambda path: path.stem)
def test_it_names_each_refusal(path: Path) -> None:
    known = json.loads(path.read_text())
    asked = known.get("request", {})
    request = Request(asked.get("method", "GET"), asked.get("path", "/"))
    body = json.dumps(known["body"]).encode()
    failure = classify(NETSUITE, request, Response(known["status"], known["headers"], body))
    assert isinstance(failure, Failure) and failure.code == known["failure"]
