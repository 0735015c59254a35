"""One house for all journeys of a test process; what one test breaks is mended for the next."""

from collections.abc import Iterator

import pytest

from tests.journeys.day import prepare
from tests.journeys.house import House, open_house


@pytest.fixture(scope="package")
def _house() -> Iterator[House]:
    with open_house() as house:
        prepare(house.remotes)
        yield house


@pytest.fixture
def house(_house: House) -> Iterator[House]:
    yield _house
    for remote in (_house.remotes.shop, _house.remotes.erp, _house.remotes.warehouse):
        remote.do("mend")
