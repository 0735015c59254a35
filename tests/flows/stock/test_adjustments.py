"""What the warehouse counts, gets back and throws away is booked in the ERP, once."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.test import Client

from flows.models import Flow
from flows.states import State
from tests.flows.stock.house import House


@pytest.fixture
def booked(house: House) -> Iterator[Flow]:
    house.add("netsuite")
    flow = house.flow("whiplash", "inventory_adjustments", "netsuite", "adjust_inventory")
    house.switch_on(flow)
    # The warehouse's items are known by their levels.
    levels = house.flow("whiplash", "inventory_levels", "shopify", "set_inventory_quantities")
    house.switch_on(levels)
    house.work()
    yield flow


def adjustments(house: House) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = house.see("netsuite", "ledger")
    return [row for row in found if row["kind"] == "inventory_adjustment"]


@pytest.mark.parametrize(
    ("what", "arguments", "reason"),
    [
        ("count", {"counted": 480}, "cycle_count"),
        ("damage", {"quantity": 3}, "damaged"),
    ],
)
def test_it_books_an_adjustment_once_with_its_reason(
    house: House,
    booked: Flow,
    client: Client,
    what: str,
    arguments: dict[str, Any],
    reason: str,
) -> None:
    house.tell("whiplash", what, sku="EKM-MUG", **arguments)
    for _ in range(2):  # the webhook comes twice
        house.whiplash_says(client, "item.inventory_adjusted", "EKM-MUG")
        house.work()
    house.poll("whiplash", "transactions")
    house.work()
    states = [one.state for one in house.deliveries(action="adjust_inventory")]
    assert states == [State.SUCCEEDED], house.deliveries(action="adjust_inventory")[0].reason
    (row,) = adjustments(house)
    assert reason.replace("_", " ") in str(row).lower() or reason in str(row).lower()
