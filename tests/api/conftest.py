"""Two companies with the same order numbers, and programs that call for them."""

import itertools
import json
from collections.abc import Iterable
from typing import Any

import pytest
from django.test import Client

from ekyam.keys.operations import make_key
from ekyam.tenants.models import Role
from ekyam.tenants.rights import Right, rights_of
from ekyam.tenants.scope import tenant_scope
from portal.api.problems import CODES
from tests.portal.conftest import Side, furnish
from tests.world import World

ALL = tuple(right for right in Right if right != Right.OWN)
_numbers = itertools.count(1)


def new_key(side: Side, rights: Iterable[Right] = ALL) -> str:
    """What a program shows: made by the owner, as the portal makes it."""
    with tenant_scope(side.company.tenant):
        made = make_key(
            tenant=side.company.tenant,
            maker=side.company.owner,
            may=rights_of(Role.OWNER),
            name=f"Program {next(_numbers)}",
            rights=list(rights),
            days=30,
        )
    return made.secret


class Program:
    """Calls with a key, or with none. Answers have `json()`, `status_code` and headers."""

    def __init__(self, key: str = "") -> None:
        self.key = key
        self._client = Client(headers={"authorization": f"Bearer {key}"} if key else {})

    def call(self, method: str, path: str, body: Any = None, **headers: str) -> Any:
        given = {name.replace("_", "-"): value for name, value in headers.items()}
        content = body if isinstance(body, bytes) else b"" if body is None else json.dumps(body)
        kind = given.pop("content-type", "application/json")
        address = f"/api/v1/{path}"
        return self._client.generic(method, address, content, kind, headers=given)

    def get(self, path: str, **headers: str) -> Any:
        return self.call("GET", path, **headers)

    def post(self, path: str, body: Any = None, **headers: str) -> Any:
        return self.call("POST", path, body, **headers)


def told(answer: Any, status: int, code: str) -> dict[str, Any]:
    """The problem, whose form is always the same."""
    assert answer.status_code == status, answer.content
    assert answer["Content-Type"] == "application/problem+json"
    assert answer["Cache-Control"] == "no-store"
    found: dict[str, Any] = answer.json()
    assert found["code"] == code
    assert found["status"] == CODES[code].status == status
    assert found["title"] == CODES[code].title
    assert found["type"].endswith(f"/api/#{code}")
    assert found["detail"]
    return found


@pytest.fixture
def here(world: World) -> Side:
    return furnish(world.here)


@pytest.fixture
def there(world: World) -> Side:
    return furnish(world.there)


@pytest.fixture
def program(here: Side) -> Program:
    """That may do everything that a program can."""
    return Program(new_key(here))


@pytest.fixture(autouse=True)
def patience(settings: Any) -> None:
    """The limits have tests of their own."""
    settings.API_REQUESTS_PER_MINUTE = 1_000_000
    settings.EKYAM_REFUSALS_PER_MINUTE = 1_000_000
