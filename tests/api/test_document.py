"""The OpenAPI document: whole, true, and kept by every answer."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from jsonschema import Draft202012Validator
from pytest_django.live_server_helper import LiveServer

from ekyam.tenants.scope import tenant_scope
from flows.operations.endpoints import add_endpoint
from portal.api.document import make_document
from portal.api.problems import CODES
from tests.api.conftest import new_key
from tests.api.test_isolation import KNOWN
from tests.portal.conftest import Side, furnish
from tests.portal.stock_rows import Stock
from tests.world import build_world

HERE = Path(__file__).parent
SHARE = "deliveries|dead-letters|events|orders|held|lookup|stock|audit"  # about half of the work
Found = tuple[str, str, dict[str, Any]]


def operations() -> Iterator[Found]:
    for path, methods in make_document()["paths"].items():
        for method, operation in methods.items():
            yield path, method, operation


OPERATIONS = list(operations())
each = pytest.mark.parametrize("found", OPERATIONS, ids=lambda found: found[2]["operationId"])


def test_it_is_valid_without_a_warning(capsys: pytest.CaptureFixture[str]) -> None:
    call_command("spectacular", "--validate", "--fail-on-warn", "--format", "openapi-json")
    assert '"openapi": "3.1.0"' in capsys.readouterr().out


def test_it_has_every_operation_by_its_name() -> None:
    declared = [one.operation.name for one in KNOWN if one.operation and one.verb != "HEAD"]
    names = [operation["operationId"] for _, _, operation in OPERATIONS]
    assert sorted(names) == sorted(declared)
    assert len(set(names)) == len(names)


@each
def test_it_shows_an_example_that_holds(found: Found) -> None:
    _, _, operation = found
    for content in [*_bodies(operation), *_answers(operation)]:
        (example,) = content["examples"].values()
        schema = {**content["schema"], "components": make_document()["components"]}
        Draft202012Validator(schema).validate(example["value"])


def _bodies(operation: dict[str, Any]) -> list[dict[str, Any]]:
    return [operation["requestBody"]["content"]["application/json"]] if _has_body(operation) else []


def _has_body(operation: dict[str, Any]) -> bool:
    return "requestBody" in operation


def _answers(operation: dict[str, Any]) -> list[dict[str, Any]]:
    good = [one for status, one in operation["responses"].items() if status < "300"]
    assert len(good) == 1
    return [one["content"]["application/json"] for one in good if "content" in one]


@each
def test_it_says_what_each_needs_and_how_it_says_no(found: Found) -> None:
    _, method, operation = found
    assert operation["summary"]
    assert "Needs the right `" in operation["description"]
    scopes = operation["security"][1]["application"]
    assert f"`{scopes[0]}`" in operation["description"]
    responses = operation["responses"]
    assert {"400", "401", "403", "406", "429", "503"} <= set(responses)
    assert ("409" in responses) >= (method != "get")
    for status, answer in responses.items():
        if status >= "400":
            assert list(answer["content"]) == ["application/problem+json"]
            codes = [code for code in CODES if f"`{code}`" in answer["description"]]
            assert codes
            assert {CODES[code].status for code in codes} == {int(status)}


@pytest.fixture
def side(transactional_db: None) -> Side:
    found = furnish(build_world().here)
    with tenant_scope(found.company.tenant):
        stock = Stock(found.shop, found.shop.flow("Inventory Sync")).open()
        stock.pair("LAMP", 40, 37)
        stock.sync("asks")
        add_endpoint(
            tenant=found.company.tenant, url="https://hooks.example.com/", events=["order.shipped"]
        )
    return found


@pytest.mark.parametrize("half", ["include", "exclude"])
def test_it_is_kept_whatever_is_sent(
    live_server: LiveServer, side: Side, tmp_path: Path, half: str
) -> None:
    """Schemathesis, with all its checks, over real HTTP; in two halves, side by side."""
    arguments = [
        "--config-file",
        str(HERE / "schemathesis.toml"),
        "run",
        f"{live_server.url}/api/v1/openapi.json",
        *("--url", live_server.url),
        *("--header", f"Authorization: Bearer {new_key(side)}"),
        *("--checks", "all"),
        *(
            f"--{half}-path-regex",
            "/(deliveries|dead-letters|events|orders|held|lookup|stock|audit)",
        ),
        *("--max-examples", "3"),
        # In one thread: CPython 3.11.2 cannot parse in two at once.
        *("--workers", "1"),
        "--continue-on-failure",
        "--no-color",
    ]
    done = subprocess.run(
        [sys.executable, "-m", "schemathesis.cli", *arguments],
        cwd=tmp_path,
        env={
            **os.environ,
            "SCHEMATHESIS_HOOKS": "tests.api.schemathesis_hooks",
            "PYTHONPATH": str(HERE.parent.parent),
        },
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert done.returncode == 0, done.stdout[-12000:] + done.stderr[-2000:]
