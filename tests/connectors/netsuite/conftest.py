"""An account in the sandbox for each test."""

from itertools import count

import pytest

from tests.connectors.netsuite.account import Account

_numbers = count(7_000_000)


@pytest.fixture
def account(port: int) -> Account:
    return Account(port, f"tstdrv{next(_numbers)}")
