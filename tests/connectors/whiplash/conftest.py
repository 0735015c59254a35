"""An account in the sandbox for each test."""

from itertools import count

import pytest

from tests.connectors.whiplash.account import Account

_worlds = count(1)


@pytest.fixture
def account(port: int) -> Account:
    return Account(port, f"acme-{next(_worlds)}")
