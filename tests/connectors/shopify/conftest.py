"""A shop in the sandbox for each test."""

from itertools import count

import pytest

from tests.connectors.shopify.shop import Shop

_worlds = count(1)


@pytest.fixture
def shop(port: int) -> Shop:
    return Shop(port, f"acme-shop-{next(_worlds)}")
