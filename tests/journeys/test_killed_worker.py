"""A worker is killed, again and again, in the middle of two hundred orders."""

from tests.journeys.day import Day, Seldom
from tests.journeys.house import WORKERS, House

ORDERS = 200
KILLS = 8


def test_it_loses_and_doubles_nothing_when_workers_are_killed(house: House) -> None:
    day = Day(house)

    def kill_in_turn() -> None:
        worker = WORKERS[kills.done % len(WORKERS)]
        house.kill(worker)
        house.start(worker)

    kills = Seldom([kill_in_turn] * KILLS, looks=ORDERS)
    day.trade(ORDERS, kills)
    assert day.close(kills), day.wrong()
    assert kills.done >= ORDERS, "all was over before the last kill"
    assert not day.wrong()
