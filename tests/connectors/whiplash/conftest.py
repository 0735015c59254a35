"""The sandbox's server, and an account in it."""

from collections.abc import Iterator
from itertools import count

import pytest

from connectors.sandbox.server import start_server
from tests.connectors.whiplash.account import Account
from tests.sandboxes import TOKEN

_worlds = count(1)


@pytest.fixture(scope="module")
def port() -> Iterator[int]:
    server = start_server(token=TOKEN)
    yield server.server_port
    server.shutdown()
    server.server_close()


@pytest.fixture
def account(port: int) -> Account:
    return Account(port, f"acme-{next(_worlds)}")
