"""Valkey forgets everything, again and again, and once is killed, amid two hundred orders."""

from tests.journeys.day import Day, Seldom
from tests.journeys.house import House

ORDERS = 200
LOOKS = ORDERS


def test_it_loses_and_doubles_nothing_when_valkey_is_emptied(house: House) -> None:
    day = Day(house)
    trouble = Seldom([*[house.empty_valkey] * 10, house.kill_valkey], looks=LOOKS, seed=5)
    day.trade(ORDERS, trouble)
    assert day.close(trouble), day.wrong()
    assert trouble.done >= LOOKS, "all was over before the last trouble"
    assert not day.wrong()
