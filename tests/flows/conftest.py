"""The engine's world: real rows, a real sandbox over a socket."""

from collections.abc import Iterator
from typing import Any

import pytest

from ekyam.tenants.models import Tenant
from tests.depots import Depots, build_depots, depot_in_catalogue
from tests.sandboxes import sandbox_server


@pytest.fixture
def depots(transactional_db: None, settings: Any) -> Iterator[Depots]:
    """Tickets are put: a repeat changes nothing."""
    with depot_in_catalogue():
        yield from _depots(settings, "put_ticket")


@pytest.fixture
def posting(transactional_db: None, settings: Any) -> Iterator[Depots]:
    """Tickets are posted: a repeat would make a second one."""
    with depot_in_catalogue():
        yield from _depots(settings, "post_ticket")


def _depots(settings: Any, action: str) -> Iterator[Depots]:
    with sandbox_server() as port:
        settings.SANDBOX_URL = f"http://127.0.0.1:{port}"
        tenant = Tenant.objects.create(name="Juniper Home", slug="juniper")
        yield build_depots(tenant, port, action)
