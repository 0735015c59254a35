"""Workers are killed while everything is compared: it goes on, and each level is written once."""

from functools import partial

from tests.journeys.day import eventually
from tests.journeys.house import WORKERS, House

LEVELS = 600
FLOW = "Inventory Sync"


def test_it_goes_on_where_it_was_when_workers_are_killed(house: House) -> None:
    shop, warehouse = house.remotes.shop, house.remotes.warehouse
    eventually(lambda: house.desk.ask("is_compared", label=FLOW), what="The first comparison")
    shop.do("bulk", count=LEVELS, quantity=5)
    warehouse.do("bulk", count=LEVELS, quantity=9)
    before = shop.do("writes")
    sync = house.desk.ask("compare", label=FLOW)
    for percent in (20, 70):
        eventually(partial(has_checked, house, sync, 2 * LEVELS * percent // 100))
        for worker in WORKERS:
            house.kill(worker)
            house.start(worker)
    eventually(lambda: house.desk.ask("sync", id=sync)["state"] == "done", what="The comparison")
    held = shop.do("levels", **{"from": 1, "to": LEVELS})
    assert set(held.values()) == {9}
    after = shop.do("writes")
    assert after["repeated"] == before["repeated"]
    assert after["rows"] - before["rows"] >= LEVELS


def has_checked(house: House, sync: str, least: int) -> bool:
    return int(house.desk.ask("sync", id=sync)["checked"]) >= least
